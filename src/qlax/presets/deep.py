"""What the deep agents have in common, so that they differ only in the idea they are named for."""

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
    """Return a one-step DQN with a target network, sized for small tasks; any part exchanged.

    Papers tune for Atari's millions of frames. Here networks, replays and schedules are of the
    size that tasks with a few numbers as observations want, and the same for all, so that a
    comparison is of ideas. For the same reason all have what made learning quicker and steadier,
    whether their paper knew it or not: exploratory actions that are repeated, observations
    normalised as they come, and a target network that is an average and becomes the finished
    policy. What the paper of the idea sets for it (atoms, quantiles, α, n) is the paper's unless
    the agent's page says otherwise.

    An environment that has been tried fits its agents to itself: n, exploration, target network,
    schedules, sizes and the ends of C51's atoms are then the environment's. A random beginning is
    added where only noise explores. `presets.dqn(env=ENV)` is the agent that `--agent dqn` trains
    in ENV; `presets.dqn()` is the one on its page, which `--as-published` trains. A run says what
    was changed, and its `config.json` keeps it.
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
