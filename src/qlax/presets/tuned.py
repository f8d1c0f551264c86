"""What the named agents are given on environments that we have tried them on."""

from collections.abc import Callable

from qlax.agent import Agent
from qlax.explorers import EpsilonGreedy, Uniform
from qlax.networks import CNN, MLP
from qlax.observations import Raw, ScaleToBounds
from qlax.optimizers import Adam
from qlax.replay import Prioritised, Rollout, Traces
from qlax.replay import Uniform as UniformReplay
from qlax.schedules import Linear
from qlax.targets import Periodic, Polyak

Tune = Callable[[Agent], Agent]


def _dqn_mountain_car(agent: Agent) -> Agent:
    # What matters here, in this order: exploration that persists, returns over ten steps, a
    # target network that moves seldom, a replay that forgets the first wandering, annealing.
    return agent.replace(
        explorer=EpsilonGreedy(
            epsilon=Linear(start=1.0, end=0.05, steps=20_000), duration=Uniform(low=1, high=40)
        ),
        observation=ScaleToBounds(),
        replay=UniformReplay(capacity=20_000, batch_size=32, n_step=10),
        target=Periodic(period=1_000),
        discount=0.985,
        policy="online",
        optimizer=Adam(learning_rate=Linear(start=3e-3, end=1e-4, steps=42_000)),
    )


def _as_it_is(agent: Agent) -> Agent:
    return agent


def _dqn_cart_pole(agent: Agent) -> Agent:
    # What fails late is a slow drift to the edge: long training episodes show where it leads, and
    # weights averaged over many updates hold the cart more steadily than the last ones.
    return agent.replace(
        time_limit=2_000,
        target=Polyak(tau=0.002),
        observation=ScaleToBounds(),
        explorer=EpsilonGreedy(epsilon=Linear(start=1.0, end=0.05, steps=10_000)),
        replay=UniformReplay(capacity=50_000, batch_size=64, n_step=10),
        optimizer=Adam(
            learning_rate=Linear(start=1e-3, end=1e-5, steps=50_000), max_grad_norm=10.0
        ),
    )


def _dqn_acrobot(agent: Agent) -> Agent:
    # The limits of its velocities are far wider than what is seen: no scaling to them. Wandering
    # finds the goal by itself, so exploratory actions need not last and one step suffices.
    return agent.replace(
        network=MLP(hidden=(128, 128)),
        explorer=EpsilonGreedy(epsilon=Linear(start=1.0, end=0.05, steps=15_000)),
        replay=UniformReplay(capacity=100_000, batch_size=128),
        observation=Raw(),
        optimizer=Adam(
            learning_rate=Linear(start=1e-3, end=1e-4, steps=100_000), max_grad_norm=10.0
        ),
        policy="online",
    )


def _dqn_lunar_lander(agent: Agent) -> Agent:
    # A longer horizon and short repeats of exploratory actions keep it from hovering for ever.
    return agent.replace(
        network=MLP(hidden=(128, 128)),
        explorer=EpsilonGreedy(
            epsilon=Linear(start=1.0, end=0.02, steps=80_000), duration=Uniform(low=1, high=6)
        ),
        replay=UniformReplay(capacity=400_000, batch_size=128, n_step=3),
        observation=Raw(),
        optimizer=Adam(
            learning_rate=Linear(start=1e-3, end=1e-5, steps=100_000), max_grad_norm=10.0
        ),
        discount=0.995,
        num_envs=8,
        updates=2,
    )


MINATAR_STEPS = 1_000_000


def _minatar(agent: Agent) -> Agent:
    # One update of batch 32 for every four frames, as on Atari; eight games at a time share the
    # way into the compiled program and back.
    return agent.replace(
        network=CNN(),
        observation=Raw(),
        explorer=EpsilonGreedy(epsilon=Linear(start=1.0, end=0.02, steps=100_000)),
        replay=UniformReplay(capacity=100_000, batch_size=32, n_step=3),
        target=Periodic(period=1_000),
        optimizer=Adam(learning_rate=2.5e-4, epsilon=1e-5, max_grad_norm=10.0),
        learning_starts=5_000,
        num_envs=8,
        updates=2,
        policy="online",
    )


def _rainbow_minatar(agent: Agent) -> Agent:
    return _minatar(agent).replace(
        explorer=agent.explorer,
        replay=Prioritised(capacity=100_000, batch_size=32, n_step=3, exponent=0.5),
    )


def _pqn_minatar(agent: Agent) -> Agent:
    return agent.replace(
        network=CNN(layer_norm=True),
        observation=Raw(),
        explorer=EpsilonGreedy(epsilon=Linear(start=1.0, end=0.05, steps=MINATAR_STEPS // 10)),
        replay=Rollout(length=32, minibatches=16, traces=Traces(decay=0.65, kind="peng")),
        optimizer=Adam(
            learning_rate=Linear(start=5e-4, end=5e-5, steps=MINATAR_STEPS // 64),
            max_grad_norm=10.0,
        ),
        num_envs=64,
        learning_starts=64 * 32,
        update_every=32,
        updates=32,
    )


_MINATAR = {
    "dqn": _minatar,
    "m_iqn": _minatar,
    "rainbow": _rainbow_minatar,
    "pqn": _pqn_minatar,
}
_MINATAR_GAMES = ("Asterix", "Breakout", "Freeway", "Seaquest", "SpaceInvaders")

# (environment, agent): how the preset is changed there, and for how many steps it trains.
TUNED: dict[tuple[str, str], tuple[Tune, int]] = {
    ("MountainCar-v0", "dqn"): (_dqn_mountain_car, 42_000),
    ("MountainCar-v0", "q_table"): (_as_it_is, 100_000),
    ("MountainCar-v0", "tile_coding"): (_as_it_is, 60_000),
    ("CartPole-v1", "dqn"): (_dqn_cart_pole, 50_000),
    ("Acrobot-v1", "dqn"): (_dqn_acrobot, 100_000),
    ("LunarLander-v3", "dqn"): (_dqn_lunar_lander, 400_000),
    **{
        (f"MinAtar/{game}-v1", name): (tune, MINATAR_STEPS)
        for game in _MINATAR_GAMES
        for name, tune in _MINATAR.items()
    },
}

# The agent that `qlax train ENV` takes where none is named.
DEFAULT_AGENT = "dqn"
DEFAULT_STEPS = 100_000
