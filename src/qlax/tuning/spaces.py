"""What is searched where nobody says it: a range for each field that tends to matter.

The ranges lie around what an agent has already, so that fitted agents are searched near their
settings. A part of one's own has no row here: name its fields in the search.
"""

from collections.abc import Callable
from typing import Any

from qlax import config
from qlax.agent import Agent
from qlax.errors import UsageError
from qlax.fields import all_exchanged, checked
from qlax.tuning.ranges import Choice, Int, Log, LogInt, Range, Uniform

Around = Callable[[Any, int], Range | None]
"""(what the field holds, environment steps of a trial) → its range; None for none."""


def _factor(by: float) -> Around:
    """Return numbers from a `by`th of what there is to `by` times as much."""

    def around(value: Any, steps: int) -> Range | None:  # noqa: ARG001
        if not isinstance(value, float | int) or value <= 0:
            return None
        return Log(float(f"{value / by:.2g}"), float(f"{value * by:.2g}"))

    return around


def _share(by: float) -> Around:
    """Return likewise numbers that are at most 1."""

    def around(value: Any, steps: int) -> Range | None:  # noqa: ARG001
        if not isinstance(value, float | int) or not 0 < value <= 1:
            return None
        return Log(float(f"{value / by:.2g}"), min(float(f"{value * by:.2g}"), 1.0))

    return around


