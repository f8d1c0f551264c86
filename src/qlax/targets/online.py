"""No target network."""

from dataclasses import dataclass
from typing import Any

import jax

from qlax.targets.core import ActsOnline


@dataclass(frozen=True, kw_only=True)
class Online(ActsOnline):
    """θ⁻ = θ: no target network, as in tabular Q-learning."""

    def init(self, params: Any) -> tuple[()]:  # noqa: ARG002
        """Return nothing: there is no copy to keep."""
        return ()

    def params(self, state: tuple[()], online: Any) -> Any:  # noqa: ARG002
        """Return the online parameters."""
        return online

    def update(
        self,
        state: tuple[()],
        online: Any,
        updates: jax.Array,  # noqa: ARG002
    ) -> tuple[Any, tuple[()]]:
        """Do nothing."""
        return online, state
