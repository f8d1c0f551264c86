"""What training took: time, memory, disk."""

from collections.abc import Sequence

import jax

from qlax import config
from qlax.agent import Agent
from qlax.drivers.core import nothing_seen
from qlax.errors import UsageError
from qlax.runs.ram import bytes_of
from qlax.runs.saved import SavedRun
from qlax.spaces import EnvSpec

_PHASES = {
    "import": "importing",
    "compile": "compiling",
    "train": "training",
    "eval": "final evaluation",
}


def cost_row(run: SavedRun) -> list[str] | None:
    """Return a row: seed, steps, updates, seconds of training, and steps a second."""
    result = run.result
    if result is None:
        return None
    steps, updates = result.get("env_steps"), result.get("updates")
    seconds = result.get("train_seconds")
    if not isinstance(steps, int) or not isinstance(updates, int):
        return None
    row = [str(run.seed), f"{steps:,}", f"{updates:,}"]
    if not isinstance(seconds, int | float) or seconds <= 0:
        return [*row, "", ""]
    return [*row, f"{seconds:.1f}", f"{steps / seconds:,.0f}"]


def phases_of(runs: Sequence[SavedRun]) -> dict[str, float]:
    """Return the seconds of each phase; of seeds in one program, those of the program."""
    results = [run.result for run in runs if run.result is not None]
    if not results:
        return {}
    side_by_side = runs[0].config.get("side_by_side", 0)
    together = len(runs) > 1 and isinstance(side_by_side, int) and side_by_side > 1
    counted_once = results[:1] if together else results
    found = {
        name: sum(_seconds(result.get(f"{phase}_seconds")) for result in counted_once)
        for phase, name in _PHASES.items()
    }
    return {phase: seconds for phase, seconds in found.items() if seconds > 0.0}


def _seconds(value: object) -> float:
    """Return the seconds of a phase; 0 where a file has no number."""
    return float(value) if isinstance(value, int | float) else 0.0


def room_of(run: SavedRun) -> str | None:
    """Return a sentence on what a seed takes of memory, by its arrays, and of the disk."""
    files = [path for path in run.folder.rglob("*") if path.is_file()]
    disk = _shown(sum(path.stat().st_size for path in files))
    try:
        agent = config.part_from_json(run.config.get("agent"), Agent, "configuration")
        spec = config.part_from_json(run.config.get("spec"), EnvSpec, "configuration")
        state = jax.eval_shape(
            lambda: agent.init(jax.random.key(0), spec, nothing_seen(spec, agent.num_envs))
        )
    except (UsageError, TypeError, ValueError, AttributeError):  # parts of the user's own
        return f"The folder of a seed takes {disk}."
    memory, replay = _shown(bytes_of(state)), _shown(bytes_of(state.replay))
    return (
        f"A seed's state, all that it learns and remembers, takes {memory} of memory, of which the "
        f"replay {replay}; its folder takes {disk} of the disk."
    )


def _shown(size: float) -> str:
    """Return bytes in words."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"
