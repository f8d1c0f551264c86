"""What an environment is like: seen in its spaces and in a moment of random play."""

from qlax.envs.traits.half import Play
from qlax.envs.traits.play import STAGES, played
from qlax.envs.traits.summary import traits_in, traits_of
from qlax.envs.traits.traits import Episodes, Rewards, Shown, Traits

__all__ = [
    "STAGES",
    "Episodes",
    "Play",
    "Rewards",
    "Shown",
    "Traits",
    "played",
    "traits_in",
    "traits_of",
]
