"""Whose parameters bootstrap: a copy, an average, another table, the same. One file a kind."""

from qlax.targets.core import ActsOnline, Target
from qlax.targets.exchange import Exchange
from qlax.targets.online import Online
from qlax.targets.periodic import Periodic
from qlax.targets.polyak import Polyak

__all__ = ["ActsOnline", "Exchange", "Online", "Periodic", "Polyak", "Target"]
