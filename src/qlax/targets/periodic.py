"""A periodic copy of the online network."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from qlax.errors import require
from qlax.targets.core import ActsOnline
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class Periodic(ActsOnline):
    """θ⁻ ← θ every `period` updates.

    Reference: Mnih et al. (2015).
    """

    period: int = 500
    """Gradient updates between copies; at least 1."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.period >= 1, "Periodic.period", self.period, "at least 1")

    def init(self, params: Any) -> Any:
        """Return a copy."""
        return jax.tree.map(jnp.copy, params)

    def params(self, state: Any, online: Any) -> Any:  # noqa: ARG002
        """Return the copy."""
        return state

    def update(self, state: Any, online: Any, updates: jax.Array) -> tuple[Any, Any]:
        """Copy when the period is over."""
        due = updates % self.period == 0
        return online, jax.tree.map(lambda old, new: jnp.where(due, new, old), state, online)
