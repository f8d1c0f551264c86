"""What came out of a search: on disk as files to use, in Python as a `Tuned`."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qlax.config import pasteable
from qlax.configuration import Configuration
from qlax.differences import Difference, differences
from qlax.presets import Preset
from qlax.runs.folder import replacing, write_json
from qlax.tuning.confirming import Confirmed, Verdict
from qlax.tuning.plan import RESULT, Plan
from qlax.tuning.study import OUTCOMES, Told

BEST, PRESET, TABLE = "best.toml", "preset.py", "trials.csv"
HISTORY, IMPORTANCE = "history.png", "importance.png"


@dataclass(frozen=True)
class Tuned:
    """A search that is over."""

    folder: Path
    """Its folder."""
    trials: list[Told]
    """Every trial that ended."""
    confirmed: list[Confirmed]
    """The default and the best trials on fresh seeds; empty if there was no confirmation."""
    verdict: str
    """Whether the best trial beats the default, in a sentence."""
    beats_default: bool
    """The same as a truth value."""
    best: Preset
    """What to train: the agent with the largest interquartile mean on fresh seeds."""
    changed: tuple[Difference, ...]
    """In what it differs from the default."""
    importances: dict[str, float]
    """How much each field matters, which sums to 1; empty of few trials."""
    seconds: float
    """How long this call took."""

    @property
    def counts(self) -> dict[str, int]:
        """How many trials ended in each way."""
        return {
            outcome: sum(trial.outcome == outcome for trial in self.trials) for outcome in OUTCOMES
        }

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "folder": str(self.folder),
            "verdict": self.verdict,
            "beats_default": self.beats_default,
            "agent": pasteable(self.best.agent),
            "changed": [entry._asdict() for entry in self.changed],
            "trials": self.counts,
            "confirmed": [one.as_json() for one in self.confirmed],
            "importances": self.importances,
            "seconds": self.seconds,
        }


def best_of(plan: Plan, trials: Sequence[Told], count: int) -> list[Told]:
    """Return the complete trials of the largest scores: each agent once, and not the default."""
    found: list[Told] = []
    seen = [plan.search.agent]
    for trial in sorted(_complete(trials), key=lambda one: (-(one.value or 0.0), one.number)):
        agent = plan.search.with_values(trial.values)
        if agent not in seen and len(found) < count:
            seen.append(agent)
            found.append(trial)
    return found


def _complete(trials: Sequence[Told]) -> list[Told]:
    return [trial for trial in trials if trial.outcome == "complete"]


def outcome_of(
    plan: Plan,
    folder: Path,
    trials: list[Told],
    confirmed: list[Confirmed],
    verdict: Verdict,
    importances: dict[str, float],
    seconds: float,
) -> Tuned:
    """Return what came out."""
    agent, default = plan.search.agent, plan.search.agent
    if confirmed:
        agent = max(confirmed, key=lambda one: one.value).agent
    elif best := best_of(plan, trials, 1):
        agent = plan.search.with_values(best[0].values)
    name = plan.agent_name if agent == default else f"{plan.agent_name}-tuned"
    return Tuned(
        folder,
        trials,
        confirmed,
        verdict.sentence,
        verdict.beats_default,
        Preset(name, agent, plan.steps, True),
        differences(default, agent),
        importances,
        seconds,
    )


def write(plan: Plan, tuned: Tuned) -> None:
    """Write everything into the folder of the search."""
    from qlax.tuning.pictures import draw_history, draw_importance

    folder = tuned.folder
    write_table(plan, folder, tuned.trials)
    if plan.source.id is not None:
        _write_text(folder / BEST, _as_toml(plan, tuned))
    _write_text(folder / PRESET, _as_python(plan, tuned))
    draw_history(tuned, folder / HISTORY)
    if tuned.importances:
        draw_importance(tuned.importances, folder / IMPORTANCE)
    write_json(folder / RESULT, tuned.as_json())


def write_table(plan: Plan, folder: Path, trials: Sequence[Told]) -> None:
    """Write a line for each trial, the best first."""
    paths = list(plan.search.ranges)
    with (
        replacing(folder / TABLE) as aside,
        aside.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.writer(file)
        seeds = [f"seed_{seed}" for seed in range(plan.seeds)]
        writer.writerow(["trial", "outcome", "value", "evaluations", *seeds, *paths])
        for one in sorted(trials, key=_order):
            scores = [*one.scores, *[""] * (plan.seeds - len(one.scores))]
            own = [_shown(one.values[path]) if path in one.values else "" for path in paths]
            value = "" if one.value is None else one.value
            writer.writerow([one.number, one.outcome, value, one.rungs, *scores, *own])


def _order(trial: Told) -> tuple[int, float, int]:
    value = -math.inf if trial.value is None else trial.value
    return OUTCOMES.index(trial.outcome), -value, trial.number


def _shown(value: Any) -> Any:
    return value if isinstance(value, int | float | str) else pasteable(value)


def _as_toml(plan: Plan, tuned: Tuned) -> str:
    ranges = plan.search.ranges
    before = {entry.field: f"; was {entry.before}" for entry in tuned.changed}
    texts = {
        f"agent.{path}": f"searched in {found}{before.get(path, '')}"
        for path, found in ranges.items()
    }
    configuration = Configuration(
        env=str(plan.source.origin.id),
        env_kwargs=plan.source.kwargs,
        agent_name=tuned.best.name,
        agent=tuned.best.agent,
        steps=plan.steps,
        backend=plan.backend,
    )
    return f"# {tuned.verdict}\n\n{configuration.as_toml(texts)}"


def _as_python(plan: Plan, tuned: Tuned) -> str:
    source = pasteable(tuned.best.agent)
    name = "".join(letter if letter.isalnum() else "_" for letter in tuned.best.name)
    lines = [
        f'"""{plan.agent_name} for {plan.source.name}, from {len(tuned.trials)} trials.',
        "",
        tuned.verdict,
        '"""',
        "",
        "from qlax import *",
        "",
        "",
        f"def {name}() -> Agent:",
        f'    """Return the agent; train it for {plan.steps:,} environment steps."""',
        f"    return {_broken(source)}",
        "",
    ]
    return "\n".join(lines)


def _broken(source: str) -> str:
    """Return `Agent(…)` with a line for each of its parts."""
    inside, depth, begun, parts = source.removeprefix("Agent(").removesuffix(")"), 0, 0, []
    for at, letter in enumerate(inside):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append(inside[begun:at].strip())
            begun = at + 1
    parts.append(inside[begun:].strip())
    lines = "".join(f"        {part},\n" for part in parts if part)
    return f"Agent(\n{lines}    )"


def _write_text(path: Path, text: str) -> None:
    with replacing(path, len(text.encode())) as aside:
        aside.write_text(text, encoding="utf-8")
