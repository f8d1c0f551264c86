"""What logs call numbers and settings."""

import math
import re
from typing import TYPE_CHECKING, Any

from qlax.drivers.core import MetricsRow

if TYPE_CHECKING:
    from qlax.runs.outcome import Result
    from qlax.runs.plan import Plan

Numbers = dict[str, float]
"""Numbers by the names that logs have for them."""
Settings = dict[str, bool | int | float | str]
"""Settings by their paths, such as `agent.replay.capacity`."""

_NAMES = {
    "episode_return": "train/return",
    "episode_length": "train/length",
    "seconds": "time/seconds",
    "epsilon": "explore/epsilon",
    "temperature": "explore/temperature",
    "noise": "explore/noise",
    "gradient_norm": "network/gradient_norm",
    "dormant_units": "network/dormant_units",
    "effective_rank": "network/effective_rank",
    "target_drift": "network/target_drift",
    "priority": "replay/priority",
    "priority_max": "replay/priority_max",
    "importance_weight": "replay/importance_weight",
    "importance_weight_min": "replay/importance_weight_min",
}
_EVALUATION, _INFO = "eval_", "info."
_NOT_IN_NAMES = re.compile(r"[^\w.-]+")
"""What some services do not take."""
_LEFT_OUT = ("format", "agent_name", "spec", "fitted", "eval_is_frugal", "env_kwargs", "agent")


def name_of(column: str) -> str:
    """Return what a log calls a column of the metrics: `train/loss`, `eval/return`."""
    if column in _NAMES:
        return _NAMES[column]
    if column.startswith(_EVALUATION):
        return f"eval/{column.removeprefix(_EVALUATION)}"
    if column.startswith(_INFO):
        return f"info/{_NOT_IN_NAMES.sub('_', column.removeprefix(_INFO))}"
    return f"train/{column}"


def numbers_of(row: MetricsRow, before: MetricsRow | None) -> Numbers:
    """Return what a row of metrics has to say, and how fast training was since the row before.

    Args:
        row: The row.
        before: The one before, or None.
    """
    known = {name: value for name, value in row.items() if value is not None}
    numbers = {name_of(name): value for name, value in known.items() if name != "env_steps"}
    earlier = before or {}
    seconds = known.get("seconds", 0.0) - (earlier.get("seconds") or 0.0)
    if seconds > 0:
        for column, name in (("env_steps", "steps"), ("updates", "updates")):
            done = known.get(column, 0.0) - (earlier.get(column) or 0.0)
            numbers[f"time/{name}_per_second"] = done / seconds
    return numbers


def outcome_of(result: "Result") -> Numbers:
    """Return the final evaluation, the best one, and where the time went."""
    numbers: Numbers = {}
    evaluation, best = result.get("eval"), result.get("best")
    if evaluation is not None:
        numbers |= {
            f"final/{'return' if name == 'mean' else name}": float(evaluation[name])
            for name in ("mean", "std", "min", "max", "episodes", "value", "discounted_return")
            if evaluation.get(name) is not None
        }
    if result.get("solved") is not None:
        numbers["final/solved"] = float(bool(result["solved"]))
    if best is not None:
        numbers |= {
            f"final/best_{'return' if name == 'mean' else name}": float(value)
            for name, value in best.items()
        }
    for name in ("compile_seconds", "train_seconds", "eval_seconds", "total_seconds"):
        value = result.get(name)
        if isinstance(value, int | float):
            numbers[f"final/{name}"] = float(value)
    return numbers


def settings_of(plan: "Plan") -> Settings:
    """Return everything that determines a run, and what was fitted to its environment, by path."""
    document = plan.as_json()
    settings: Settings = {"agent": plan.agent_name}
    _flatten(settings, "env", document["env"])
    _flatten(settings, "env", document["env_kwargs"])
    for name, value in document["agent"].items():
        if name not in ("type", "custom"):
            _flatten(settings, f"agent.{name}", value)
    for name, value in document.items():
        if name not in _LEFT_OUT and name != "env":
            _flatten(settings, name, value)
    for entry in plan.changed:
        settings[f"fitted.{entry.field}"] = f"{entry.before} → {entry.after}"
    return settings


def _flatten(settings: Settings, path: str, value: Any) -> None:
    """Add a value of a configuration's JSON, and what is inside it, by path."""
    if isinstance(value, dict):
        for name, inside in value.items():
            is_kind = name in ("type", "custom", "float")
            _flatten(settings, path if is_kind else f"{path}.{name}", inside)
    elif isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
        for place, entry in enumerate(value):
            _flatten(settings, f"{path}.{place}", entry)
    elif isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        settings[path] = value
    else:
        settings[path] = str(value)
