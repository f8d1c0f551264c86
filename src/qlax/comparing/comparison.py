"""Agents compared: in each environment, and over all of them where that means something."""

from collections.abc import Mapping, Sequence

import numpy as np

from qlax.arguments import refuses_plainly, whole_number
from qlax.comparing import scores as scoring
from qlax.comparing.foreign import Columns
from qlax.comparing.labels import by_env, settings_of
from qlax.comparing.overall import overall_of
from qlax.comparing.reading import Runs, traces_in
from qlax.comparing.results import AgentResult, Comparison, Task, result_of
from qlax.comparing.scores import BASES, Target
from qlax.comparing.settings import differing
from qlax.comparing.trace import Trace
from qlax.comparing.verdict import Pair, listed, pairs_with, verdict
from qlax.errors import UsageError
from qlax.warning import warn

_ALIKE = 1.05
"""By what factor numbers of steps may differ without being spoken of."""


@refuses_plainly
def compare(
    runs: Runs,
    *,
    at: int | None = None,
    env: str | None = None,
    columns: Columns | None = None,
    seed: int = 0,
) -> Comparison:
    """Compare agents over their seeds, and say whether the data can tell them apart.

    Each run has one score: the mean return of its final evaluation, or, where some have none, of
    what all of them have. Agents are ordered by their interquartile mean; the best is beside each
    other with the probability of improvement and a permutation test.

    Args:
        runs: Folders of runs and folders above them, files of other libraries' logs, or `Run`s; a
            dict gives them names.
        at: Environment steps after which runs are compared, by the evaluations up to there; also
            runs that have not finished, or went on for longer. None for their ends.
        env: The environment of other libraries' logs that do not say it.
        columns: Which of their columns to read, if they do not have the usual names.
        seed: Of resampling: the same seed gives the same intervals.

    Returns:
        The comparison. What could not be read or compared is a warning, and in its `notes`.

    Raises:
        UsageError: if nothing can be compared, or something given cannot work.
    """
    comparison = comparison_of(runs, at=at, env=env, columns=columns, seed=seed)
    for note in comparison.notes:
        warn(note)
    return comparison


def comparison_of(
    runs: Runs,
    *,
    at: int | None = None,
    env: str | None = None,
    columns: Columns | None = None,
    seed: int = 0,
) -> Comparison:
    """Do what `compare` does, without warnings."""
    if at is not None:
        at = whole_number("at", at, at_least=1)
    seed = whole_number("seed", seed)
    found = traces_in(runs, env=env, columns=columns)
    notes = [entry.why for entry in found.left_out]
    return comparison_between(by_env(found.traces), notes, at=at, seed=seed)


def comparison_between(
    grouped: Mapping[str, Mapping[str, Sequence[Trace]]],
    notes: list[str],
    *,
    at: int | None = None,
    seed: int = 0,
) -> Comparison:
    """Compare the traces of each agent in each environment.

    Args:
        grouped: The traces, by environment and agent.
        notes: What has been left out so far.
        at: As in `compare`.
        seed: As in `compare`.
    """
    tasks: list[Task] = []
    for name, agents in grouped.items():
        over, unfinished = scoring.finished(agents) if at is None else scoring.until(agents, at)
        notes = [*notes, *unfinished]
        task, silent = _task(name, over, seed)
        notes = [*notes, *silent]
        if task is not None:
            tasks.append(task)
    if not tasks:
        why = f" {notes[0]}" if notes else ""
        raise UsageError(f"No finished run with returns is there to compare.{why}")
    overall, left_out = overall_of(tasks, seed)
    return Comparison(tasks, overall, notes + left_out)


