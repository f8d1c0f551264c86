"""Whose parameters bootstrap: a copy, an average, another table, the same. One file a kind."""

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
