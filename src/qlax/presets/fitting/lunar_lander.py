"""LunarLander: what it asks of any deep agent."""

from qlax.explorers import Uniform
from qlax.observations import Raw
from qlax.presets.fitting.settings import Asked, Settings
from qlax.schedules import Linear
from qlax.targets import Polyak

# A longer horizon and short repeats of exploratory actions keep it from hovering for ever.
LUNAR_LANDER = Settings(
    steps=400_000,
    epsilon=Linear(start=1.0, end=0.02, steps=80_000),
    duration=Uniform(low=1, high=6),
    observation=Raw(),
    hidden=(128, 128),
    n_step=3,
    capacity=400_000,
    batch_size=128,
    learning_rate=(1e-3, 1e-5),
    target=Polyak(tau=0.005),
    discount=0.995,
    returns=(-300.0, 300.0),
    num_envs=8,
    updates=2,
)


def settings_of(env: str) -> Asked:
    """Return what it asks for; its variant with continuous actions nothing."""
    return Asked(LUNAR_LANDER if env == "LunarLander-v3" else None)