def _task(
    env: str, agents: Mapping[str, Sequence[Trace]], seed: int
) -> tuple[Task | None, list[str]]:
    """Return the comparison in one environment, and what could not take part."""
    basis = scoring.basis_of(agents) if agents else "final"
    scores: dict[str, np.ndarray] = {}
    kept: dict[str, list[Trace]] = {}
    notes = []
    for agent, traces in agents.items():
        values = scoring.scores_by(basis, traces)
        having = np.isfinite(values)
        notes += [
            f"{trace.folder} is not compared: it has no {BASES[basis].removeprefix('the ')}."
            for trace, has in zip(traces, having, strict=True)
            if not has
        ]
        if having.any():
            scores[agent] = values[having, None]
            kept[agent] = [trace for trace, has in zip(traces, having, strict=True) if has]
    if not scores:
        return None, notes
    measure = scoring.measure_of(kept)
    target = scoring.target_of(kept)
    steps = {agent: scoring.steps_to(target.value, kept[agent], measure) for agent in kept}
    thresholds = [trace.threshold for traces in kept.values() for trace in traces]
    threshold = next((one for one in thresholds if one is not None), None)
    results = sorted(
        (result_of(agent, scores[agent], steps[agent], threshold, seed) for agent in scores),
        key=lambda result: -result.iqm,
    )
    names = [result.agent for result in results]
    pairs = pairs_with(names[0], names[1:], scores, seed=seed)
    soonest = sorted(names, key=lambda agent: float(np.median(np.minimum(steps[agent], 1e300))))
    negated = {agent: -found[:, None] for agent, found in steps.items()}
    sooner = pairs_with(soonest[0], soonest[1:], negated, seed=seed)
    said = _said(env, results[0], pairs, sooner, scores, steps, target)
    lengths = [kept[agent][0].last() for agent in names]
    if max(lengths) > _ALIKE * min(lengths):
        each = [f"{agent} {steps:,.0f}" for agent, steps in zip(names, lengths, strict=True)]
        said += f" They were trained for different numbers of steps: {listed(each)}."
    for alike in _alike(kept):
        said += f" {listed(alike)} have the same settings."
    return Task(env, basis, results, pairs, sooner, target, _differences(names, kept), said), notes


def _said(
    env: str,
    best: AgentResult,
    pairs: list[Pair],
    sooner: list[Pair],
    scores: dict[str, np.ndarray],
    steps: dict[str, np.ndarray],
    target: Target,
) -> str:
    """Return the verdict in one environment."""
    if not pairs:
        return f"{best.agent} is the only agent on {env}: there is nothing to compare it with."
    sentences = [verdict(pairs, f" on {env}", scores)]
    certain = [pair for pair in sooner if pair.is_certain]
    if certain:
        first = certain[0]
        others = ", ".join(f"{pair.other} {_after(steps[pair.other])}" for pair in certain)
        sentences.append(
            f"{first.agent} reaches {target.what} sooner: {_after(steps[first.agent], ' steps')}, "
            f"{others}."
        )
    return " ".join(sentences)


def _alike(agents: Mapping[str, Sequence[Trace]]) -> list[list[str]]:
    """Return agents that differ in their names only."""
    found: dict[str, list[str]] = {}
    for agent, traces in agents.items():
        if traces[0].run is not None:
            found.setdefault(settings_of(traces[0]), []).append(agent)
    return [names for names in found.values() if len(names) > 1]


def _after(steps: np.ndarray, unit: str = "") -> str:
    """Return `after 12,000 steps (5 of 5 seeds)`, or that most never got there."""
    said = scoring.in_words(steps, unit)
    return f"after {said}" if said[0].isdecimal() else said


def _differences(
    names: Sequence[str], agents: Mapping[str, Sequence[Trace]]
) -> list[tuple[str, list[str]]]:
    """Return in which settings agents differ, and in how long they were trained."""
    firsts = [agents[name][0] for name in names]
    configs = [{} if trace.run is None else trace.run.config for trace in firsts]
    known = [config.get("agent") for config in configs if config]
    found = differing(known) if len(known) > 1 else []
    places = [at for at, config in enumerate(configs) if config]
    rows = []
    for name, values in found:
        row = ["?"] * len(names)
        for place, value in zip(places, values, strict=True):
            row[place] = value
        rows.append((name, row))
    for name, column in (
        ("steps", [f"{trace.last():,.0f}" for trace in firsts]),
        ("library", [trace.library for trace in firsts]),
    ):
        if len(set(column)) > 1:
            rows.append((name, column))
    return rows
