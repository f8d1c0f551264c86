"""Which action is taken while training. One file per kind."""

from qlax.explorers.boltzmann import Boltzmann
from qlax.explorers.core import Clock, Explorer, KnowsItsPolicy, Situation
from qlax.explorers.durations import Duration, OneStep, Uniform, Zeta
from qlax.explorers.epsilon_greedy import EpsilonGreedy
from qlax.explorers.follow_member import FollowMember
from qlax.explorers.gaussian_noise import GaussianNoise
from qlax.explorers.greedy import Greedy
from qlax.explorers.upper_confidence import UpperConfidence

__all__ = [
    "Boltzmann",
    "Clock",
    "Duration",
    "EpsilonGreedy",
    "Explorer",
    "FollowMember",
    "GaussianNoise",
    "Greedy",
    "KnowsItsPolicy",
    "OneStep",
    "Situation",
    "Uniform",
    "UpperConfidence",
    "Zeta",
]
