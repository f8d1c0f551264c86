"""Tables of what was measured, from `benchmarks/results`."""

import json
import re
from pathlib import Path
from statistics import median
from typing import Any

_BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
RESULTS = _BENCHMARKS / "results"
_SPEEDS = {
    "speed": "CartPole-v1, an MLP of 64 × 64, an update of batch 128 after every step, on one core",
    "family_rivals": "The same agent and the same work, compiled, on one core",
    "atari_speed": "Breakout with Nature's network and its updates, on two cores",
}


def benchmarks_page() -> str:
    """Return the page of benchmarks."""
    lines = [
        "# Benchmarks",
        "",
        "Each script in `benchmarks/` measures one claim with public tools and writes a file to",
        "`benchmarks/results/`: the command, the machine, the versions, and the figure of every",
        "single run. Settings were tuned on seeds from 100 up and are reported on seeds 0 to 9.",
        "",
        *_scripts(),
        "",
        "## Speed",
        "",
    ]
    for name, about in _SPEEDS.items():
        lines += [f"{about} (`{_result(name)['command']}`):", "", *_speeds(_result(name)), ""]
    lines += ["## MountainCar, one change after another", ""]
    lines += ["[The tutorial](learn/dqn.md#one-change-after-another) tells what they mean.", ""]
    lines += [*ablation(), ""]
    for name in ("family_table.md", "minatar.md"):
        lines += [re.sub(r"^#", "##", (RESULTS / name).read_text().strip()), ""]
    lines += ["## What was run, and when", "", *_commands()]
    return "\n".join(lines) + "\n"


def ablation() -> list[str]:
    """Return the table of what each change to the tutorial's DQN is worth."""
    by_road: dict[str, dict[str, dict[str, Any]]] = {"there": {}, "without": {}}
    for one in _result("ablation")["agents"]:
        by_road[one["road"]][one["name"]] = one
    rows = [
        "| one change after another | mean return | solved | the finished agent without it |",
        "|---|---|---|---|",
    ]
    for name, one in by_road["there"].items():
        alone = by_road["without"].get(name)
        without = f"{_returned(alone)}, {alone['solved']} solved" if alone else ""
        sign = "+ " if alone else ""
        rows.append(f"| {sign}{name} | {_returned(one)} | {one['solved']} | {without} |")
    return rows


def zoo() -> list[str]:
    """Return the table of the policies that come with the package."""
    rows = [
        "| policy | agent | steps | mean return ± standard deviation | before it was packed | kB |",
        "|---|---|---|---|---|---|",
    ]
    for one in _result("zoo")["policies"]:
        mean, before = (f"{one[name]:.5g}" for name in ("mean", "before_packing"))
        rows.append(
            f"| `zoo:{one['env']}` | [{one['agent']}](agents/{one['agent']}.md) | "
            f"{one['steps']:,} | {mean} ± {one['std']:.3g} | {before} | {one['bytes'] / 1e3:.0f} |"
        )
    return rows


def board() -> list[str]:
    """Return the table of what the board takes, beside TensorBoard."""
    result = _result("board")
    contestants = [name for name in ("qlax board", "TensorBoard") if name in result]
    versions = {"TensorBoard": " " + result.get("tensorboard", {}).get("tensorboard", "")}
    heads = [f"{name}{versions.get(name, '')}" for name in contestants]
    rows = [
        f"| {result['runs']:,} runs of {result['rows']:,} rows | {' | '.join(heads)} |",
        "|---" * (len(heads) + 1) + "|",
    ]
    for name, says in _BOARD.items():
        figures = [[one[name] for one in result[each] if name in one] for each in contestants]
        unit = name.split()[0]
        cells = [f"{_short(median(found))} {unit}" if found else "" for found in figures]
        rows.append(f"| {says} | {' | '.join(cells)} |")
    return rows


def _short(number: float) -> str:
    """Return a number in two digits, or as it is if it is large."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


_BOARD = {
    "s to the first byte": "from starting it to the first byte of the page",
    "s to the whole list": "from starting it to the list of all runs",
    "s for a run's curves": "the curves of one run",
    "s for curves of 100,000 rows": "the curves of a run of 100,000 rows, the first time",
    "kB for one more row": "sent when that run has one more row",
    "MB of memory": "memory",
}


def _returned(one: dict[str, Any]) -> str:
    """Return a mean return and its interval, as `−101 [−103, −99]`."""
    low, high = one["interval"]
    return f"{one['mean']:.0f} [{low:.0f}, {high:.0f}]".replace("-", "−")


def _scripts() -> list[str]:
    """Return the table of scripts as the folder's own page has it."""
    text = (_BENCHMARKS / "README.md").read_text()
    return [line for line in text.splitlines() if line.startswith("|")]


def _speeds(result: dict[str, Any]) -> list[str]:
    """Return a table of steps a second, the median of the rounds and its range."""
    rows = ["| | steps a second, median | range |", "|---|---|---|"]
    for one in result["summary"].values():
        if "steps_per_second" in one:
            speed = one["steps_per_second"]
            between = f"{speed['min']:,.0f} … {speed['max']:,.0f}"
            rows.append(f"| {one['title']} | {speed['median']:,.0f} | {between} |")
    return rows


def _commands() -> list[str]:
    rows = ["| command | date | processor |", "|---|---|---|"]
    for path in sorted(RESULTS.glob("*.json")):
        result = json.loads(path.read_text())
        cpu = result.get("machine", {}).get("cpu", "")
        rows.append(f"| `{result['command']}` | {result['date']} | {cpu} |")
    return rows


def _result(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return document
