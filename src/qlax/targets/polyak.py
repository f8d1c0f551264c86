"""A slowly moving average of the online network."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from qlax.errors import require
from qlax.targets.core import ActsOnline
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class Polyak(ActsOnline):
    """θ⁻ ← θ⁻ + τ (θ − θ⁻) after every update.

    Reference: Polyak and Juditsky (1992); Lillicrap et al. (2016), arXiv 1509.02971.
    """

    tau: float = 0.005
    """τ in (0, 1]: the share of the online parameters taken over."""

    def __post_init__(self) -> None:
        check_types(self)
        require(0.0 < self.tau <= 1.0, "Polyak.tau", self.tau, "in (0, 1]")

    def init(self, params: Any) -> Any:
        """Return a copy."""
        return jax.tree.map(jnp.copy, params)

    def params(self, state: Any, online: Any) -> Any:  # noqa: ARG002
        """Return the average."""
        return state

    def update(self, state: Any, online: Any, updates: jax.Array) -> tuple[Any, Any]:  # noqa: ARG002
        """Move towards the online parameters."""
        return online, jax.tree.map(lambda old, new: old + self.tau * (new - old), state, online)
