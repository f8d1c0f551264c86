"""Softmax targets, with and without entropy: better actions count more."""

from dataclasses import dataclass

from qlax.bootstraps.core import NextValues, OffPolicy
from qlax.errors import require
from qlax.maths.bootstrap import Backup
from qlax.maths.policies import log_softmax_policy, softmax_policy
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class Boltzmann(OffPolicy):
    """target = r + d · Σ_a π(a) [Z_target(s′, a) − e(a)],  π(a) ∝ exp(q_target(s′, a) / τ).

    With `soft`, e(a) = τ log π(a), and the sum is τ log Σ_a exp(q / τ): soft Q-learning, which
    values entropy. Without, e = 0: less overestimation than with a maximum.

    References: Haarnoja et al. (2017), arXiv 1702.08165, for the soft target; Song, Parr and Carin
    (2019), arXiv 1812.00456, for the other.
    """

    temperature: float = 0.1
    """τ > 0, in units of return; towards 0 it becomes `Greedy`."""
    soft: bool = False
    """Whether the policy's entropy is part of the value."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.temperature > 0.0, "Boltzmann.temperature", self.temperature, "greater than 0")

    def __call__(self, values: NextValues) -> Backup:
        """Weigh actions by the softmax of the target network's values."""
        inputs = values.target_next, self.temperature, values.legal_next
        cost = self.temperature * log_softmax_policy(*inputs) if self.soft else None
        return Backup(softmax_policy(*inputs), cost)
