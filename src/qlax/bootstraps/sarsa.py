"""SARSA: the value of the action that was taken next."""

from dataclasses import dataclass

import jax

from qlax.bootstraps.core import NextValues
from qlax.maths.bootstrap import Backup


@dataclass(frozen=True, kw_only=True)
class Sarsa:
    """target = r + d · Z_target(s′, a′),  a′ the action that was taken in s′.

    The values are those of the policy that gathered the data, exploration included. The target
    can only be made once a′ is known, so learning lags one step behind; a step that was cut has no
    a′ and is not learned from.

    Reference: Rummery and Niranjan (1994), On-line Q-learning using connectionist systems.
    """

    @property
    def uses_next_action(self) -> bool:
        """Yes."""
        return True

    def __call__(self, values: NextValues) -> Backup:
        """Put all weight on the action taken next."""
        num_actions = values.target_next.shape[-1]
        return Backup(jax.nn.one_hot(values.next_action, num_actions))
