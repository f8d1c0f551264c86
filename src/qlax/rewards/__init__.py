"""From the environment's rewards to those that are learned from. One file a kind."""

from qlax.rewards.clipped import Clipped
from qlax.rewards.core import Paid, Reward, Unlearned
from qlax.rewards.multiplied import Multiplied
from qlax.rewards.novelty import Novelty
from qlax.rewards.replace_last import ReplaceLast
from qlax.rewards.scaled import ScaledByReturns
from qlax.rewards.unchanged import Unchanged

__all__ = [
    "Clipped",
    "Multiplied",
    "Novelty",
    "Paid",
    "ReplaceLast",
    "Reward",
    "ScaledByReturns",
    "Unchanged",
    "Unlearned",
]
