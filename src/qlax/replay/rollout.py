"""No replay, many environments: their newest steps are learned from and then forgotten."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from qlax.errors import UsageError, require
from qlax.pytree import Pytree
from qlax.replay import stream
from qlax.replay.core import Batch, Seen, Step
from qlax.replay.lambda_return import LambdaReturn, check_lambda_return
from qlax.replay.sequence_batch import SequenceBatch, sequences
from qlax.replay.sizes import require_first_window
from qlax.spaces import EnvSpec
from qlax.validation import check_types


class RolloutState(Pytree):
    """The newest steps, and which of them have been learned from."""

    stream: stream.Stream
    """As many steps as one rollout has."""
    order: jax.Array
    """The environments in the order of this pass, int32, shape [N]."""
    drawn: jax.Array
    """Minibatches drawn since the newest step, int32 scalar."""


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """The newest `length` steps of all environments, cut into minibatches of whole environments.

    With `update_every` = length and `updates` = passes · minibatches every step is learned from
    `passes` times and then forgotten. A minibatch holds the whole rollouts of N / minibatches
    environments, in a new order each pass, since returns and memories run along them.

    Reference: Gallici et al. (2024), arXiv 2407.04811 (PQN).
    """

    length: int = 32
    """Steps of each environment in a rollout; at least 1."""
    minibatches: int = 4
    """Groups of environments, one a minibatch; it divides the number of environments."""
    n_step: int = 1
    """Rewards summed before bootstrapping; at least 1, shorter near the rollout's end."""
    lambda_return: LambdaReturn | None = None
    """How returns look along the rollout instead; then n_step is 1."""
    first_only: bool = False
    """Learn only from each rollout's first step: with update_every = 1 the textbook's n-step
    methods, which wait n steps and then update once."""

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("length", "minibatches", "n_step"):
            require(getattr(self, name) >= 1, f"Rollout.{name}", getattr(self, name), "at least 1")
        require(self.n_step <= self.length, "Rollout.n_step", self.n_step, f"at most {self.length}")
        require(
            self.lambda_return is None or self.n_step == 1,
            "Rollout.n_step",
            self.n_step,
            "1 with a lambda_return",
        )

    @property
    def draws_sequences(self) -> bool:
        """Yes: a memory can learn from them."""
        return True

    @property
    def uses_probability(self) -> bool:
        """Whether the explorer's probabilities must be stored."""
        return self.lambda_return is not None and self.lambda_return.uses_probability

    def check(self, agent: Any) -> None:
        """Raise `UsageError` if the rollouts cannot be cut, or some steps would be left out."""
        if agent.num_envs % self.minibatches:
            raise UsageError(
                f"Rollout.minibatches is {self.minibatches}, which does not divide the "
                f"{agent.num_envs} environments."
            )
        if agent.update_every > self.length:
            raise UsageError(
                f"Agent.update_every is {agent.update_every}, but a rollout is only {self.length} "
                "steps long: the others would never be learned from."
            )
        require_first_window(self.length, agent)
        check_lambda_return(self.lambda_return, agent)

    def init(self, seen: Seen, spec: EnvSpec) -> RolloutState:
        """Return an empty rollout, with room for one step more."""
        ring = stream.init(self.length + 2, seen, spec, probability=self.uses_probability)
        return RolloutState(ring, jnp.arange(ring.num_envs), jnp.int32(0))

    def add(self, state: RolloutState, step: Step) -> RolloutState:
        """Return the rollout with one more step of every environment, and the oldest dropped."""
        return state.replace(stream=stream.add(state.stream, step), drawn=jnp.int32(0))

    def sample(
        self, state: RolloutState, key: jax.Array, discount: jax.Array, *, next_action: bool
    ) -> tuple[SequenceBatch, RolloutState]:
        """Return the next minibatch."""
        ring, part = state.stream, state.drawn % self.minibatches
        order = jnp.where(part == 0, jax.random.permutation(key, ring.num_envs), state.order)
        size = ring.num_envs // self.minibatches
        env = jax.lax.dynamic_slice_in_dim(order, part * size, size)
        batch = sequences(
            ring,
            jnp.full(size, ring.count - self.length - next_action),
            env,
            self.length,
            discount,
            n_step=self.n_step,
            lambda_return=self.lambda_return,
            next_action=next_action,
        )
        if self.first_only:
            first = (jnp.arange(self.length) == 0)[:, None]
            batch = batch.replace(weights=batch.weights * first * self.length)
        return batch, state.replace(order=order, drawn=state.drawn + 1)

    def update_priorities(
        self,
        state: RolloutState,
        batch: Batch,  # noqa: ARG002
        error: jax.Array,  # noqa: ARG002
    ) -> RolloutState:
        """Do nothing: all steps are drawn equally often."""
        return state

    def interrupt(self, state: RolloutState) -> RolloutState:
        """Return the rollout with the newest step truncated."""
        return state.replace(stream=stream.interrupt(state.stream))
