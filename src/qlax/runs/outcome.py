"""A finished run and its result."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from qlax.policy import Policy
from qlax.runs.timing import Timing
from qlax.wording import standard_error


class Result(TypedDict, total=False):
    """What `result.json` holds."""

    env: str
    """Gymnasium's id of the environment."""
    agent: str
    """The agent's name."""
    backend: str
    """What ran the environment."""
    seed: int
    env_steps: int
    """Environment steps, of all environments together."""
    updates: int
    """Gradient updates."""
    resumed_at: int
    """The environment steps after which the run last went on; 0 if it never stopped."""
    stopped: str | None
    """Why an observer ended training early; None if it went on to the end."""
    import_seconds: float | None
    compile_seconds: float
    train_seconds: float
    eval_seconds: float
    total_seconds: float
    eval: dict[str, Any] | None
    """The final evaluation, as `Evaluation.as_json` has it; None if there was none."""
    eval_error: str | None
    """Why the final evaluation failed; None if it did not."""
    best: dict[str, float] | None
    """What the policy in `best/` was chosen by while training: `env_steps`, and `mean`, `std`,
    `length` and `episodes` of the evaluation; None if there was none."""
    threshold: float | None
    """The mean return from which the environment counts as solved."""
    solved: bool | None
    """Whether the evaluation reached it; None where nobody can say."""


@dataclass(frozen=True)
class Run:
    """A finished run."""

    folder: Path
    """Where everything was written."""
    result: Result
    """What `result.json` holds."""
    policy: Policy
    """What was learned."""

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r})"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from qlax.notebooks.cards import run_card

        return run_card(self)


def summary_of(runs: list[Run], timing: Timing) -> dict[str, Any]:
    """Return the result of several seeds together."""
    first = runs[0].result
    outcomes = [run.result["eval"] for run in runs]
    means = [outcome["mean"] for outcome in outcomes if outcome is not None]
    shared = ("env", "agent", "backend", "env_steps", "updates", "threshold")
    summary: dict[str, Any] = {name: first.get(name) for name in shared}
    summary |= {"seeds": [run.result["seed"] for run in runs], **timing.as_json()}
    if means:
        solved = sum(bool(run.result["solved"]) for run in runs)
        summary |= {
            "eval": {
                "means": means,
                "mean": float(np.mean(means)),
                "standard_error": standard_error(means),
                "median": float(np.median(means)),
                "min": min(means),
                "max": max(means),
            },
            "solved": None if first["threshold"] is None else solved,
        }
    return summary
