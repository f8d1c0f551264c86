"""Target networks: a copy, an average, a second table, or none. One file a kind."""

from qlax.targets.averaged import Averaged
from qlax.targets.core import ActsOnline, FinishesApart, Target
from qlax.targets.exchange import Exchange
from qlax.targets.online import Online
from qlax.targets.periodic import Periodic
from qlax.targets.polyak import Polyak

__all__ = [
    "ActsOnline",
    "Averaged",
    "Exchange",
    "FinishesApart",
    "Online",
    "Periodic",
    "Polyak",
    "Target",
]
