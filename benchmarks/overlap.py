"""The claim: while EnvPool's threads step the environments, the learner learns.

A DQN with the network of Mnih et al. (2015) on Breakout: 8 games, one update of batch 32 every 4
steps of each. Each contestant is a process of its own; they take turns. `meanwhile` sends actions,
learns and receives; `in turn` is the same pool stepped as a whole, before learning; `ale` is the
Arcade Learning Environment's own XLA interface. The window begins after compilation and warm-up.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import jax

from common import (
    RESULTS,
    machine,
    print_table,
    qlax_versions,
    run_pinned,
    shown_spread,
    spread,
    versions,
    write_result,
)
from qlax import Agent
from qlax.drivers import MeanwhileDriver, OutsideDriver
from qlax.envs.select import select
from qlax.networks import CNN
from qlax.observations import Pixels
from qlax.replay import Uniform

CONTESTANTS = {
    "meanwhile": ("EnvPool, learning meanwhile", "EnvPool/Breakout-v5"),
    "in-turn": ("EnvPool, in turn", "EnvPool/Breakout-v5"),
    "ale": ("ALE, in turn", "ALE/Breakout-v5"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=1_000, help="of the window")
    parser.add_argument("--envs", type=int, default=8)
    parser.add_argument("--updates", type=int, default=1, help="every 4 steps")
    parser.add_argument("--out", type=Path, default=RESULTS / "overlap.json")
    parser.add_argument("--contestant", choices=CONTESTANTS, help="run one, in this process")
    options = parser.parse_args()
    if options.contestant:
        print(json.dumps(run(options)))
        return
    here = [sys.executable, Path(__file__).resolve()]
    work = [f"--{name}={getattr(options, name)}" for name in ("iterations", "envs", "updates")]
    before, rounds = machine(), []
    for _ in range(options.rounds):
        rounds.append({})
        for name in CONTESTANTS:
            output = run_pinned([*here, "--contestant", name, *work], None).output
            rounds[-1][name] = json.loads(output.splitlines()[-1])
    rows, summary = [], {}
    for name, (title, _) in CONTESTANTS.items():
        rates = [one[name]["steps_per_second"] for one in rounds]
        ratios = [
            one["meanwhile"]["steps_per_second"] / one[name]["steps_per_second"] for one in rounds
        ]
        summary[name] = {"steps_per_second": spread(rates), "meanwhile_is_faster": spread(ratios)}
        rows.append((title, shown_spread(rates, 0), shown_spread(ratios, 2)))
    print_table(("contestant", "steps/s", "meanwhile is faster"), rows)
    write_result(
        options.out,
        {
            "machine": before,
            "versions": {**qlax_versions(), **versions(sys.executable, ("envpool", "ale-py"))},
            "summary": summary,
            "rounds": rounds,
        },
    )


def run(options: argparse.Namespace) -> dict[str, float]:
    """Return how fast one contestant was."""
    agent = Agent(
        network=CNN(channels=(32, 64, 64), kernels=(8, 4, 3), strides=(4, 2, 1), hidden=(512,)),
        observation=Pixels(),
        replay=Uniform(capacity=20_000, batch_size=32),
        num_envs=options.envs,
        learning_starts=50 * options.envs,
        update_every=4,
        updates=options.updates,
    )
    env: Any = select(CONTESTANTS[options.contestant][1], num_envs=options.envs).env
    kinds = {"meanwhile": MeanwhileDriver}
    driver = kinds.get(options.contestant, OutsideDriver)(agent, env)
    warm_up, end = 100, 100 + options.iterations
    state = jax.block_until_ready(driver.advance(driver.init([0]), 0, warm_up))
    began, cpu_began = time.perf_counter(), time.process_time()
    state = jax.block_until_ready(driver.advance(state, warm_up, end))
    seconds = time.perf_counter() - began
    return {
        "steps_per_second": options.iterations * options.envs / seconds,
        "cpu_seconds_per_second": (time.process_time() - cpu_began) / seconds,
        "updates": driver.report(state)[0]["updates"] or 0,
    }


if __name__ == "__main__":
    main()
