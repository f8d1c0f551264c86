"""What a page says of one agent in one environment, as plain data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qlax.cli.summary import agents
from qlax.comparing import statistics
from qlax.comparing.settings import in_words
from qlax.comparing.trace import EVALUATION, Trace
from qlax.config import PART_MODULES
from qlax.reporting.cost import cost_row, phases_of, room_of
from qlax.reporting.media import Shown
from qlax.reporting.reproducing import Recipe, recipe_of
from qlax.runs.saved import SavedRun
from qlax.wording import counted, mean_of, significant


@dataclass
class Section:
    """An agent in an environment: everything of its seeds."""

    agent: str
    env: str
    anchor: str
    """Its id on the page."""
    summary: str
    """A sentence."""
    facts: list[tuple[str, str]]
    """What it is: names and values."""
    troubles: list[str]
    """Seeds that failed or did not finish, a sentence each."""
    recipe: Recipe | None
    """How to do it again; None for other libraries' runs."""
    versions: str
    fitted: list[tuple[str, str, str]]
    """What was fitted to the environment: field, elsewhere, here."""
    settings: list[tuple[str, str]]
    """Every setting."""
    evaluations: list[list[str]]
    """A row a seed."""
    returns: list[float]
    """Of all episodes of the final evaluations."""
    threshold: float | None
    costs: list[list[str]]
    """A row a seed."""
    phases: dict[str, float]
    """Seconds of each phase, of all seeds together or of one program for all."""
    room: str | None
    """What a seed takes of memory and disk, a sentence."""
    shown: Shown | None = None
    """A film and pictures of one seed."""
    histogram: str | None = None
    bar: str | None = None


def section_of(env: str, agent: str, traces: Sequence[Trace], number: int) -> Section:
    """Return what is known of an agent's seeds in an environment."""
    runs = [trace.run for trace in traces if trace.run is not None]
    config = runs[0].config if runs else {}
    threshold = next((one.threshold for one in traces if one.threshold is not None), None)
    return Section(
        agent=agent,
        env=env,
        anchor=f"agent-{number}",
        summary=_summary(env, agent, traces, threshold),
        facts=_facts(traces, config, threshold),
        troubles=[sentence for run in runs if (sentence := _trouble(run))],
        recipe=recipe_of(runs) if runs else None,
        versions=_versions(config),
        fitted=_fitted(config),
        settings=list(_settings(config.get("agent"))),
        evaluations=[_evaluation(trace) for trace in traces],
        returns=[value for run in runs for value in _returns(run)],
        threshold=threshold,
        costs=[row for run in runs if (row := cost_row(run)) is not None],
        phases=phases_of(runs),
        room=room_of(runs[0]) if runs else None,
    )


