"""Double Q-learning: one network chooses the action, the other evaluates it."""

from dataclasses import dataclass

from qlax.bootstraps.core import NextValues, OffPolicy
from qlax.maths.bootstrap import Backup
from qlax.maths.policies import greedy_policy


@dataclass(frozen=True, kw_only=True)
class Double(OffPolicy):
    """target = r + d · Z_target(s′, argmax_a q_online(s′, a)).

    Reference: van Hasselt, Guez and Silver (2016), arXiv 1509.06461.
    """

    def __call__(self, values: NextValues) -> Backup:
        """Put all weight on the online network's best action."""
        policy = greedy_policy(values.online_next, values.legal_next)
        return Backup(policy, ranking=values.online_next)
