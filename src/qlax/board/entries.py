"""What the list says of a run: plain values, made from the files of its folder."""

import hashlib
import json
from pathlib import Path
from typing import Any

from qlax.board.history import last_rows
from qlax.runs.folder import METRICS
from qlax.runs.saved import SavedRun

_NAME_LENGTH = 12
_RECENT = 10
"""Rows whose training returns stand for a run that has no evaluation yet."""


def id_of(name: str) -> str:
    """Return the opaque id of a run, always the same for the same folder."""
    return hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:_NAME_LENGTH]


def described(run: SavedRun, name: str) -> dict[str, Any]:
    """Return what does not change while a run is trained."""
    return {
        "id": id_of(name),
        "name": name,
        "env": run.env,
        "env_kwargs": _plain(run.config.get("env_kwargs")),
        "agent": run.agent,
        "seed": run.seed,
        "steps": run.steps,
        "began": run.began,
        "group": _group(run.config),
    }


def progressed(run: SavedRun) -> dict[str, Any]:
    """Return how far a run is and how good its agent, from its result or its last rows."""
    result = run.result
    if result is None:
        rows = last_rows(run.folder / METRICS)
        return {
            "done": int(rows[-1].get("env_steps", 0)) if rows else 0,
            "seconds": rows[-1].get("seconds") if rows else None,
            "score": _score(rows),
            "threshold": _threshold(run.config),
            "solved": None,
            "failure": _first_line(run.failure),
        }
    return {
        "done": _number(result.get("env_steps")) or 0,
        "seconds": _number(result.get("train_seconds")),
        "score": _final(result.get("eval")) or _score(last_rows(run.folder / METRICS)),
        "threshold": _number(result.get("threshold")),
        "solved": result.get("solved") if isinstance(result.get("solved"), bool) else None,
        "failure": _first_line(run.failure) or _text(result.get("eval_error")),
    }


def _group(config: dict[str, Any]) -> str:
    """Return what runs have in common that differ in their seed alone."""
    same = [config.get(name) for name in ("env", "env_kwargs", "agent_name", "agent", "steps")]
    return hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()[:_NAME_LENGTH]


def _final(evaluation: Any) -> dict[str, Any] | None:
    """Return the final evaluation's mean return, if there is one."""
    if not isinstance(evaluation, dict) or _number(evaluation.get("mean")) is None:
        return None
    kept = {name: _number(evaluation.get(name)) for name in ("mean", "std", "episodes")}
    return {"kind": "final", **kept}


def _score(rows: list[dict[str, float]]) -> dict[str, Any] | None:
    """Return the newest evaluation's mean return, else that of the last training episodes."""
    for row in reversed(rows):
        if "eval_return" in row:
            return {
                "kind": "evaluation",
                "mean": row["eval_return"],
                "std": row.get("eval_std"),
                "episodes": row.get("eval_episodes"),
            }
    returns = [row["episode_return"] for row in rows[-_RECENT:] if "episode_return" in row]
    if not returns:
        return None
    mean = sum(returns) / len(returns)
    return {"kind": "training", "mean": mean, "std": None, "episodes": None}


def _threshold(config: dict[str, Any]) -> float | None:
    spec = config.get("spec")
    return _number(spec.get("reward_threshold")) if isinstance(spec, dict) else None


def _first_line(failure: dict[str, Any] | None) -> str | None:
    """Return what ended a run in one line."""
    if failure is None:
        return None
    kind, message = _text(failure.get("kind")) or "failure", _text(failure.get("message")) or ""
    return f"{kind}: {message.splitlines()[0]}" if message else kind


def _number(value: Any) -> Any:
    """Return a number as it is, anything else as None."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _plain(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def relative(folder: Path, root: Path) -> str:
    """Return a folder's name below another, with `/` on every system."""
    inside = folder.relative_to(root).as_posix()
    return folder.name if inside == "." else inside
