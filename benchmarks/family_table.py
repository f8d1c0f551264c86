"""The table of agents by environments: what every named agent reaches, with its defaults.

Each cell is `qlax train ENV --agent AGENT --seeds N`: mean over 100 episodes of Gymnasium's own
environment for every seed, the mean of the seeds with a 95 % bootstrap interval, and at the end
the interquartile mean over environments, returns scaled so that a random policy is 0 and the
environment's goal is 1. Where the steps are given here, not by the defaults, agents without a
replay take ten times as many, as they do by default, and LunarLander, for which an eighth of the
default steps are given, is explored an eighth as long. A cell that is there already is not run
again, so a broken run goes on where it stopped: delete the result file to begin anew. Cells that
cannot be are explained.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from common import (
    RESULTS,
    SubprocessError,
    interval,
    print_table,
    resumed,
    write_page,
    write_result,
)
from qlax_runs import train
from random_player import random_mean

# Environment: (what counts as solved or as good as it gets, steps). Where no steps are given, they
# are those of `qlax train`.
ENVS: dict[str, tuple[float, int | None]] = {
    "CartPole-v1": (475.0, None),
    "Acrobot-v1": (-100.0, 50_000),
    "MountainCar-v0": (-110.0, None),
    "LunarLander-v3": (200.0, 50_000),
    "FrozenLake-v1": (0.70, None),
    "CliffWalking-v1": (-13.0, None),
    "Taxi-v4": (8.0, None),
}
# Steps over which ε or a temperature falls, where the defaults' would not end in time; ten times
# as many for agents without a replay.
EXPLORED = {"LunarLander-v3": 10_000}
TABULAR = (
    "q_learning",
    "sarsa",
    "expected_sarsa",
    "double_q_learning",
    "q_lambda",
    "tree_backup",
    "dyna_q",
)
NUMBERED = ("FrozenLake-v1", "CliffWalking-v1", "Taxi-v4")


def main() -> None:
    options = _options()
    document = resumed(options.out, "cells")
    cells: list[dict[str, Any]] = document["cells"]
    done = {(cell["env"], cell["agent"]) for cell in cells if "failure" not in cell}
    random: dict[str, float] = document.setdefault("random", {})
    for env in dict.fromkeys([*options.envs, *(cell["env"] for cell in cells)]):
        if env not in random:
            random[env] = random_mean(env)
            write_result(options.out, document)
    for env in options.envs:
        for agent in options.agents:
            if (env, agent) in done:
                continue
            print(f"{env}, {agent} …", flush=True)
            cells[:] = [cell for cell in cells if (cell["env"], cell["agent"]) != (env, agent)]
            cells.append(_cell(env, agent, options))
            write_result(options.out, document)
            _write_page(options.out.with_suffix(".md"), cells, random)
    columns, rows = _table(cells, random)
    print()
    print_table(columns, rows)
    for note in _notes(cells):
        print(note)
    _write_page(options.out.with_suffix(".md"), cells, random)


def _cell(env: str, agent: str, options: argparse.Namespace) -> dict[str, Any]:
    if agent in TABULAR and env not in NUMBERED:
        return {
            "env": env,
            "agent": agent,
            "impossible": "a table of numbered states; this environment shows real numbers",
        }
    if agent == "tile_coding" and env in NUMBERED:
        return {
            "env": env,
            "agent": agent,
            "impossible": "tiles cover boxes; this environment's states are numbers",
        }
    if agent == "tile_coding" and env in ("LunarLander-v3", "Acrobot-v1"):
        return {
            "env": env,
            "agent": agent,
            "impossible": "17⁶ tiles a tiling, or 17⁸, are too many to learn by dense gradients",
        }
    if agent in ("q_table", "article_q_table") and env in ("LunarLander-v3", "Acrobot-v1"):
        return {
            "env": env,
            "agent": agent,
            "impossible": "a grid over so many numbers does not fit into memory",
        }
    _, steps = ENVS[env]
    words = ["--agent", agent, "--seed", "0", "--seeds", str(options.seeds)]
    if steps is not None:
        steps *= _times_as_long(agent)
        words += ["--steps", str(steps)]
        if env in EXPLORED:
            words += _exploring(env, agent, steps)
    try:
        with tempfile.TemporaryDirectory() as empty:
            outcome = train(env, words, core=options.core, cache=empty)
    except SubprocessError as failure:
        print(failure, flush=True)
        _, refused, reason = str(failure).partition("\nqlax: ")
        kind = "impossible" if refused else "failure"
        return {"env": env, "agent": agent, kind: reason or str(failure)}
    means = [member["eval"]["mean"] for member in outcome.members]
    low, high = interval(means)
    print(f"    {np.mean(means):.1f} [{low:.1f}, {high:.1f}]  {outcome.wall_seconds:.0f} s")
    return {
        "env": env,
        "agent": agent,
        "env_steps": outcome.result["env_steps"],
        "means": means,
        "mean": float(np.mean(means)),
        "interval": [low, high],
        "wall_seconds": round(outcome.wall_seconds, 1),
    }


def _times_as_long(agent: str) -> int:
    """Return how many steps an agent takes for each one of those with a replay."""
    from qlax.presets import AGENTS
    from qlax.presets.fitting.settings import STEPS_WITHOUT_REPLAY
    from qlax.replay import Latest, Rollout

    return STEPS_WITHOUT_REPLAY if isinstance(AGENTS[agent]().replay, Latest | Rollout) else 1


def _exploring(env: str, agent: str, steps: int) -> list[str]:
    """Return the words that shorten an agent's exploration, if it would not be over by then."""
    from qlax.presets import resolve
    from qlax.schedules import Linear

    explorer = resolve(env, agent).agent.explorer
    for part in ("epsilon", "temperature"):
        schedule = getattr(explorer, part, None)
        if isinstance(schedule, Linear) and schedule.steps > steps:
            explored = EXPLORED[env] * _times_as_long(agent)
            return [f"--agent.explorer.{part}.steps", str(explored)]
    return []


