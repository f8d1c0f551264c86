"""Whose parameters bootstrap: a copy now and then, a slow average, or the network itself."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from qlax.errors import require
from qlax.validation import check_types


@runtime_checkable
class Target(Protocol):
    """Keeps the parameters that targets are computed with."""

    def init(self, params: Any) -> Any:
        """Return the target's state for freshly made parameters."""
        ...

    def params(self, state: Any, online: Any) -> Any:
        """Return the parameters to bootstrap from."""
        ...

    def update(self, state: Any, online: Any, updates: jax.Array) -> Any:
        """Return the state after gradient update number `updates` (counted from 1)."""
        ...


@dataclass(frozen=True, kw_only=True)
class Periodic:
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

    def update(self, state: Any, online: Any, updates: jax.Array) -> Any:
        """Copy when the period is over."""
        due = updates % self.period == 0
        return jax.tree.map(lambda old, new: jnp.where(due, new, old), state, online)


@dataclass(frozen=True, kw_only=True)
class Polyak:
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

    def update(self, state: Any, online: Any, updates: jax.Array) -> Any:  # noqa: ARG002
        """Move towards the online parameters."""
        return jax.tree.map(lambda old, new: old + self.tau * (new - old), state, online)


@dataclass(frozen=True, kw_only=True)
class Online:
    """θ⁻ = θ: no target network, as in tabular Q-learning."""

    def init(self, params: Any) -> tuple[()]:  # noqa: ARG002
        """Return nothing: there is no copy to keep."""
        return ()

    def params(self, state: tuple[()], online: Any) -> Any:  # noqa: ARG002
        """Return the online parameters."""
        return online

    def update(self, state: tuple[()], online: Any, updates: jax.Array) -> tuple[()]:  # noqa: ARG002
        """Do nothing."""
        return state
