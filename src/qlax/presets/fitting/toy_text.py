"""Toy text, whose states are numbered: what it asks of deep agents and of the table."""

import dataclasses
from typing import Any

from qlax.agent import Agent
from qlax.explorers import EpsilonGreedy
from qlax.observations import Raw
from qlax.presets.fitting.settings import Settings
from qlax.schedules import Linear
from qlax.targets import Polyak

# A state is a column of zeros with a single one: nothing to scale. Chance and wandering find the
# goal by themselves, and where moves slip, several steps' rewards are more noise than news.
CLIFF_WALKING = Settings(
    steps=50_000,
    epsilon=Linear(start=1.0, end=0.05, steps=20_000),
    observation=Raw(),
    n_step=1,
    capacity=50_000,
    learning_rate=(1e-3, 1e-5),
    target=Polyak(tau=0.005),
    returns=(-200.0, 0.0),
)
TAXI = dataclasses.replace(CLIFF_WALKING, returns=(-200.0, 20.0))
# On ice no two episodes are alike: a memory that learns from one often learns its chances by heart.
FROZEN_LAKE = dataclasses.replace(CLIFF_WALKING, sequences=2, returns=(0.0, 1.0))

SETTINGS = {
    "FrozenLake-v1": FROZEN_LAKE,
    "CliffWalking-v1": CLIFF_WALKING,
    "Taxi-v3": TAXI,
    "Taxi-v4": TAXI,
}

# Environment steps that the table trains for.
TABLE_STEPS = {
    "FrozenLake-v1": 100_000,
    "CliffWalking-v1": 50_000,
    "Taxi-v3": 50_000,
    "Taxi-v4": 50_000,
}


def numbered(agent: Agent) -> Agent:
    """Return the table's agent for them: exploratory actions last one step, returns take one."""
    replay: Any = agent.replay
    return agent.replace(
        explorer=EpsilonGreedy(epsilon=CLIFF_WALKING.epsilon),
        replay=dataclasses.replace(replay, n_step=1),
    )
