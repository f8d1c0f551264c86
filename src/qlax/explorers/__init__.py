"""Which action is really taken. One file a kind."""

from qlax.explorers.core import Clock, Explorer
from qlax.explorers.durations import Duration, OneStep, Uniform, Zeta
from qlax.explorers.epsilon_greedy import EpsilonGreedy
from qlax.explorers.gaussian_noise import GaussianNoise
from qlax.explorers.greedy import Greedy

__all__ = [
    "Clock",
    "Duration",
    "EpsilonGreedy",
    "Explorer",
    "GaussianNoise",
    "Greedy",
    "OneStep",
    "Uniform",
    "Zeta",
]
