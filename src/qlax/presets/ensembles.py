"""Agents that explore where the members of an ensemble disagree."""

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

    Each has a randomised prior, so that they disagree about what has not been seen, and learns by
    double Q-learning from a target of its own. The finished policy takes what is best by their
    mean.

    Departures: the members share no layers, since observations are a few numbers; every member
    learns from every transition, which the first paper finds to be as good as masks
    (`head.mask_probability` sets them); the priors are the second paper's.

    In bsuite's deep sea of 20 rows, where one sequence of actions among 2²⁰ is rewarded, it finds
    that sequence within 520 episodes on each of five seeds and keeps to it; ε-greedy DQN finds it
    on none (`python benchmarks/deep_sea.py`, with other widths and another target network).

    References: Osband et al. (2016), arXiv 1602.04621; Osband, Aslanides and Cassirer (2018),
    arXiv 1806.03335.
    """
    return deep(
        network=MLP(hidden=()),
        head=Ensemble(head=Scalar(), members=10, hidden=(64, 64), prior_scale=PRIOR_SCALE),
        bootstrap=Double(),
        explorer=FollowMember(),
    )
