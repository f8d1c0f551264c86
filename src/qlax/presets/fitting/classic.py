"""Classic control and toy text: what Gymnasium's own environments ask of agents."""

from qlax.actions import Grid
from qlax.agent import Agent
from qlax.explorers import Uniform
from qlax.observations import Normalise, Raw, ScaleToBounds
from qlax.presets.fitting import toy_text
from qlax.presets.fitting.settings import Asked, Settings, Tuning
from qlax.rewards import Multiplied
from qlax.schedules import Linear
from qlax.targets import Periodic, Polyak

# What matters here, in this order: exploration that persists, returns over ten steps, a target
# network that moves seldom, a replay that forgets the first wandering, annealing.
MOUNTAIN_CAR = Settings(
    steps=42_000,
    epsilon=Linear(start=1.0, end=0.05, steps=20_000),
    duration=Uniform(low=1, high=40),
    observation=ScaleToBounds(),
    n_step=10,
    capacity=20_000,
    batch_size=32,
    learning_rate=(3e-3, 1e-4),
    max_grad_norm=None,
    target=Periodic(period=1_000),
    discount=0.985,
    returns=(-100.0, 0.0),
)

# What fails late is a slow drift to the edge: long training episodes show where it leads, and
# weights averaged over many updates hold the cart more steadily than the last ones.
CART_POLE = Settings(
    steps=50_000,
    epsilon=Linear(start=1.0, end=0.05, steps=10_000),
    observation=Normalise(),
    n_step=10,
    capacity=50_000,
    learning_rate=(1e-3, 1e-5),
    target=Polyak(tau=0.002),
    returns=(0.0, 100.0),
    time_limit=2_000,
)

# The limits of its velocities are far wider than what is seen: no scaling to them. Wandering
# finds the goal by itself, so exploratory actions need not last and one step suffices.
ACROBOT = Settings(
    steps=100_000,
    epsilon=Linear(start=1.0, end=0.05, steps=15_000),
    observation=Raw(),
    hidden=(128, 128),
    n_step=1,
    capacity=100_000,
    batch_size=128,
    learning_rate=(1e-3, 1e-4),
    target=Polyak(tau=0.005),
    policy="online",
    returns=(-100.0, 0.0),
)

# A grid of torques is enough to swing up and hold. Costs add up to hundreds: scaled to a tenth,
# they are of the size that the loss is made for.
PENDULUM = Settings(
    steps=20_000,
    epsilon=Linear(start=1.0, end=0.02, steps=5_000),
    observation=ScaleToBounds(),
    reward=Multiplied(factor=0.1),
    actions=Grid(points=9),
    n_step=1,
    capacity=20_000,
    batch_size=64,
    learning_rate=(2e-3, 1e-5),
    target=Polyak(tau=0.01),
    discount=0.98,
    returns=(-60.0, 0.0),
)

SETTINGS = {
    "Pendulum-v1": PENDULUM,
    "MountainCar-v0": MOUNTAIN_CAR,
    "CartPole-v1": CART_POLE,
    "Acrobot-v1": ACROBOT,
    **toy_text.SETTINGS,
}


def settings_of(env: str) -> Asked:
    """Return what one of these environments asks for."""
    named = {name: Tuning(tune, steps) for name, (tune, steps) in _TABLES.get(env, {}).items()}
    return Asked(SETTINGS.get(env), named)


def _as_it_is(agent: Agent) -> Agent:
    return agent


_TABLES = {
    "MountainCar-v0": {"q_table": (_as_it_is, 100_000), "tile_coding": (_as_it_is, 60_000)},
    **{env: {"q_table": (toy_text.numbered, steps)} for env, steps in toy_text.TABLE_STEPS.items()},
}
