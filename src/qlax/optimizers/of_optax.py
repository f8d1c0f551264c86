"""A transformation of optax in an optimiser's place."""

from typing import Any

import jax
import optax

from qlax.config import name_of_function
from qlax.errors import UsageError
from qlax.optimizers.core import MinimisesLoss
from qlax.optimizers.void_batches import paused_where_void


class OfOptax(MinimisesLoss):
    """θ ← θ + u,  u what a transformation of optax makes of the gradient, its own rate in it.

    An agent's `optimizer` may be the transformation itself, which comes to this. It is made of
    functions, of which a file can keep no more than a name: like any part of a user's own, it has
    to be given again.
    """

    learning_rate = 1.0

    def __init__(self, transform: optax.GradientTransformation) -> None:
        self.transform = transform

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OfOptax) and self.transform == other.transform

    def __hash__(self) -> int:
        return hash(self.transform)

    def __repr__(self) -> str:
        return name_of_function(self.transform.update)

    def transformation(self) -> optax.GradientTransformationExtraArgs:
        """Return the transformation with its sign turned, for the agent subtracts."""
        inner = paused_where_void(self.transform)

        def update(gradient: Any, state: Any, params: Any = None, **known: Any) -> tuple[Any, Any]:
            try:
                steps, state = inner.update(gradient, state, params, **known)
            except TypeError as error:
                raise UsageError(
                    f"The optimizer {self!r} cannot be used: its update is given gradients, state "
                    f"and parameters alone, and says {error}."
                ) from None
            return jax.tree.map(lambda step: -step, steps), state

        return optax.GradientTransformationExtraArgs(inner.init, update)


def taken_as_optimizer(given: Any) -> Any:
    """Return what an agent takes for an optimiser: a transformation of optax as `OfOptax`."""
    return OfOptax(given) if isinstance(given, optax.GradientTransformation) else given
