"""What all deep agents share, so that they differ only in the idea they are named for."""

from typing import Any

from qlax.agent import Agent
from qlax.bootstraps import Greedy
from qlax.explorers import EpsilonGreedy, Zeta
from qlax.heads import Scalar
from qlax.networks import MLP
from qlax.observations import Normalise
from qlax.optimizers import Adam
from qlax.replay import Uniform
from qlax.schedules import Linear
from qlax.targets import Polyak

EXPLORATION_STEPS = 20_000
BATCH_SIZE = 64
CAPACITY = 100_000


def deep(**parts: Any) -> Agent:
    """Return a one-step DQN with a target network, sized for small tasks; `parts` replace its own.

    Papers tune agents for millions of Atari frames. Here networks, replays and schedules are sized
    for tasks whose observations are a few numbers, and they are the same for every agent, so that
    comparisons are of ideas. For the same reason they share what makes learning faster and
    steadier, whether or not their papers have it: repeated exploratory actions, observations
    normalised by running statistics, and an averaged target network, which becomes the finished
    policy. What a paper sets for its own idea (atoms, quantiles, α, n) is the paper's. An agent's
    page says where it differs from either.

    In an environment that we have tried, agents are fitted to it: n, exploration, target network,
    schedules, sizes and the ends of C51's atoms are then the environment's, and an agent that
    explores by noise alone begins at random. `presets.dqn(env=ENV)` is the agent that `--agent dqn`
    trains in ENV; `presets.dqn()` is the one on its page, which `--as-published` trains. A run
    prints what was changed, and its `config.json` keeps it.
    """
    return Agent(
        **{
            "network": MLP(hidden=(64, 64)),
            "head": Scalar(loss_function="huber"),
            "bootstrap": Greedy(),
            "explorer": EpsilonGreedy(
                epsilon=Linear(start=1.0, end=0.05, steps=EXPLORATION_STEPS),
                duration=Zeta(exponent=2.0),
            ),
            "replay": Uniform(capacity=CAPACITY, batch_size=BATCH_SIZE),
            "target": Polyak(tau=0.005),
            "optimizer": Adam(learning_rate=5e-4, max_grad_norm=10.0),
            "observation": Normalise(),
            "discount": 0.99,
            "learning_starts": 1_000,
            "policy": "target",
            **parts,
        }
    )
