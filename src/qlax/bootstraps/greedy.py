"""Q-learning: the best action, chosen and evaluated by the target network."""

from dataclasses import dataclass

from qlax.bootstraps.core import NextValues, OffPolicy
from qlax.maths.bootstrap import Backup
from qlax.maths.policies import greedy_policy


@dataclass(frozen=True, kw_only=True)
class Greedy(OffPolicy):
    """target = r + d · max_a Z_target(s′, a).

    Reference: Watkins (1989), Learning from Delayed Rewards; Mnih et al. (2015).
    """

    def __call__(self, values: NextValues) -> Backup:
        """Put all weight on the target network's best action."""
        policy = greedy_policy(values.target_next, values.legal_next)
        return Backup(policy, ranking=values.target_next)
