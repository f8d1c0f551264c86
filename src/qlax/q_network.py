"""A Q-network: observation stage, network, memory and head, applied the same everywhere."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import linen as nn

from qlax.features import SPARSE_WIDTH, Features, SparseFeatures
from qlax.heads.core import HasPrior, Head
from qlax.layers import Dense
from qlax.memories.core import Memory, fresh_where
from qlax.memories.previous import observation_in, previous_in, shown_to
from qlax.networks.core import Network
from qlax.networks.scoped import Scoped, features_of
from qlax.observations import Observation
from qlax.protocols.shapes import name_of, require_features, require_like, require_rows
from qlax.randomness import Phase, keys_for, streams_of
from qlax.spaces import Space

FEATURES = "features"
"""What the head's input is called among Flax's intermediates, where it is dense."""


class QNetwork(nn.Module):
    """Z(s, ·) = head(memory(network(observation stage(s))))."""

    observation: Observation
    network: Network | nn.Module
    memory: Memory | None
    head: Head
    space: Space
    num_actions: int
    factors: int | None = None

    @nn.compact
    def __call__(
        self, stage: Any, observation: Any, memory: Any = None, first: jax.Array | None = None
    ) -> tuple[Any, Any]:
        """Return Z(s, ·) and the memory's state after.

        Args:
            stage: What the observation stage knows.
            observation: Raw observations: [B, …], or with a memory [T, B, …], in order of time;
                with what `memories.previous.shown_to` adds, if the memory sees that.
            memory: The memory's state before the first of them, each array [B, …]; None without.
            first: Which of them begin an episode, bool, [T, B]; None without a memory.
        """
        if self.memory is None:
            features = self._features(stage, observation)
            return self._prediction(features, stage, observation), None
        assert first is not None
        length = first.shape[0]
        shown = _merged(observation)
        merged = observation_in(self.memory, shown)
        features = self._features(stage, merged)
        if isinstance(features, SparseFeatures):
            features = Dense()(features, SPARSE_WIDTH, name="embedding", hidden=True)
        previous = previous_in(self.memory, shown, self.num_actions, self.factors)
        if previous is not None:
            features = jnp.concatenate([features, previous], -1)
        ordered = _in_time(features, length)
        cell = self.memory.cell()

        def step(cell: Any, carry: Any, inputs: tuple[jax.Array, jax.Array]) -> tuple[Any, Any]:
            features, first = inputs
            memory, output = cell(fresh_where(first, carry), features)
            owner = f"{name_of(self.memory)}.cell"
            require_like(owner, memory, carry, "a state keeps its shapes and types")
            require_features(self.memory, output, len(first))
            return memory, output

        scan = nn.scan(step, variable_broadcast="params", split_rngs={"params": False})
        memory, outputs = scan(cell, memory, (ordered, first))
        flat = outputs.reshape((-1, *outputs.shape[2:]))
        return _in_time(self._prediction(flat, stage, merged), length), memory

    def fresh_params(self, key: jax.Array, stage: Any, observation: Any) -> Any:
        """Return fresh parameters, given a batch of raw observations, each array [B, …]."""
        if self.memory is None:
            return self.init(key, stage, observation)
        num_envs = jax.tree.leaves(observation)[0].shape[0]
        first = jnp.ones((1, num_envs), bool)
        known = None, None, None, self.num_actions, self.factors
        observation = shown_to(self.memory, observation, *known)
        return self.init(key, stage, _one_step(observation), self.memory.init(num_envs), first)

    def keys_for(self, phase: Phase, key: jax.Array) -> dict[str, jax.Array]:
        """Return a key for every stream of random numbers that a part draws from in a phase."""
        return keys_for(phase, streams_of((self.network, self.memory, self.head)), key)

    def _features(self, stage: Any, observation: Any) -> Features:
        return features_of(self.network, *self.observation(stage, observation, self.space))

    def _prediction(self, features: Features, stage: Any, observation: Any) -> Any:
        head = self.head
        if not isinstance(features, SparseFeatures):
            self.sow("intermediates", FEATURES, features)
        if isinstance(head, HasPrior) and head.prior_scale:
            shown, space = self.observation(stage, observation, self.space)
            own = self.network
            network = own.clone(parent=None) if isinstance(own, nn.Module) else own
            fixed = Scoped(network, space, name="prior_network")(shown)
            prediction = head.predict_with_prior(features, fixed, self.num_actions)
        else:
            prediction = head.predict(features, self.num_actions)
        rows = len(jax.tree.leaves(features)[0])
        meaning = "a prediction for each row of features"
        require_rows(f"{name_of(head)}.predict", prediction, rows, meaning)
        return prediction


class Evaluator(NamedTuple):
    """A Q-network with its parameters: what batches are evaluated with."""

    network: QNetwork
    params: Any
    """The network's Flax variables."""
    stage: Any
    """What the observation stage knows."""
    random: dict[str, jax.Array]
    """A key for each stream of random numbers that the network draws from, by its name."""

    def __call__(self, observation: Any) -> Any:
        """Return predictions of observations, [B, …], by a network without memory."""
        return self._apply(observation)[0]

    def now(
        self, observation: Any, memory: Any = None, first: jax.Array | None = None
    ) -> tuple[Any, Any]:
        """Return predictions of observations, [B, …], and the memory after, None without one.

        Args:
            observation: Each array [B, …].
            memory: The memory's state before them, if the network has a memory.
            first: Which of them begin an episode, bool, [B]; likewise.
        """
        if self.network.memory is None:
            return self(observation), None
        assert first is not None
        prediction, memory = self.unroll(_one_step(observation), memory, first[None])
        return jax.tree.map(lambda array: array[0], prediction), memory

    def unroll(self, observation: Any, memory: Any, first: jax.Array) -> tuple[Any, Any]:
        """Return predictions of observations in order, [T, B, …], and the memory after."""
        if self.network.memory is not None:
            return self._apply(observation, memory, first)
        flat = self(_merged(observation))
        return _in_time(flat, first.shape[0]), None

    def _apply(self, *inputs: Any) -> tuple[Any, Any]:
        applied: tuple[Any, Any] = self.network.apply(
            self.params, self.stage, *inputs, rngs=self.random
        )
        return applied


def _one_step(tree: Any) -> Any:
    """[B, …] → [1, B, …] in every array."""
    return jax.tree.map(lambda array: array[None], tree)


def _merged(tree: Any) -> Any:
    """[T, B, …] → [T · B, …] in every array."""
    return jax.tree.map(lambda array: array.reshape((-1, *array.shape[2:])), tree)


def _in_time(tree: Any, length: int) -> Any:
    """[T · B, …] → [T, B, …] in every array."""
    return jax.tree.map(lambda array: array.reshape((length, -1, *array.shape[1:])), tree)
