"""Agents with a memory."""

from qlax.agent import Agent
from qlax.bootstraps import Double
from qlax.explorers import EpsilonGreedy
from qlax.heads import Dueling, Scalar, SquareRoot
from qlax.memories import LSTM
from qlax.networks import MLP
from qlax.presets.deep import CAPACITY, deep
from qlax.presets.fitted import named
from qlax.replay import Proportional, Sequences


@named
def drqn() -> Agent:
    """DRQN: a DQN with an LSTM, trained on sequences.

    Departures: sequences begin with the memory's stored state instead of zeros, and have 16 steps
    instead of 10. As in the paper, the memory sees observations alone, no actions and rewards.

    Reference: Hausknecht and Stone (2015), arXiv 1507.06527.
    """
    return deep(
        network=MLP(hidden=(64,)),
        memory=LSTM(size=64),
        replay=Sequences(capacity=CAPACITY, batch_size=8, length=16),
    )


@named
def r2d2() -> Agent:
    """R2D2: prioritised sequences, stored states, burn-in, five steps, rescaled values, many ε.

    Departures: 8 actors in one program instead of 256 on many machines; sequences of 16 steps
    after 8 of burn-in instead of 80 after 40; γ is 0.99 instead of 0.997; the memory is not told
    the previous action and reward, as the paper's is:
    `memory=PreviousActionAndReward(memory=LSTM(size=64))` tells it, and on Atari it is told.

    Reference: Kapturowski et al. (2019), Recurrent Experience Replay in Distributed Reinforcement
    Learning.
    """
    return deep(
        network=MLP(hidden=(64,)),
        memory=LSTM(size=64),
        head=Scalar(stream=Dueling(hidden=64), rescaling=SquareRoot()),
        bootstrap=Double(),
        explorer=EpsilonGreedy(epsilon=0.4, spread=7.0),
        replay=Sequences(
            capacity=CAPACITY,
            batch_size=16,
            length=16,
            burn_in=8,
            n_step=5,
            stride=4,
            priority=Proportional(exponent=0.9, importance=0.6),
        ),
        num_envs=8,
        updates=2,
    )
