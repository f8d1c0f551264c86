"""Linear agents: the Q-table and tile coding."""

from qlax.agent import Agent
from qlax.bootstraps import Greedy
from qlax.explorers import EpsilonGreedy, Uniform
from qlax.heads import Scalar
from qlax.networks import Network, Table, TileCoding
from qlax.observations import Raw
from qlax.optimizers import SGD
from qlax.presets.fitted import named
from qlax.replay import Uniform as UniformReplay
from qlax.schedules import Linear, Schedule
from qlax.targets import Online


@named
def q_table() -> Agent:
    """Q-table with n-step returns, replay and persistent exploration.

    Reference: Watkins (1989).
    """
    return _linear(Table(bins=(30,)), Linear(start=8.0, end=1.0, steps=100_000))


@named
def tile_coding() -> Agent:
    """Linear Q-learning on tile coding: a table that generalises.

    Reference: Sutton and Barto (2018), 9.5.4.
    """
    return _linear(TileCoding(tilings=8, tiles=16), Linear(start=2.0, end=0.2, steps=60_000))


def _linear(network: Network, learning_rate: Schedule) -> Agent:
    """Return an agent that learns the entries of a table from replayed n-step returns.

    Learning rates above 1 are right here: the loss is a mean over 32 transitions, most of which
    have different entries, so each entry moves by a thirty-second of the rate.
    """
    return Agent(
        network=network,
        head=Scalar(loss_function="squared"),
        bootstrap=Greedy(),
        explorer=EpsilonGreedy(
            epsilon=Linear(start=1.0, end=0.05, steps=30_000), duration=Uniform(low=1, high=40)
        ),
        replay=UniformReplay(capacity=20_000, batch_size=32, n_step=10),
        target=Online(),
        optimizer=SGD(learning_rate=learning_rate),
        observation=Raw(),
        discount=0.99,
        learning_starts=1_000,
    )
