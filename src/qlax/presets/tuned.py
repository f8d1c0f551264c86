"""What the named agents are given on environments that we have tried them on."""

from collections.abc import Callable

from qlax.agent import Agent
from qlax.explorers import EpsilonGreedy, Uniform
from qlax.networks import MLP
from qlax.optimizers import Adam
from qlax.replay import Uniform as UniformReplay
from qlax.schedules import Linear

Tune = Callable[[Agent], Agent]


def _dqn_mountain_car(agent: Agent) -> Agent:
    return agent.replace(
        network=MLP(hidden=(32, 32)),
        explorer=EpsilonGreedy(
            epsilon=Linear(start=1.0, end=0.05, steps=30_000), duration=Uniform(low=1, high=40)
        ),
        replay=UniformReplay(capacity=60_000, batch_size=32, n_step=10),
        optimizer=Adam(learning_rate=Linear(start=3e-3, end=1e-4, steps=60_000)),
    )


# (environment, agent): how the preset is changed there, and for how many steps it trains.
TUNED: dict[tuple[str, str], tuple[Tune, int]] = {
    ("MountainCar-v0", "dqn"): (_dqn_mountain_car, 60_000),
}

# The agent that `qlax train ENV` takes where none is named.
DEFAULT_AGENT = "dqn"
DEFAULT_STEPS = 100_000
