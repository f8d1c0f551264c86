"""Agents with neural networks."""

from qlax.agent import Agent
from qlax.bootstraps import Double
from qlax.explorers import EpsilonGreedy, Zeta
from qlax.heads import Scalar
from qlax.networks import MLP
from qlax.optimizers import Adam
from qlax.replay import Uniform
from qlax.schedules import Linear
from qlax.targets import Polyak


def dqn() -> Agent:
    """DQN with double Q-learning, n-step returns and exploration that persists.

    The double bootstrap is van Hasselt et al. (2016), arXiv 1509.06461; repeating exploratory
    actions is Dabney et al. (2020), arXiv 2006.01782.

    Reference: Mnih et al. (2015), Nature 518.
    """
    return Agent(
        network=MLP(hidden=(64, 64)),
        head=Scalar(loss_function="huber"),
        bootstrap=Double(),
        explorer=EpsilonGreedy(
            epsilon=Linear(start=1.0, end=0.05, steps=20_000), duration=Zeta(exponent=2.0)
        ),
        replay=Uniform(capacity=100_000, batch_size=64, n_step=5),
        target=Polyak(tau=0.005),
        optimizer=Adam(learning_rate=5e-4, max_grad_norm=10.0),
        discount=0.99,
        learning_starts=1_000,
        policy="target",
    )
