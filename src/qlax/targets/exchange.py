"""Two tables that take turns: the original double Q-learning."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from qlax.errors import UsageError
from qlax.heads import Plain, Scalar, Unscaled
from qlax.networks import Table, TileCoding
from qlax.optimizers import SGD


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """(θ, θ⁻) ← (θ⁻, θ) after an update, or not: a fair coin decides. Equal at first.

    With the `Double` bootstrap this is double Q-learning: either of two tables A and B is equally
    likely to be updated, and moves towards r + γ q_B(s′, argmax_a q_A(s′, a)). Actions are chosen
    by the mean of both. The coin is a function of the number of updates alone.

    Reference: van Hasselt (2010), Double Q-learning.
    """

    def check(self, agent: Any) -> None:
        """Raise `UsageError` unless two sets of parameters can be averaged, and change places."""
        head = agent.head
        linear = (
            isinstance(agent.network, Table | TileCoding)
            and agent.memory is None
            and isinstance(head, Scalar)
            and isinstance(head.stream, Plain)
            and isinstance(head.rescaling, Unscaled)
        )
        if not linear:
            raise UsageError(
                "Exchange acts by the mean of two tables, so it needs a Table or TileCoding as the "
                "network, heads.Scalar(stream=heads.Plain()) without rescaling as the head, and no "
                "memory: the mean of two deep networks is not a network of the mean values."
            )
        if not isinstance(agent.optimizer, SGD):
            raise UsageError(
                "Exchange swaps two tables between updates, so it needs optimizers.SGD: what "
                f"{type(agent.optimizer).__name__} remembers of one would be applied to the other."
            )

    def init(self, params: Any) -> Any:
        """Return the other table: a copy."""
        return jax.tree.map(jnp.copy, params)

    def params(self, state: Any, online: Any) -> Any:  # noqa: ARG002
        """Return the other table."""
        return state

    def acting_params(self, state: Any, online: Any) -> Any:
        """Return the mean of both."""
        return jax.tree.map(lambda other, one: (other + one) / 2, state, online)

    def update(self, state: Any, online: Any, updates: jax.Array) -> tuple[Any, Any]:
        """Toss the coin that decides which of the two is updated next."""
        swap = jax.random.bernoulli(jax.random.fold_in(jax.random.key(0), updates))

        def picked(kept: Any, swapped: Any) -> Any:
            return jax.tree.map(lambda a, b: jnp.where(swap, b, a), kept, swapped)

        return picked(online, state), picked(state, online)
