"""An average of parameters for the finished policy, beside the target that bootstraps."""

from dataclasses import dataclass, field
from typing import Any

import jax

from qlax.errors import UsageError, require
from qlax.pytree import Pytree
from qlax.targets.core import Target
from qlax.targets.exchange import Exchange
from qlax.targets.periodic import Periodic
from qlax.targets.polyak import Polyak
from qlax.validation import check_types


class AveragedState(Pytree):
    """The inner target's state, and the average."""

    inside: Any
    average: Any


@dataclass(frozen=True, kw_only=True)
class Averaged:
    """θ̄ ← θ̄ + τ (θ − θ̄) after every update, for the finished policy alone.

    Learning uses the inner target. With `Agent(policy="target")` the finished policy has θ̄. Where
    two actions have nearly the same value, the better one changes from update to update, and the
    newest parameters may be a poor sample.

    Reference: Polyak and Juditsky (1992); Izmailov et al. (2018), arXiv 1803.05407; for what is
    best from update to update, Schaul et al. (2022), arXiv 2206.00730.
    """

    target: Target = field(default_factory=Periodic)
    """The inner target, which bootstraps: `Periodic`, `Polyak` or `Online`."""
    tau: float = 0.001
    """τ in (0, 1]: the share of the online parameters taken over, so about 1 / τ updates count."""

    def __post_init__(self) -> None:
        check_types(self)
        require(0.0 < self.tau <= 1.0, "Averaged.tau", self.tau, "in (0, 1]")
        if isinstance(self.target, Exchange | Averaged):
            raise UsageError(
                f"Averaged.target must be Periodic, Polyak or Online, not {self.target!r}: "
                "that averages already."
            )

    def init(self, params: Any) -> AveragedState:
        """Return the inner target's state, and a copy of the parameters."""
        return AveragedState(self.target.init(params), self._mean.init(params))

    def params(self, state: AveragedState, online: Any) -> Any:
        """Return the parameters that the inner target bootstraps from."""
        return self.target.params(state.inside, online)

    def acting_params(self, state: AveragedState, online: Any) -> Any:
        """Return the parameters that the inner target acts with."""
        return self.target.acting_params(state.inside, online)

    def finished_params(self, state: AveragedState) -> Any:
        """Return the average."""
        return state.average

    def update(
        self, state: AveragedState, online: Any, updates: jax.Array
    ) -> tuple[Any, AveragedState]:
        """Update the inner target and the average."""
        online, inside = self.target.update(state.inside, online, updates)
        _, average = self._mean.update(state.average, online, updates)
        return online, AveragedState(inside, average)

    @property
    def _mean(self) -> Polyak:
        return Polyak(tau=self.tau)
