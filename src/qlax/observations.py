"""What is done to observations before the network, in acting and learning alike."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np

from qlax.errors import require
from qlax.pytree import Pytree
from qlax.spaces import Box, Composite, Discrete, Space
from qlax.validation import check_types


@runtime_checkable
class Observation(Protocol):
    """Transforms a batch of observations, and the space that describes them."""

    def init(self, space: Space) -> Any:
        """Return the stage's first state: a pytree of arrays."""
        ...

    def update(self, state: Any, observation: Any, space: Space) -> Any:
        """Return the state after N more observations, each array [N, …]."""
        ...

    def __call__(self, state: Any, observation: Any, space: Space) -> tuple[Any, Space]:
        """Return the transformed observations, [B, …], and their space."""
        ...


class Unlearned:
    """Base class of stages without a state."""

    def init(self, space: Space) -> tuple[()]:  # noqa: ARG002
        """Return the empty state."""
        return ()

    def update(self, state: tuple[()], observation: Any, space: Space) -> tuple[()]:  # noqa: ARG002
        """Return the empty state."""
        return state


@dataclass(frozen=True, kw_only=True)
class Raw(Unlearned):
    """Leaves observations as the environment gives them."""

    def __call__(self, state: tuple[()], observation: Any, space: Space) -> tuple[Any, Space]:  # noqa: ARG002
        """Return both unchanged."""
        return observation, space


@dataclass(frozen=True, kw_only=True)
class ScaleToBounds(Unlearned):
    """Maps every bounded entry of a Box linearly to [−1, 1]; unbounded ones are unchanged.

    x ← (2 x − low − high) / (high − low). MountainCar's velocity, within ± 0.07, would otherwise
    be invisible beside its position. Limits beyond 10⁶ count as none. Where limits are far wider
    than what is ever seen, as those of Acrobot's velocities are, take `Raw` or `Normalise`.
    """

    def __call__(self, state: tuple[()], observation: Any, space: Space) -> tuple[Any, Space]:
        """Return the scaled observations and their space."""
        if isinstance(space, Composite):
            return _in_each(space, lambda name, inner: self(state, observation[name], inner))
        if not isinstance(space, Box):
            return observation, space
        low, high = (
            np.broadcast_to(np.asarray(limit, np.float64).reshape(-1), (int(np.prod(space.shape)),))
            for limit in (space.low, space.high)
        )
        bounded = (np.abs(low) < 1e6) & (np.abs(high) < 1e6) & (low < high)
        lowest, highest = np.where(bounded, low, -1.0), np.where(bounded, high, 1.0)
        span, centre = highest - lowest, (highest + lowest) / 2
        scale, shift = (
            (2.0 / span).astype(np.float32).reshape(space.shape),
            centre.astype(np.float32).reshape(space.shape),
        )
        scaled_space = dataclasses.replace(
            space,
            dtype="float32",
            low=_collapsed(np.where(bounded, -1.0, low)),
            high=_collapsed(np.where(bounded, 1.0, high)),
        )
        return (observation.astype(jnp.float32) - shift) * scale, scaled_space


@dataclass(frozen=True, kw_only=True)
class Pixels:
    """Maps images, which are arrays of bytes, to [0, 1]: x ← x / 255.

    Reference: Mnih et al. (2015), Nature 518.
    """

    others: Observation = field(default_factory=Raw)
    """The stage for all other observations, such as numbers beside an image."""

    def __post_init__(self) -> None:
        check_types(self)

    def init(self, space: Space) -> Any:
        """Return the first state of the other stage; images have none."""
        if isinstance(space, Composite):
            return {name: self.init(inner) for name, inner in space.entries}
        return () if _is_image(space) else self.others.init(space)

    def update(self, state: Any, observation: Any, space: Space) -> Any:
        """Return the next state of the other stage."""
        if isinstance(space, Composite):
            return {
                name: self.update(state[name], observation[name], inner)
                for name, inner in space.entries
            }
        return state if _is_image(space) else self.others.update(state, observation, space)

    def __call__(self, state: Any, observation: Any, space: Space) -> tuple[Any, Space]:
        """Return the scaled images and their space."""
        if isinstance(space, Composite):
            return _in_each(space, lambda name, inner: self(state[name], observation[name], inner))
        if not _is_image(space):
            return self.others(state, observation, space)
        assert isinstance(space, Box)
        scaled_space = dataclasses.replace(space, dtype="float32", low=0.0, high=1.0)
        return observation.astype(jnp.float32) * np.float32(1 / 255), scaled_space


def _is_image(space: Space) -> bool:
    return isinstance(space, Box) and space.dtype == "uint8" and len(space.shape) >= 2


