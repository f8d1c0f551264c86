"""What a random player scores, and what counts as 1: so that tasks can be put together.

    normalised = (score − random) / (reference − random)

Of the classic tasks, `reference` is Gymnasium's `reward_threshold`, and `random` was measured:
means of uniformly random actions over 50 to 20,000 episodes with seeds from 0 up. Of Atari's games,
both are those in general use, of a random player and a human tester under random no-op starts.

Reference: Wang et al., "Dueling Network Architectures for Deep Reinforcement Learning", ICML 2016,
arXiv:1511.06581, Table 2, and Mnih et al., "Human-level control through deep reinforcement
learning", Nature 518, 2015.
"""

import functools
import re
from typing import NamedTuple


class Reference(NamedTuple):
    """The scores that are 0 and 1."""

    random: float
    good: float

    def normalised(self, score: float) -> float:
        """Return a score on the scale from random to good."""
        return (score - self.random) / (self.good - self.random)


def threshold_of(env: str) -> float | None:
    """Return the return that counts as solved in a classic task; None elsewhere."""
    known = _MEASURED.get(env)
    return None if known is None else known.good


def reference_of(env: str) -> Reference | None:
    """Return the reference scores of an environment; None where none are known."""
    known = _MEASURED.get(env)
    if known is not None:
        return known
    found = _GAME.fullmatch(env)
    return _atari().get(found["game"].lower()) if found else None


_MEASURED = {
    "CartPole-v1": Reference(22.1, 475.0),
    "Acrobot-v1": Reference(-498.5, -100.0),
    "MountainCar-v0": Reference(-200.0, -110.0),
    "LunarLander-v2": Reference(-182.1, 200.0),
    "LunarLander-v3": Reference(-182.1, 200.0),
    "FrozenLake-v1": Reference(0.015, 0.7),
    "FrozenLake8x8-v1": Reference(0.002, 0.85),
    "Taxi-v3": Reference(-776.0, 8.0),
    "Taxi-v4": Reference(-776.0, 8.0),
}
_GAME = re.compile(
    r"(?:(?:ALE|EnvPool)/)?(?P<game>[A-Z][A-Za-z]+?)(?:NoFrameskip|Deterministic)?-v[045]"
)


@functools.cache
def _atari() -> dict[str, Reference]:
    entries = (line.split() for line in _SCORES.strip().splitlines())
    return {game: Reference(float(random), float(human)) for game, random, human in entries}


_SCORES = """
alien 227.8 7127.7
amidar 5.8 1719.5
assault 222.4 742.0
asterix 210.0 8503.3
asteroids 719.1 47388.7
atlantis 12850.0 29028.1
bankheist 14.2 753.1
battlezone 2360.0 37187.5
beamrider 363.9 16926.5
berzerk 123.7 2630.4
bowling 23.1 160.7
boxing 0.1 12.1
breakout 1.7 30.5
centipede 2090.9 12017.0
choppercommand 811.0 7387.8
crazyclimber 10780.5 35829.4
defender 2874.5 18688.9
demonattack 152.1 1971.0
doubledunk -18.6 -16.4
enduro 0.0 860.5
fishingderby -91.7 -38.7
freeway 0.0 29.6
frostbite 65.2 4334.7
gopher 257.6 2412.5
gravitar 173.0 3351.4
hero 1027.0 30826.4
icehockey -11.2 0.9
jamesbond 29.0 302.8
kangaroo 52.0 3035.0
krull 1598.0 2665.5
kungfumaster 258.5 22736.3
montezumarevenge 0.0 4753.3
mspacman 307.3 6951.6
namethisgame 2292.3 8049.0
phoenix 761.4 7242.6
pitfall -229.4 6463.7
pong -20.7 14.6
privateeye 24.9 69571.3
qbert 163.9 13455.0
riverraid 1338.5 17118.0
roadrunner 11.5 7845.0
robotank 2.2 11.9
seaquest 68.4 42054.7
skiing -17098.1 -4336.9
solaris 1236.3 12326.7
spaceinvaders 148.0 1668.7
stargunner 664.0 10250.0
surround -10.0 6.5
tennis -23.8 -8.3
timepilot 3568.0 5229.2
tutankham 11.4 167.6
upndown 533.4 11693.2
venture 0.0 1187.5
videopinball 16256.9 17667.9
wizardofwor 563.5 4756.5
yarsrevenge 3092.9 54576.9
zaxxon 32.5 9173.3
"""