def median_run(traces: Sequence[Trace]) -> SavedRun | None:
    """Return the run to show: of those that finished, the one with the median score."""
    runs = [(trace.final, trace.run) for trace in traces if trace.run is not None]
    scored = sorted(
        ((final, run.seed, run) for final, run in runs if final is not None),
        key=lambda entry: entry[:2],
    )
    if scored:
        return scored[(len(scored) - 1) // 2][2]
    return runs[0][1] if runs else None


def _summary(env: str, agent: str, traces: Sequence[Trace], threshold: float | None) -> str:
    scores = [trace.final for trace in traces if trace.final is not None]
    seeds = counted(len(traces), "seed")
    steps = max((trace.last() for trace in traces if not math.isnan(trace.last())), default=0.0)
    said = f"{agent} on {env}: {seeds}, trained for {steps:,.0f} environment steps"
    if not scores:
        return f"{said}; no final evaluation."
    spread = float(np.std(scores, ddof=1)) if len(scores) > 1 else 0.0
    said += f"; mean return {mean_of(float(np.mean(scores)), spread, len(scores))}"
    if len(scores) > 1:
        low, high = statistics.stratified_bootstrap(scores)
        said += f", interquartile mean {float(statistics.iqm(scores)):.4g}"
        said += f" (95 % interval {float(low):.4g} to {float(high):.4g})"
    if threshold is not None:
        solved = sum(score >= threshold for score in scores)
        said += f"; solved by {solved} of {len(scores)}"
    return f"{said}."


def _facts(
    traces: Sequence[Trace], config: dict[str, Any], threshold: float | None
) -> list[tuple[str, str]]:
    facts = [("Environment", traces[0].env), ("Agent", traces[0].agent)]
    named = next((row for row in agents() if row[0] == config.get("agent_name")), None)
    if named is not None:
        facts.append(("What it is", f"{named[1]}. {named[2]}".rstrip(". ") + "."))
    spec = config.get("spec")
    if isinstance(spec, dict):
        facts.append(("Observation", _space(spec.get("observation"))))
        if spec.get("num_actions") is not None:
            facts.append(("Actions", str(spec["num_actions"])))
        if isinstance(spec.get("time_limit"), int):
            facts.append(("Longest episode", counted(spec["time_limit"], "step")))
    if threshold is not None:
        facts.append(("Counts as solved", f"mean return of {threshold:g}"))
    facts.append(("Seeds", ", ".join(str(trace.seed) for trace in traces)))
    if config.get("backend"):
        facts.append(("Run by", str(config["backend"])))
    if traces[0].run is None:
        facts.append(("Trained by", traces[0].library))
    return facts


def _space(space: Any) -> str:
    """Return a space of observations in words."""
    if not isinstance(space, dict):
        return "unknown"
    kind = str(space.get("type", "")).rpartition(".")[2]
    if kind == "Discrete":
        return f"one of {space.get('n', space.get('size', '?'))} states"
    shape = space.get("shape")
    if isinstance(shape, list):
        size = "×".join(map(str, shape)) or "one"
        return f"{size} numbers ({space.get('dtype', '')})"
    return kind or "unknown"


def _trouble(run: SavedRun) -> str | None:
    """Return a sentence on a run that did not finish."""
    if run.status == "finished":
        error = (run.result or {}).get("eval_error")
        return f"The final evaluation of seed {run.seed} failed: {error}" if error else None
    if run.status == "running":
        return f"Seed {run.seed} is still being trained: this is how far it has got."
    failure = run.failure or {}
    why = f": {failure.get('kind')}: {failure.get('message')}" if failure else ""
    return f"Seed {run.seed} {'failed' if failure else 'did not finish'}{why}"


def _versions(config: dict[str, Any]) -> str:
    versions = config.get("versions")
    if not isinstance(versions, dict):
        return ""
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _fitted(config: dict[str, Any]) -> list[tuple[str, str, str]]:
    entries = config.get("fitted")
    return [
        (str(entry.get("field")), str(entry.get("before")), str(entry.get("after")))
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
    ]


def _settings(part: Any, above: str = "") -> Any:
    """Return every setting of an agent: its path and value, a part's kind first."""
    if not isinstance(part, dict):
        return
    for name, value in part.items():
        if name in ("type", "custom"):
            continue
        path = f"{above}{name}"
        is_part = isinstance(value, dict) and "float" not in value and not _is_schedule(value)
        if is_part:
            kind = str(value.get("type") or value.get("custom") or "?")
            yield path, kind.rpartition(".")[2] if kind.split(".")[0] in PART_MODULES else kind
            yield from _settings(value, f"{path}.")
        else:
            yield path, in_words(value)


def _is_schedule(value: dict) -> bool:
    return {"start", "end", "steps"} <= value.keys()


def _returns(run: SavedRun) -> list[float]:
    evaluation = (run.result or {}).get("eval")
    found = evaluation.get("returns") if isinstance(evaluation, dict) else None
    values = found if isinstance(found, list) else []
    return [float(value) for value in values if _is_number(value)]


_OF_EVALUATION = ("mean", "std", "episodes")


def _is_number(value: Any) -> bool:
    """Return whether a file has a number where one belongs."""
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and abs(value) < 1e100  # more could not be drawn


def _evaluation(trace: Trace) -> list[str]:
    """Return a row: seed, steps, mean, std, min, max, episodes, the best while training."""
    result = {} if trace.run is None else trace.run.result or {}
    found = result.get("eval")
    row = [str(trace.seed), "" if math.isnan(trace.last()) else f"{trace.last():,.0f}"]
    if isinstance(found, dict) and all(_is_number(found.get(name)) for name in _OF_EVALUATION):
        std, played = float(found["std"]), int(found["episodes"])
        row += [mean_of(float(found["mean"]), std, played), significant(std)]
        row += [
            f"{found[name]:g}" if _is_number(found.get(name)) else "" for name in ("min", "max")
        ]
        row.append(f"{played:,}")
    else:
        row += [""] * 5
    return [*row, _best(trace, result)]


def _best(trace: Trace, result: dict[str, Any]) -> str:
    """Return the best evaluation while training, and when."""
    best = result.get("best")
    if isinstance(best, dict) and all(map(_is_number, map(best.get, ("mean", "env_steps")))):
        return f"{best['mean']:.4g} after {best['env_steps']:,}"
    steps, values = trace.line(EVALUATION, "steps")
    if not len(values):
        return ""
    at = int(np.argmax(values))
    return f"{values[at]:.4g} after {steps[at]:,.0f}"