_MOST = 2.0**24 - 1.0


class Moments(Pytree):
    """Running mean and variance of every entry of a Box."""

    count: jax.Array
    """Number of observations, float32 scalar."""
    mean: jax.Array
    """Shape […]."""
    squares: jax.Array
    """Σ (x − mean)², shape […]."""


@dataclass(frozen=True, kw_only=True)
class Normalise(Unlearned):
    """x ← clip( (x − mean) / √(variance + ε), −limit, limit ), over all observations so far.

    Every environment step of training adds to the statistics. Acting, learning (both networks)
    and the finished policy share them; replayed observations are normalised when they are drawn.
    Discrete entries are unchanged.

    Reference: Welford (1962), in the batched form of Chan, Golub and LeVeque (1983).
    """

    limit: float = 10.0
    """Largest magnitude of the result; greater than 0."""
    epsilon: float = 1e-8
    """ε > 0."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.limit > 0.0, "Normalise.limit", self.limit, "greater than 0")
        require(self.epsilon > 0.0, "Normalise.epsilon", self.epsilon, "greater than 0")

    def init(self, space: Space) -> Any:
        """Return the statistics of no observations."""
        if isinstance(space, Composite):
            return {name: self.init(inner) for name, inner in space.entries}
        if isinstance(space, Discrete):
            return ()
        return Moments(jnp.float32(0), jnp.zeros(space.shape), jnp.zeros(space.shape))

    def update(self, state: Any, observation: Any, space: Space) -> Any:
        """Return the statistics with N more observations."""
        if isinstance(space, Composite):
            return {
                name: self.update(state[name], observation[name], inner)
                for name, inner in space.entries
            }
        return state if isinstance(space, Discrete) else moments_with(state, observation)

    def __call__(self, state: Any, observation: Any, space: Space) -> tuple[Any, Space]:
        """Return the normalised observations and their space."""
        if isinstance(space, Composite):
            return _in_each(space, lambda name, inner: self(state[name], observation[name], inner))
        if isinstance(space, Discrete):
            return observation, space
        deviation = jnp.sqrt(variance_of(state) + self.epsilon)
        scaled = (observation.astype(jnp.float32) - state.mean) / deviation
        inside = dataclasses.replace(space, dtype="float32", low=-self.limit, high=self.limit)
        return jnp.clip(scaled, -self.limit, self.limit), inside


def moments_with(moments: Moments, values: jax.Array) -> Moments:
    """Return the statistics with the N values of shape [N, …] added."""
    values = values.astype(jnp.float32)
    new, count = values.shape[0], moments.count + values.shape[0]
    mean = values.mean(0)
    shift = mean - moments.mean
    after = Moments(
        count=count,
        mean=moments.mean + shift * new / count,
        squares=moments.squares
        + jnp.square(values - mean).sum(0)
        + jnp.square(shift) * moments.count * new / count,
    )
    return unless_full(moments, after)


def unless_full(before: Moments, after: Moments) -> Moments:
    """Return the later statistics, or the earlier ones if no more can be counted.

    A float32 cannot count beyond 2²⁴, while sums would go on growing. So the statistics of that
    many observations are final.
    """
    full = after.count > _MOST
    kept: Moments = jax.tree.map(lambda old, new: jnp.where(full, old, new), before, after)
    return kept


def variance_of(moments: Moments) -> jax.Array:
    """Return the variance; 1 before two values have been seen."""
    return jnp.where(moments.count > 1.0, moments.squares / jnp.maximum(moments.count, 1.0), 1.0)


def dense(observation: Any, space: Space) -> jax.Array:
    """Return observations as one float32 array, shape [B, …].

    Discrete ones become one-hot; those of a `Composite` are flattened and concatenated.
    """
    if isinstance(space, Composite):
        parts = [dense(observation[name], inner) for name, inner in space.entries]
        return jnp.concatenate([part.reshape((part.shape[0], -1)) for part in parts], -1)
    if isinstance(space, Discrete):
        return jax.nn.one_hot(observation, space.n, dtype=jnp.float32)
    return jnp.asarray(observation, jnp.float32)


def _in_each(space: Composite, change: Any) -> tuple[dict[str, Any], Composite]:
    """Return the changed observations and spaces of every entry."""
    changed = {name: change(name, inner) for name, inner in space.entries}
    return (
        {name: observation for name, (observation, _) in changed.items()},
        Composite(tuple((name, inner) for name, (_, inner) in changed.items())),
    )


def _collapsed(limits: np.ndarray) -> float | tuple[float, ...]:
    """Return one number where all are the same, so that image spaces stay small."""
    if (limits == limits[0]).all():
        return float(limits[0])
    return tuple(float(limit) for limit in limits)