def _times(by: int) -> Around:
    """Return whole numbers likewise."""

    def around(value: Any, steps: int) -> Range | None:  # noqa: ARG001
        if not isinstance(value, int):
            return None
        return LogInt(max(value // by, 1), max(value * by, 2))

    return around


def _fixed(found: Range) -> Around:
    """Return a range, made larger where what there is lies outside."""

    def around(value: Any, steps: int) -> Range | None:  # noqa: ARG001
        if isinstance(found, Choice) or found.parameter_of(value) is not None:
            return found
        if not isinstance(found, Uniform) or not isinstance(value, float | int):
            return None
        if value <= 0:  # as which a logarithm has none
            return Uniform(value, found.high)
        return type(found)(min(found.low, value), max(found.high, value))

    return around


def _among(*values: Any) -> Around:
    """Return some values, and what there is if it is not among them."""

    def around(value: Any, steps: int) -> Range | None:  # noqa: ARG001
        if value is None:
            return None
        return Choice(tuple(sorted({*values, value})))

    return around


def _part_of_run(value: Any, steps: int) -> Range | None:
    """Return how long an exploration may fade: from a twentieth of the run to more than half."""
    if value is None or steps < 100:
        return None
    low, high = max(steps // 20, 1), max(steps * 6 // 10, 2)
    return LogInt(min(low, value), max(high, value))


def _widths(value: Any, steps: int) -> Range | None:  # noqa: ARG001
    """Return layers of what there is, and of half and twice as many units."""
    if not isinstance(value, tuple) or not value:
        return None
    half, double = (tuple(max(int(by * width), 1) for width in value) for by in (0.5, 2))
    return Choice((half, value, double)) if half != value else Choice((value, double))


def _sizes(value: Any, steps: int) -> Range | None:  # noqa: ARG001
    """Return half, as many and twice as many."""
    return Choice((value // 2, value, value * 2)) if value >= 2 else None


def _horizons(value: float, steps: int) -> Range:  # noqa: ARG001
    """Return discounts whose horizons 1 / (1 − γ) are a third of what there is to three times."""
    horizon = 1.0 / max(1.0 - value, 1e-3)
    horizons = [by * horizon for by in (1 / 3, 1 / 2, 2, 3) if by * horizon > 1]
    values = {round(1.0 - 1.0 / one, 4) for one in horizons}
    return Choice(tuple(sorted({*values, value})))


TABLE: dict[tuple[str, str], Around] = {
    ("Agent", "discount"): _horizons,
    ("Adam", "learning_rate"): _factor(8),
    ("RMSProp", "learning_rate"): _factor(8),
    ("SGD", "learning_rate"): _share(8),
    ("TraceSGD", "learning_rate"): _share(8),
    ("TraceSGD", "trace_decay"): _fixed(Uniform(0.3, 0.98)),
    ("ObGD", "learning_rate"): _factor(4),
    ("ObGD", "trace_decay"): _fixed(Uniform(0.3, 0.98)),
    ("ObGD", "kappa"): _factor(2),
    ("Polyak", "tau"): _share(10),
    ("Periodic", "period"): _times(5),
    ("EpsilonGreedy", "epsilon.end"): _fixed(Log(0.005, 0.2)),
    ("EpsilonGreedy", "epsilon.steps"): _part_of_run,
    ("EpsilonGreedy", "epsilon"): _share(5),
    ("Boltzmann", "temperature.end"): _factor(5),
    ("Boltzmann", "temperature.steps"): _part_of_run,
    ("Boltzmann", "temperature"): _factor(5),
    ("Munchausen", "alpha"): _fixed(Uniform(0.5, 0.99)),
    ("Munchausen", "temperature"): _factor(10),
    ("Prioritised", "exponent"): _fixed(Uniform(0.2, 0.9)),
    ("Prioritised", "importance.start"): _fixed(Uniform(0.2, 0.9)),
    ("Sequences", "exponent"): _fixed(Uniform(0.2, 0.9)),
    ("LambdaReturn", "decay"): _fixed(Uniform(0.3, 0.98)),
    ("GaussianNoise", "scale"): _factor(5),
    ("UpperConfidence", "scale"): _factor(5),
    ("Noisy", "sigma"): _factor(3),
    ("Ensemble", "prior_scale"): _factor(5),
    ("Uniform", "n_step"): _among(1, 3, 5, 10),
    ("Prioritised", "n_step"): _among(1, 3, 5, 10),
    ("Uniform", "batch_size"): _sizes,
    ("Prioritised", "batch_size"): _sizes,
    ("MLP", "hidden"): _widths,
    ("TileCoding", "tilings"): _fixed(Choice((4, 8, 16))),
    ("Dyna", "planning"): _fixed(Int(2, 30)),
}
"""Range by part and field; a field's schedule comes before the field itself."""


def default_space(agent: Agent, steps: int) -> dict[str, Range]:
    """Return what is searched of an agent by default.

    Args:
        agent: The agent.
        steps: Environment steps of a trial.

    Raises:
        UsageError: if nothing of it has a row here.
    """
    found = {
        path: made
        for path, made in _ranges_in(agent, "", steps)
        if all(_is_possible(agent, path, value) for value in made.examples())
    }
    if not found:
        raise UsageError(
            "No field of this agent has a usual range: say which to search, such as "
            "search={'agent.discount': 'uniform(0.9, 0.999)'}."
        )
    return found


def _ranges_in(part: Any, prefix: str, steps: int) -> list[tuple[str, Range]]:
    found: list[tuple[str, Range]] = []
    for entry in config.fields_of(part):
        value, path = getattr(part, entry.name), prefix + entry.name
        inside = _by_name(part, entry.name, value, steps)
        found += [(prefix + name, made) for name, made in inside]
        if config.is_part(value):
            found += _ranges_in(value, f"{path}.", steps)
    return found


def _by_name(part: Any, field: str, value: Any, steps: int) -> list[tuple[str, Range]]:
    """Return the ranges of a field: of its schedule's numbers if it has one, else its own."""
    kind = type(part).__name__
    own = TABLE.get((kind, field))
    made: list[tuple[str, Range | None]] = []
    if config.is_part(value):
        rows = [(name, TABLE.get((kind, f"{field}.{name}"))) for name in ("start", "end", "steps")]
        for name, around in rows:
            if around is not None and hasattr(value, name):
                made.append((f"{field}.{name}", around(getattr(value, name), steps)))
        if own is not None and not made and hasattr(value, "start"):
            made.append((f"{field}.start", own(value.start, steps)))
    elif own is not None:
        made.append((field, own(value, steps)))
    return [(name, found) for name, found in made if found is not None]


def _is_possible(agent: Agent, path: str, value: Any) -> bool:
    try:
        checked(all_exchanged(agent, {path: value}))
    except UsageError:
        return False
    return True