def interquartile_mean(values: list[float]) -> float:
    """Return the mean of the middle half."""
    ordered = np.sort(values)
    cut = len(ordered) // 4
    return float(ordered[cut : len(ordered) - cut].mean())


def _table(
    cells: list[dict[str, Any]], random: dict[str, float]
) -> tuple[list[str], list[list[object]]]:
    agents = list(dict.fromkeys(cell["agent"] for cell in cells))
    envs = [env for env in ENVS if any(cell["env"] == env for cell in cells)]
    by_name = {(cell["agent"], cell["env"]): cell for cell in cells}
    shown = [f"{random[env]:.{_digits(env)}f}" for env in envs]
    goals = [f"{ENVS[env][0]:.{_digits(env)}f}" for env in envs]
    rows: list[list[object]] = [
        ["a random player", *shown, f"{0:.2f}"],
        ["the goal", *goals, f"{1:.2f}"],
    ]
    for agent in agents:
        row: list[object] = [agent]
        scaled, compared = [], 0
        for env in envs:
            cell = by_name.get((agent, env), {})
            if "mean" not in cell:
                row.append("–" if "impossible" in cell else "failed" if cell else "")
                continue
            goal, _ = ENVS[env]
            compared += 1
            scaled += [(mean - random[env]) / (goal - random[env]) for mean in cell["means"]]
            low, high = cell["interval"]
            digits = _digits(env)
            row.append(f"{cell['mean']:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]")
        over = "" if compared == len(envs) else f" ({compared} of {len(envs)})"
        row.append(f"{interquartile_mean(scaled):.2f}{over}" if scaled else "")
        rows.append(row)
    return ["agent", *envs, "IQM"], rows


def _digits(env: str) -> int:
    return 2 if env == "FrozenLake-v1" else 0


def _notes(cells: list[dict[str, Any]]) -> list[str]:
    """Return why cells are empty, how long was trained, and which agents are one."""
    reasons = {cell["impossible"] for cell in cells if "impossible" in cell}
    return [
        *(f"- –: {reason}" for reason in sorted(reasons)),
        *(_steps_taken(env, cells) for env in ENVS),
        *_alike(cells),
    ]


def _steps_taken(env: str, cells: list[dict[str, Any]]) -> str:
    """Return how many steps agents took in an environment: most of them, then the others."""
    agents: dict[int, list[str]] = {}
    for cell in cells:
        if cell["env"] == env and "mean" in cell:
            agents.setdefault(cell["env_steps"], []).append(cell["agent"])
    usual, *others = sorted(agents, key=lambda steps: -len(agents[steps]))
    apart = [f"{', '.join(agents[steps])} {steps:,}" for steps in others]
    return f"- {env}: {'; '.join([f'{usual:,} steps', *apart])}"


def _alike(cells: list[dict[str, Any]]) -> list[str]:
    """Return which agents are the same, given what environments ask of every one."""
    agents: dict[str, list[str]] = {}
    for name in dict.fromkeys(cell["agent"] for cell in cells):
        means = {cell["env"]: cell["means"] for cell in cells if _has_mean_of(cell, name)}
        agents.setdefault(repr(sorted(means.items())), []).append(name)
    alike = [names for names in agents.values() if len(names) > 1]
    return [f"- {' and '.join(names)} are one agent here" for names in alike]


def _has_mean_of(cell: dict[str, Any], agent: str) -> bool:
    return cell["agent"] == agent and "mean" in cell


def _write_page(path: Path, cells: list[dict[str, Any]], random: dict[str, float]) -> None:
    """Write the table as a page to read."""
    columns, rows = _table(cells, random)
    about = [
        "# Agents by environments",
        "",
        "Mean return of the finished policies over 100 episodes of Gymnasium's own environment,",
        f"the mean of {_seeds(cells)} seeds and its 95 % bootstrap interval. IQM is the",
        "interquartile mean over all seeds and environments, with a random policy at 0 and the",
        "environment's goal at 1; how many it is over stands beside if an agent cannot play all.",
        "",
        "Every deep agent is given what the environment asks for: how many rewards are summed,",
        "exploration, target network, schedules and sizes. The steps that agents take are not the",
        "same for all; they stand below the table.",
    ]
    write_page(path, about, columns, rows, _notes(cells))


def _seeds(cells: list[dict[str, Any]]) -> str:
    numbers = {len(cell["means"]) for cell in cells if "mean" in cell}
    return " or ".join(str(number) for number in sorted(numbers))


def _options() -> argparse.Namespace:
    from qlax.networks import ImpalaCNN
    from qlax.presets import AGENTS

    # None of the default environments shows pictures.
    agents = [name for name, make in AGENTS.items() if not isinstance(make().network, ImpalaCNN)]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--envs", nargs="+", default=list(ENVS), help="Gymnasium's ids")
    parser.add_argument("--agents", nargs="+", default=agents, help="named agents")
    parser.add_argument("--seeds", type=int, default=5, help="how many")
    parser.add_argument("--core", type=int, default=0, help="the core every run stays on")
    parser.add_argument("--out", type=Path, default=RESULTS / "family_table.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
