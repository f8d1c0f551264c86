"""Agents that learn from images, sized as in their papers: for millions of Atari frames."""

from typing import Any

from qlax.agent import Agent
from qlax.bootstraps import Munchausen
from qlax.explorers import EpsilonGreedy
from qlax.heads import IQN, Dueling
from qlax.layers import Noisy
from qlax.networks import ImpalaCNN
from qlax.observations import Pixels
from qlax.optimizers import Adam
from qlax.presets.fitted import named
from qlax.replay import Prioritised
from qlax.rewards import Clipped
from qlax.schedules import Linear
from qlax.targets import Periodic


@named
def btr() -> Agent:
    """Beyond the Rainbow: Munchausen IQN on a wide residual CNN with spectral normalisation.

    Dueling noisy streams, prioritised replay and three steps are as in Rainbow; 64 environments
    and large batches are for speed. A replay of 84 × 84 images takes 8 GB.

    Departures: those of `iqn`, with the paper's 8 levels; priorities from the error of the means
    instead of the mean error of all quantiles; ε falls in a straight line, and stays at 0.01
    instead of ending halfway; the bonus is by the target network's policy instead of the online
    network's; one draw of noise serves a whole batch, and every environment acts with its own; on
    Atari, training episodes end with each life.

    Reference: Clark et al. (2024), Beyond The Rainbow, arXiv 2411.03820.
    """
    batch_size = 256
    return _pixels(
        network=ImpalaCNN(width=2, pooled=6, hidden=(), spectral_norm=True),
        head=IQN(
            quantiles=8,
            acting_quantiles=8,
            embedding=64,
            kappa=1.0,
            stream=Dueling(hidden=512, layer=Noisy(sigma=0.5)),
        ),
        bootstrap=Munchausen(alpha=0.9, temperature=0.03, floor=-1.0),
        explorer=EpsilonGreedy(epsilon=Linear(start=1.0, end=0.01, steps=2_000_000)),
        # The weights' exponent is α as well, and stays: the paper's own code found that better.
        replay=Prioritised(
            capacity=2**20, batch_size=batch_size, n_step=3, exponent=0.2, importance=0.2
        ),
        target=Periodic(period=500),
        optimizer=Adam(learning_rate=1e-4, epsilon=0.005 / batch_size, max_grad_norm=10.0),
        discount=0.997,
        num_envs=64,
        learning_starts=200_000,
        policy="online",
    )


def _pixels(**parts: Any) -> Agent:
    """Return an agent that sees images and learns from clipped rewards, as on Atari."""
    return Agent(**{"observation": Pixels(), "reward": Clipped(), **parts})
