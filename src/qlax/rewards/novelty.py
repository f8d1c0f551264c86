"""A bonus for new observations: random network distillation."""

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import linen as nn

from qlax.errors import require
from qlax.observations import Moments, dense, variance_of
from qlax.pytree import Pytree, static
from qlax.rewards.core import Paid, Reward
from qlax.rewards.moments import moments_with_valid, no_moments
from qlax.rewards.unchanged import Unchanged
from qlax.spaces import EnvSpec, Space, zeros
from qlax.validation import check_types

_LIMIT = 5.0
"""Largest magnitude of a normalised observation's entries, as in the paper."""
_EPSILON = 1e-8
"""Added to variances, so that nothing is divided by 0."""


class NoveltyState(Pytree):
    """Two networks, and statistics of their inputs and of the bonuses."""

    space: Space = static()
    """What observations are like."""
    target: Any
    """Parameters of f, which never change."""
    predictor: Any
    """Parameters of f̂."""
    optimizer: Any
    """State of the predictor's optimiser."""
    observations: Moments
    """Of the observations' entries, flattened, shape [D]."""
    bonuses: Moments
    """Of the bonuses, before they are scaled."""
    reward: Any
    """What the stage before knows."""


class _Embedding(nn.Module):
    """f: a small network with as many outputs as asked for."""

    hidden: tuple[int, ...]
    features: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        for width in self.hidden:
            # With biases of 0, f would be 0 at the mean of what was seen: never new there.
            x = nn.relu(nn.Dense(width, bias_init=nn.initializers.normal(1.0))(x))
        embedded: jax.Array = nn.Dense(self.features)(x)
        return embedded


@dataclass(frozen=True, kw_only=True)
class Novelty:
    """r ← r + scale · b / √E[b²],  b = ‖f̂(x) − f(x)‖²,  x the observation a step led to.

    f is a random network that stays as it is; f̂ learns to agree with it, by one step of Adam on
    what all environments show. Where something is seen for the first time, they still differ. The
    entries of x are normalised by everything seen so far and clipped to ± 5. Steps that only start
    an episode are paid no bonus, and nothing is learned from them.

    Departures: b is divided by its own root mean square, not by the deviation of its discounted
    returns; it is added to the reward, so that its returns end with the episode; normalisation
    begins with training, not before; both networks have the same layers.

    Reference: Burda et al. (2018), Exploration by random network distillation, arXiv 1810.12894.
    """

    scale: float = 0.1
    """What a bonus of ordinary size is worth as a reward; 0 or more."""
    reward: Reward = field(default_factory=Unchanged)
    """The stage before, to whose rewards the bonus is added."""
    features: int = 32
    """Outputs of both networks; at least 1."""
    hidden: tuple[int, ...] = (64,)
    """Widths of both networks' hidden ReLU layers."""
    learning_rate: float = 1e-4
    """Of Adam, for f̂; greater than 0."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.scale >= 0.0, "Novelty.scale", self.scale, "0 or more")
        require(self.features >= 1, "Novelty.features", self.features, "at least 1")
        positive = all(width >= 1 for width in self.hidden)
        require(positive, "Novelty.hidden", self.hidden, "a tuple of positive widths")
        require(
            self.learning_rate > 0.0, "Novelty.learning_rate", self.learning_rate, "greater than 0"
        )

    def init(self, key: jax.Array, spec: EnvSpec, num_envs: int) -> NoveltyState:
        """Return two different networks and no statistics."""
        target_key, predictor_key, inner_key = jax.random.split(key, 3)
        empty = _flat(zeros(spec.observation, (1,)), spec.observation)
        predictor = self._network.init(predictor_key, empty)
        return NoveltyState(
            space=spec.observation,
            target=self._network.init(target_key, empty),
            predictor=predictor,
            optimizer=self._adam.init(predictor),
            observations=no_moments(empty.shape[1:]),
            bonuses=no_moments(),
            reward=self.reward.init(inner_key, spec, num_envs),
        )

    def __call__(self, state: NoveltyState, paid: Paid) -> tuple[jax.Array, NoveltyState]:
        """Return the rewards with the bonus added, and the predictor a step better."""
        reward, inner = self.reward(state.reward, paid)
        entries, valid = _flat(paid.observation, state.space), paid.valid
        seen = moments_with_valid(state.observations, entries, valid)
        deviation = jnp.sqrt(variance_of(seen) + _EPSILON)
        x = jnp.clip((entries - seen.mean) / deviation, -_LIMIT, _LIMIT)
        aim = self._embedded(state.target, x)

        def loss(predictor: Any) -> tuple[jax.Array, jax.Array]:
            bonus = jnp.square(self._embedded(predictor, x) - aim).sum(-1) * valid
            return bonus.sum() / jnp.maximum(valid.sum(), 1), bonus

        gradient, bonus = jax.grad(loss, has_aux=True)(state.predictor)
        step, optimizer = self._adam.update(gradient, state.optimizer)
        learned = optax.apply_updates(state.predictor, step), optimizer
        # Adam would move even on a gradient of 0.
        predictor, optimizer = jax.tree.map(
            lambda new, old: jnp.where(valid.any(), new, old),
            learned,
            (state.predictor, state.optimizer),
        )
        bonuses = moments_with_valid(state.bonuses, bonus, valid)
        # About zero, not about their mean: the first bonuses are much alike, and would be divided
        # by next to nothing.
        mean_square = jnp.square(bonuses.mean) + bonuses.squares / jnp.maximum(bonuses.count, 1.0)
        scaled = bonus / jnp.sqrt(mean_square + _EPSILON)
        return reward + self.scale * scaled, state.replace(
            predictor=predictor,
            optimizer=optimizer,
            observations=seen,
            bonuses=bonuses,
            reward=inner,
        )

    def _embedded(self, params: Any, x: jax.Array) -> jax.Array:
        features: Any = self._network.apply(params, x)
        return jnp.asarray(features)

    @property
    def _network(self) -> _Embedding:
        return _Embedding(self.hidden, self.features)

    @property
    def _adam(self) -> optax.GradientTransformation:
        return optax.adam(self.learning_rate)


def _flat(observation: Any, space: Space) -> jax.Array:
    """Return observations as float32 vectors, shape [N, D]."""
    x = dense(observation, space)
    return x.reshape((x.shape[0], -1))
