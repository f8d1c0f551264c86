"""What the numbers of an observation are called, where that is known."""

from typing import NamedTuple

from qlax.spaces import Box, Composite, EnvSpec


class Dimension(NamedTuple):
    """One number of an observation."""

    name: str
    """What it is."""
    unit: str = ""
    """Its unit; empty if it has none, or none is known."""

    @property
    def label(self) -> str:
        """The name with the unit, as axes have it."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


# By how ids begin; the environments say nothing themselves.
_KNOWN: dict[str, tuple[Dimension, ...]] = {
    "MountainCar-": (Dimension("position"), Dimension("velocity", "per step")),
    "CartPole-": (
        Dimension("cart position", "m"),
        Dimension("cart velocity", "m/s"),
        Dimension("pole angle", "rad"),
        Dimension("pole velocity", "rad/s"),
    ),
    "Acrobot-": (
        Dimension("cos θ₁"),
        Dimension("sin θ₁"),
        Dimension("cos θ₂"),
        Dimension("sin θ₂"),
        Dimension("velocity of θ₁", "rad/s"),
        Dimension("velocity of θ₂", "rad/s"),
    ),
    "LunarLander-": (
        Dimension("horizontal position"),
        Dimension("height"),
        Dimension("horizontal velocity"),
        Dimension("vertical velocity"),
        Dimension("angle", "rad"),
        Dimension("angular velocity"),
        Dimension("left leg on the ground"),
        Dimension("right leg on the ground"),
    ),
    "Blackjack-": (
        Dimension("player's sum"),
        Dimension("dealer's card"),
        Dimension("usable ace"),
    ),
}


def dimensions_of(spec: EnvSpec) -> tuple[Dimension, ...]:
    """Return what each number of a flattened observation is called: a name, or its number."""
    size = len(_entries("", spec.observation))
    name = spec.id.rpartition("/")[2]
    known = next((names for begin, names in _KNOWN.items() if name.startswith(begin)), None)
    if known is not None and len(known) == size:
        return known
    return tuple(Dimension(entry) for entry in _entries("", spec.observation))


def _entries(name: str, space: object) -> list[str]:
    """Return a name for every number in a space, in the order of `dense`, one-hot aside."""
    if isinstance(space, Composite):
        inside = [_entries(f"{name}{key} ", inner) for key, inner in space.entries]
        return [entry for entries in inside for entry in entries]
    if isinstance(space, Box) and space.shape:
        size = 1
        for length in space.shape:
            size *= length
        return [f"{name}number {index}" if not name else f"{name}{index}" for index in range(size)]
    return [name.strip() or "state"]
