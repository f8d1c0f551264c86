"""Numbers from further batches, which nothing is learned from."""

import functools
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qlax.agent import Agent
from qlax.compilation import quickly
from qlax.diagnostics.watching import Watching, dormant_share
from qlax.explorers import Clock
from qlax.maths.representation import effective_rank, norm
from qlax.precision import computes_in_32_bits
from qlax.replay import Batch, HasPriorities, Latest
from qlax.replay.priorities import Proportional
from qlax.states import LearnerState, TrainState

Numbers = dict[str, float | None]
"""What was found of a seed, by the names of columns; None where there is nothing to say."""
STATES = 256
"""States in which features and hidden units are looked at, where the replay has so many."""
_FEWEST = 32
"""Of fewer neither says anything."""
_STREAM = 0xD1A6
"""Keeps the keys of these batches apart from those of training."""


class _Found(NamedTuple):
    """What a program finds of a seed."""

    numbers: dict[str, jax.Array]
    """Scalars by the names of columns; NaN where there is nothing to say."""
    features: jax.Array | None
    """Of `STATES` states or fewer; None if there are too few, or features are sparse."""


@computes_in_32_bits
class Diagnoser:
    """Draws batches that are not learned from, and says how learning is.

    They are drawn as an update draws them, by keys that training does not use: what is learned
    does not depend on them, and a run that goes on from a checkpoint finds the same.
    """

    def __init__(self, agent: Agent, *, side_by_side: bool = False) -> None:
        self._agent, self._side_by_side = agent, side_by_side
        program: Any = jax.vmap(self._find) if side_by_side else self._find
        self._program: Any = jax.jit(program, compiler_options=quickly())

    def compile(self, state: TrainState) -> None:
        """Compile it, by one call: a program that was called is quickest to call again."""
        self._program(state.learner, state.replay, state.actor.clock)

    def __call__(self, state: TrainState) -> list[Numbers]:
        """Return what there is to say of each seed, after its first update."""
        found = self._program(state.learner, state.replay, state.actor.clock)
        numbers, features = jax.device_get(found)
        if not self._side_by_side:
            numbers, features = jax.tree.map(lambda array: array[None], (numbers, features))
        seeds = len(next(iter(numbers.values())))
        return [
            _columns(*jax.tree.map(lambda array, seed=seed: array[seed], (numbers, features)))
            for seed in range(seeds)
        ]

    def _find(self, learner: LearnerState, replay: Any, clock: Clock) -> _Found:
        """Return what there is to find of one seed."""
        key = jax.random.fold_in(learner.key, _STREAM)
        batch = self._batch(learner, replay, key)
        numbers = self._update(learner, batch, clock, key)
        numbers |= self._target_drift(learner) | self._priorities(replay)
        # Of a replay that draws nothing, further batches would be the same again.
        batches = math.ceil(STATES / batch.action.size)
        if isinstance(self._agent.replay, Latest):
            batches = 1
        if batches * batch.action.size < _FEWEST:
            return _Found(numbers, None)
        activity, features = jax.lax.map(
            functools.partial(self._look, learner, replay), jax.random.split(key, batches)
        )
        if activity:
            numbers["dormant_units"] = dormant_share([layer.mean(0) for layer in activity])
        if features is not None:
            features = features.reshape((-1, features.shape[-1]))
            features = features[:: len(features) // STATES or 1][:STATES]
        return _Found(numbers, features)

    def _look(
        self, learner: LearnerState, replay: Any, key: jax.Array
    ) -> tuple[list[jax.Array], jax.Array | None]:
        """Return what layers and features are in a batch: see `Watching`."""
        batch = self._batch(learner, replay, key)
        key = jax.random.fold_in(key, 1)
        watching = Watching(*self._agent.evaluator(learner.params, learner, key))
        batch.predictions(watching)
        return watching.activity(), watching.features()

    def _update(
        self, learner: LearnerState, batch: Batch, clock: Clock, key: jax.Array
    ) -> dict[str, jax.Array]:
        """Return what there is to say of an update from a batch, which is not made."""
        agent = self._agent
        objective = agent.objective(learner, batch, key, clock)
        gradient = jax.grad(objective, has_aux=True)(learner.params)[0]
        numbers = {"gradient_norm": norm(gradient)}
        if isinstance(getattr(agent.replay, "priority", None), Proportional):
            counts = batch.weight > 0
            numbers["importance_weight"] = batch.weight.sum() / counts.sum()
            numbers["importance_weight_min"] = jnp.where(counts, batch.weight, 1.0).min()
        return numbers

    def _batch(self, learner: LearnerState, replay: Any, key: jax.Array) -> Batch:
        agent = self._agent
        next_action = agent.bootstrap.uses_next_action
        return agent.replay.sample(replay, key, learner.discount, next_action=next_action)[0]

    def _target_drift(self, learner: LearnerState) -> dict[str, jax.Array]:
        """Return how far the target network is from the online one; nothing if it is the same."""
        online = learner.params
        target = self._agent.target.params(learner.target, online)
        if target is online:
            return {}
        apart = norm(jax.tree.map(jnp.subtract, online, target))
        return {"target_drift": apart / norm(online)}

    def _priorities(self, replay: Any) -> dict[str, jax.Array]:
        """Return the mean and largest priority of what can be drawn, if there are any."""
        own = self._agent.replay
        found = own.priorities(replay) if isinstance(own, HasPriorities) else None
        if found is None:
            return {}
        return {"priority": found.sum() / (found > 0).sum(), "priority_max": found.max()}


def _columns(numbers: dict[str, np.ndarray], features: np.ndarray | None) -> Numbers:
    """Return columns of a row of metrics."""
    columns: Numbers = {
        name: float(value) if np.isfinite(value) else None
        for name, value in sorted(numbers.items())
    }
    if features is not None:
        columns["effective_rank"] = effective_rank(features)
    return columns
