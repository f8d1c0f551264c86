"""Expected SARSA: the mean value under the policy that explores."""

from dataclasses import dataclass
from typing import Any

from qlax.bootstraps.core import NextValues, OffPolicy
from qlax.explorers.core import require_probabilities
from qlax.maths.bootstrap import Backup


@dataclass(frozen=True, kw_only=True)
class ExpectedSarsa(OffPolicy):
    """target = r + d · Σ_a μ(a | s′) Z_target(s′, a),  μ the explorer's policy as it is now.

    SARSA without the randomness of a′. The explorer must know its probabilities: ε-greedy
    without repeats, Boltzmann or greedy.

    Reference: van Seijen et al. (2009), A Theoretical and Empirical Analysis of Expected Sarsa.
    """

    def check(self, agent: Any) -> None:
        """Raise `UsageError` if the explorer's probabilities are not known."""
        require_probabilities(agent.explorer, "ExpectedSarsa")

    def __call__(self, values: NextValues) -> Backup:
        """Weigh actions as the explorer would take them."""
        assert values.behaviour_next is not None, "`check` requires the explorer's probabilities"
        return Backup(values.behaviour_next, ranking=values.target_next)
