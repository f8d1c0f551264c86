"""Agents of several opinions, which explore where these differ."""

from qlax.agent import Agent
from qlax.bootstraps import Double
from qlax.explorers import FollowMember
from qlax.heads import Ensemble, Scalar
from qlax.networks import MLP
from qlax.presets.deep import deep
from qlax.presets.fitted import named

PRIOR_SCALE = 3.0


@named
def bootstrapped_dqn() -> Agent:
    """Bootstrapped DQN: ten value functions, of which one is followed for a whole episode.

    Each has a randomised prior, so that they disagree about what none has seen, and double
    Q-learning with its own target. The finished policy takes what is best by their mean.

    Departures: ten members with a hidden layer each behind nothing that they share, since
    observations are a few numbers; every member learns from every transition, which the first
    paper finds as good as masks: `head.mask_probability` has them.

    In bsuite's deep sea of 20 rows, where one sequence of actions among 2²⁰ is rewarded, it finds
    that within 520 episodes on each of five seeds and keeps to it. ε-greedy DQN does so on none
    (`python benchmarks/deep_sea.py`, which sets the target network's period and the widths).

    References: Osband et al. (2016), arXiv 1602.04621; Osband, Aslanides and Cassirer (2018),
    arXiv 1806.03335.
    """
    return deep(
        network=MLP(hidden=()),
        head=Ensemble(head=Scalar(), members=10, hidden=(64,), prior_scale=PRIOR_SCALE),
        bootstrap=Double(),
        explorer=FollowMember(),
    )
