"""Linear agents: the Q-table and tile coding."""

from qlax.agent import Agent
from qlax.bootstraps import Greedy
from qlax.explorers import EpsilonGreedy, Uniform
from qlax.heads import Scalar
from qlax.networks import Table, TileCoding
from qlax.observations import Raw
from qlax.optimizers import SGD
from qlax.replay import Uniform as UniformReplay
from qlax.schedules import Linear
from qlax.targets import Online


def q_table() -> Agent:
    """Q-table with n-step returns, replay and persistent exploration.

    Reference: Watkins (1989).
    """
    return Agent(
        network=Table(bins=(40,)),
        head=Scalar(loss_function="squared"),
        bootstrap=Greedy(),
        explorer=EpsilonGreedy(
            epsilon=Linear(start=1.0, end=0.05, steps=30_000), duration=Uniform(low=1, high=40)
        ),
        replay=UniformReplay(capacity=50_000, batch_size=32, n_step=5),
        target=Online(),
        optimizer=SGD(learning_rate=3.0),
        observation=Raw(),
        discount=0.99,
        learning_starts=1_000,
    )


def tile_coding() -> Agent:
    """Linear Q-learning on tile coding: a table that generalises.

    Reference: Sutton and Barto (2018), 9.5.4.
    """
    return Agent(
        network=TileCoding(tilings=8, tiles=8),
        head=Scalar(loss_function="squared"),
        bootstrap=Greedy(),
        explorer=EpsilonGreedy(
            epsilon=Linear(start=1.0, end=0.05, steps=30_000), duration=Uniform(low=1, high=40)
        ),
        replay=UniformReplay(capacity=50_000, batch_size=32, n_step=5),
        target=Online(),
        optimizer=SGD(learning_rate=1.0),
        observation=Raw(),
        discount=0.99,
        learning_starts=1_000,
    )
