"""The claim: Bootstrapped DQN explores deeply, where ε-greedy DQN never finds the chest.

In bsuite's deep sea of N rows one sequence of N actions among 2^N is worth 0.99, every other at
most 0, and each step along it costs something. Both agents are trained with the same network
width, batch and discount on every seed; the finished policy, which is deterministic as the world
is, then plays an episode. The chest is found for good if its return is 0.99.
"""

import argparse
import dataclasses
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import qlax
from common import RESULTS, machine, print_table, qlax_versions, write_result
from qlax import Agent, networks, observations, optimizers, presets, replay, targets
from qlax.envs.worlds.bsuite import DeepSea

WORTH = 0.9
"""Mean return of training episodes from which the chest counts as found."""


def main() -> None:
    options = _options()
    about = {"machine": machine(), "versions": qlax_versions(), "size": options.size}
    agents = {name: _agent(name) for name in options.agents}
    settings = {name: repr(agent) for name, agent in agents.items()}
    measured: list[dict[str, Any]] = []
    for name, agent in agents.items():
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            measured.append({"agent": name, **_measure(agent, seed, options)})
            print(measured[-1], flush=True)
            write_result(options.out, {**about, "agents": settings, "measured": measured})
    print()
    _print(measured, options)
    print(f"\nwritten to {options.out}")


def _agent(name: str) -> Agent:
    """Return a named agent with what the world asks of both: grids as they are, quick targets."""
    agent = presets.AGENTS[name]()
    shared = {
        "observation": observations.Raw(),
        "optimizer": optimizers.Adam(learning_rate=1e-3),
        "target": targets.Periodic(period=4),
        "replay": replay.Uniform(capacity=100_000, batch_size=32),
        "learning_starts": 200,
        "policy": "online",
    }
    if isinstance(agent.network, networks.MLP) and agent.network.hidden:
        shared["network"] = dataclasses.replace(agent.network, hidden=(32,))
    else:
        shared["head"] = dataclasses.replace(agent.head, hidden=(32,))
    return agent.replace(**shared)


def _measure(agent: Agent, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        run = qlax.train(
            DeepSea(size=options.size),
            agent,
            steps=options.steps,
            seed=seed,
            out=Path(scratch) / "run",
            eval_episodes=1,
        )
        rows = (run.folder / "metrics.jsonl").read_text().splitlines()
    found = (row["env_steps"] for row in map(json.loads, rows) if _worth(row) >= WORTH)
    return {
        "seed": seed,
        "return": run.result["eval"]["mean"],
        "solved": run.result["eval"]["mean"] > 0.98,
        "env_steps": run.result["env_steps"],
        "episodes_to_find": next((steps // options.size for steps in found), None),
        "seconds": round(time.perf_counter() - began, 1),
    }


def _worth(row: dict[str, Any]) -> float:
    mean = row["episode_return"]
    return -1.0 if mean is None else mean


def _print(measured: list[dict[str, Any]], options: argparse.Namespace) -> None:
    rows = []
    for name in options.agents:
        own = [one for one in measured if one["agent"] == name]
        found = [one["episodes_to_find"] for one in own if one["episodes_to_find"] is not None]
        solved = sum(one["solved"] for one in own)
        rows.append(
            [
                name,
                f"{solved} of {len(own)}",
                f"{min(one['return'] for one in own):.3f}",
                ", ".join(map(str, found)),
                f"{sum(one['seconds'] for one in own) / len(own):.0f}",
            ]
        )
    columns = ["agent", "solved", "worst return", "episodes until it is found", "seconds a seed"]
    print_table(columns, rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--agents", nargs="+", default=["bootstrapped_dqn", "dqn"])
    parser.add_argument("--size", type=int, default=20, help="rows of the sea")
    parser.add_argument("--steps", type=int, default=40_000, help="environment steps")
    parser.add_argument("--seeds", type=int, default=5, help="how many")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS / "deep_sea.json", help="result file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
