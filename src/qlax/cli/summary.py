"""Summaries of runs, and the list of agents."""

import shlex
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from qlax import presets
from qlax.cli.console import console, print_json, say, width_of
from qlax.evaluation import LONGEST
from qlax.runs import folder
from qlax.runs.outcome import Result, Run
from qlax.wording import broken, counted, mean_of, over_seeds, significant


def print_summaries(runs: Run | list[Run], *, quiet: bool, as_json: bool = False) -> None:
    """Print the outcome of a run, or of several seeds: in words, as JSON, or the folder alone."""
    if as_json:
        print_json(_document(runs))
    elif isinstance(runs, Run):
        _print_summary(runs, quiet=quiet)
    else:
        _print_seeds(runs, quiet=quiet)


def _document(runs: Run | list[Run]) -> dict[str, Any]:
    """Return what `result.json` holds, with the folder; of several seeds also those of each."""
    if isinstance(runs, Run):
        return {"folder": str(runs.folder), **runs.result}
    parent = runs[0].folder.parent
    whole = folder.read_json(parent / folder.RESULT)
    return {"folder": str(parent), **whole, "runs": [_document(run) for run in runs]}


def print_agents(*, as_json: bool = False) -> None:
    """Print every named agent with a line and its paper."""
    if as_json:
        names = ("name", "summary", "reference")
        print_json({"agents": [dict(zip(names, row, strict=True)) for row in agents()]})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("agent", "what it is", "reference"):
        table.add_column(column, no_wrap=column == "agent")
    for row in agents():
        table.add_row(*map(escape, row))
    console().print(table)
    print()
    note = (
        "`qlax train ENV --agent NAME` fits the agent to an environment that we have tried, and "
        "says what it changes; with --as-published it trains the agent as its page describes it."
    )
    print(broken(note, width_of(sys.stdout)))


def agents() -> Iterator[tuple[str, str, str]]:
    """Return the name of every named agent, what it is, and its paper."""
    for name, make in presets.AGENTS.items():
        text = (make.__doc__ or "").strip()
        references = " ".join(text.partition("Reference")[2].partition(":")[2].split())
        yield name, text.splitlines()[0].rstrip("."), references.rstrip(".")


def _print_summary(run: Run, *, quiet: bool) -> None:
    result = run.result
    if quiet:
        print(run.folder)
        return
    lines = {
        "result": outcome_of(result["eval"], result["threshold"], result["eval_error"]),
        "best": best_of(result["best"]),
        "training": _training(result),
        "time": _times(result),
        "written": f"{run.folder}/  (curve.png, policy/, result.json, …)",
        "next": f"qlax film {shlex.quote(str(run.folder))} --out play.mp4, or qlax explain, "
        "qlax watch, qlax eval; qlax board shows all runs",
    }
    print()
    for name, text in lines.items():
        if text is not None:
            say(name, text)


def best_of(best: Mapping[str, Any] | None) -> str | None:
    """Return by what the best policy was chosen while training, in words; None without one."""
    if best is None:
        return None
    mean = mean_of(best["mean"], best["std"], best["episodes"])
    return (
        f"after {best['env_steps']:,} steps, by a mean return of {mean} over "
        f"{counted(best['episodes'], 'episode')} while training (best/)"
    )


def _training(result: Result) -> str:
    """Return how much was trained, and how fast, since the run began or was resumed."""
    new = result["env_steps"] - result["resumed_at"]
    done = f"{result['env_steps']:,} steps and {counted(result['updates'], 'update')}"
    if new == 0:
        return f"{done} already, on {result['backend']}"
    rate = new / max(result["train_seconds"], 1e-9)
    since = f", the last {new:,} steps" if result["resumed_at"] else ""
    return (
        f"{done}{since} in {result['train_seconds']:.1f} s ({rate:,.0f} steps/s), "
        f"on {result['backend']}"
    )


def _print_seeds(runs: list[Run], *, quiet: bool) -> None:
    if quiet:
        print(runs[0].folder.parent)
        return
    for run in runs:
        result = run.result
        outcome = outcome_of(result["eval"], result["threshold"], result["eval_error"])
        say(f"seed {result['seed']}", outcome)
    means = [run.result["eval"]["mean"] for run in runs if run.result["eval"] is not None]
    if means:
        print()
        say("all", over_seeds(means))
    parent = runs[0].folder.parent
    solved = [run for run in runs if run.result["solved"]]
    if runs[0].result["solved"] is not None:
        say("solved", f"{len(solved)} of {len(runs)} seeds solved {runs[0].result['env']}")
    whole = folder.read_json(parent / folder.RESULT)
    say("time", _times(whole))
    say("written", f"{parent}/")
    say("next", f"qlax eval {shlex.quote(str(parent))}")


def outcome_of(
    evaluation: dict[str, Any] | None, threshold: float | None, failure: str | None = None
) -> str:
    """Return an evaluation in one line, with whether the environment is solved."""
    if evaluation is None:
        return "not evaluated" if failure is None else f"not evaluated: {failure}"
    mean, std, played = (evaluation[name] for name in ("mean", "std", "episodes"))
    text = (
        f"mean return {mean_of(mean, std, played)} ± {significant(std)} over "
        f"{counted(played, 'episode')} of the original environment"
    )
    if evaluation.get("cut"):
        text += f", {evaluation['cut']} of them cut after {LONGEST:,} steps, as nothing ended them"
    if evaluation.get("left_out"):
        text += f", {evaluation['left_out']} more would have taken too long"
    best = evaluation.get("optimum")
    marks = {"threshold": threshold, "optimum": None if best is None else float(f"{best:.3g}")}
    known = ", ".join(f"{name} {mark:g}" for name, mark in marks.items() if mark is not None)
    if None not in (threshold, best) and threshold > best:  # type: ignore[operator]
        known += ", which no policy exceeds"
    text += f" ({known})" if known else ""
    if threshold is None:
        return text
    verdict = "solved" if mean >= threshold else "not solved"
    return f"{verdict}: {text}"


def _times(result: Mapping[str, Any]) -> str:
    phases = ("import", "compile", "train", "eval")
    known = {phase: result.get(f"{phase}_seconds") for phase in phases}
    inside = ", ".join(f"{name} {value:.1f}" for name, value in known.items() if value is not None)
    return f"{result['total_seconds']:.1f} s in all ({inside})"
