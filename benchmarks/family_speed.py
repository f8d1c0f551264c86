"""What each idea costs: steps a second of every deep agent relative to plain DQN, same work.

CartPole-v1, two hidden layers, batches of 128 transitions, one update a step, compiled driver,
one core. Memories learn from 32 sequences of 16 steps every fourth step, 128 transitions a step
as well; an LSTM takes the place of the second layer. Agents take turns, round after round; the
window begins after compilation and warm-up; the ratio is taken within a round, its median over
rounds shown.

How wide the layers are matters: 51 atoms or quantiles for each of two actions are 102 outputs,
whose products with 64 features are one and a half times the work of all of DQN's other layers, and
with 256 features less than half of it.
"""

import argparse
import os
import statistics
import time
from pathlib import Path
from typing import Any

os.environ["XLA_FLAGS"] = (
    os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false"
).strip()

import jax

from common import RESULTS, machine, print_table, qlax_versions, write_result
from qlax import bootstraps, heads, layers, memories, networks, replay
from qlax.agent import Agent
from qlax.drivers import CompiledDriver, LoopState
from qlax.envs.select import select

BATCH, CAPACITY = 128, 50_000
UNIFORM = replay.Uniform(capacity=CAPACITY, batch_size=BATCH)
PRIORITISED = replay.Prioritised(capacity=CAPACITY, batch_size=BATCH)
SEQUENCES = replay.Sequences(capacity=CAPACITY, batch_size=32, length=16)


def contestants(width: int) -> dict[str, tuple[Agent, float | None]]:
    """Return agents by name, and the time each may take relative to plain DQN, if any."""

    def agent(**parts: Any) -> Agent:
        return Agent(**{"network": networks.MLP(hidden=(width, width)), "replay": UNIFORM, **parts})

    def remembering(size: int) -> Agent:
        first = networks.MLP(hidden=(width,))
        memory = memories.LSTM(size=size)
        return agent(network=first, memory=memory, replay=SEQUENCES, update_every=4)

    dueling = heads.Dueling(hidden=width)
    noisy = networks.MLP(hidden=(width, width), layer=layers.Noisy())
    return {
        "dqn": (agent(), None),
        "double": (agent(bootstrap=bootstraps.Double()), None),
        "munchausen": (agent(bootstrap=bootstraps.Munchausen()), None),
        "dueling": (agent(head=heads.Scalar(stream=dueling)), None),
        "noisy": (agent(network=noisy), None),
        "prioritised": (agent(replay=PRIORITISED), 1.4),
        "c51": (agent(head=heads.C51()), 2.0),
        "quantiles (51)": (agent(head=heads.QuantileRegression()), 2.0),
        "hl-gauss": (agent(head=heads.HLGauss()), None),
        "iqn (16 levels)": (agent(head=heads.IQN()), 3.0),
        "fqf": (agent(head=heads.FQF()), None),
        f"lstm ({width}), per transition": (remembering(width), 3.0),
        f"lstm ({width // 4}), per transition": (remembering(width // 4), 3.0),
    }


class Runner:
    """An agent that is run on and on, window by window."""

    def __init__(self, agent: Agent) -> None:
        agent = agent.for_run(1_000_000)  # longer than any window: schedules cost the same
        self.driver = CompiledDriver(agent, select("CartPole-v1", num_envs=1).env)  # type: ignore[arg-type]
        self.state: LoopState = self.driver.init([0])
        self.done = 0
        self.advance(2_000)

    def advance(self, steps: int) -> float:
        """Return the seconds that so many steps took."""
        began = time.perf_counter()
        self.state = self.driver.advance(self.state, self.done, self.done + steps)
        jax.block_until_ready(self.state)
        self.done += steps
        return time.perf_counter() - began


def main() -> None:
    options = _options()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {options.core})
    entered = contestants(options.width)
    runners = {name: Runner(agent) for name, (agent, _) in entered.items()}
    seconds: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(options.rounds):
        for name, runner in runners.items():
            seconds[name].append(runner.advance(options.steps))
    rows: list[list[object]] = []
    measured = []
    for name, (_, goal) in entered.items():
        ratios = [own / plain for own, plain in zip(seconds[name], seconds["dqn"], strict=True)]
        rate = options.steps / statistics.median(seconds[name])
        ratio = statistics.median(ratios)
        rows.append([name, f"{rate:,.0f}", f"{ratio:.2f}", "" if goal is None else f"{goal:g}"])
        measured.append({"agent": name, "steps_per_second": rate, "ratio": ratio, "goal": goal})
    print_table(["agent", "steps/s", "time relative to dqn", "goal: at most"], rows)
    about = {"machine": machine(), "versions": qlax_versions(), "rounds": options.rounds}
    about["width"] = options.width
    write_result(options.out, {**about, "steps": options.steps, "measured": measured})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--width", type=int, default=64, help="of the hidden layers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=5_000, help="steps of a window")
    parser.add_argument("--core", type=int, default=0, help="the core to stay on")
    parser.add_argument("--out", type=Path, default=RESULTS / "family_speed.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
