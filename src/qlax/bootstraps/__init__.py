"""Bootstraps: what the target assumes about the next action. One file a kind."""

from qlax.bootstraps.boltzmann import Boltzmann
from qlax.bootstraps.core import Bootstrap, NextValues
from qlax.bootstraps.double import Double
from qlax.bootstraps.expected_sarsa import ExpectedSarsa
from qlax.bootstraps.greedy import Greedy
from qlax.bootstraps.munchausen import Munchausen
from qlax.bootstraps.sarsa import Sarsa

__all__ = [
    "Boltzmann",
    "Bootstrap",
    "Double",
    "ExpectedSarsa",
    "Greedy",
    "Munchausen",
    "NextValues",
    "Sarsa",
]
