"""Atari's agents with the settings of their papers: a replay of a million and days of play.

Steps are the agent's, of four frames each. None of this was tuned by us.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from qlax.agent import Agent
from qlax.explorers import EpsilonGreedy, Greedy
from qlax.heads import C51, IQN, Dueling
from qlax.layers import Noisy
from qlax.memories import LSTM, PreviousActionAndReward
from qlax.observations import Pixels
from qlax.optimizers import Adam, RMSProp
from qlax.presets.fitting.images import NATURE_CNN
from qlax.replay import LambdaReturn, Prioritised, Proportional, Rollout, Sequences, Uniform
from qlax.rewards import Clipped
from qlax.schedules import Linear
from qlax.targets import Periodic

STEPS = 50_000_000


def _nature(agent: Agent, **parts: Any) -> Agent:
    """Mnih et al. (2015), extended data table 1; every later paper starts from it."""
    return agent.replace(
        **{
            "network": NATURE_CNN,
            "explorer": EpsilonGreedy(epsilon=Linear(start=1.0, end=0.1, steps=1_000_000)),
            "replay": Uniform(capacity=1_000_000, batch_size=32),
            "target": Periodic(period=10_000),
            # The paper sums a loss over the batch; here it is the mean, and ε smaller by 32².
            "optimizer": RMSProp(learning_rate=2.5e-4, decay=0.95, epsilon=0.01 / 32**2),
            "observation": Pixels(),
            "reward": Clipped(low=-1.0, high=1.0),
            "discount": 0.99,
            "num_envs": 1,
            "learning_starts": 50_000,
            "update_every": 4,
            "updates": 1,
            "policy": "online",
            **parts,
        }
    )


def _rainbow(agent: Agent) -> Agent:
    """Hessel et al. (2018), table 1."""
    return _nature(
        agent,
        head=C51(low=-10.0, high=10.0, stream=Dueling(hidden=512, layer=Noisy())),
        network=dataclasses.replace(NATURE_CNN, hidden=()),
        explorer=Greedy(),
        replay=Prioritised(
            capacity=1_000_000,
            batch_size=32,
            n_step=3,
            exponent=0.5,
            importance=Linear(start=0.4, end=1.0, steps=None),
        ),
        target=Periodic(period=2_000),
        optimizer=Adam(learning_rate=6.25e-5, epsilon=1.5e-4, max_grad_norm=10.0),
        learning_starts=20_000,
    )


def _iqn(agent: Agent) -> Agent:
    """Dabney et al. (2018), arXiv 1806.06923, section 4: N = N′ = 64, K = 32."""
    return _nature(
        agent,
        head=IQN(quantiles=64, acting_quantiles=32),
        explorer=EpsilonGreedy(epsilon=Linear(start=1.0, end=0.01, steps=250_000)),
        optimizer=Adam(learning_rate=5e-5, epsilon=0.01 / 32),
    )


def _r2d2(agent: Agent) -> Agent:
    """Kapturowski et al. (2019), table 2."""
    return _nature(
        agent,
        memory=PreviousActionAndReward(memory=LSTM(size=512)),
        head=dataclasses.replace(agent.head, stream=Dueling(hidden=512)),  # type: ignore[type-var]
        explorer=agent.explorer,
        replay=Sequences(
            capacity=1_000_000,
            batch_size=64,
            length=80,
            burn_in=40,
            n_step=5,
            stride=40,
            priority=Proportional(exponent=0.9, importance=0.6),
        ),
        target=Periodic(period=2_500),
        optimizer=Adam(learning_rate=1e-4, epsilon=1e-3),
        reward=agent.reward,
        discount=0.997,
        num_envs=64,
        update_every=80,
        updates=1,
    )


def _pqn(agent: Agent) -> Agent:
    """Gallici et al. (2024), arXiv 2407.04811, table 4: two epochs of 32 minibatches."""
    return _nature(
        agent,
        network=dataclasses.replace(NATURE_CNN, layer_norm=True),
        explorer=EpsilonGreedy(epsilon=Linear(start=1.0, end=0.001, steps=STEPS // 10)),
        replay=Rollout(
            length=32, minibatches=32, lambda_return=LambdaReturn(decay=0.65, kind="peng")
        ),
        target=agent.target,
        optimizer=Adam(learning_rate=2.5e-4, max_grad_norm=10.0),
        num_envs=128,
        learning_starts=128 * 32,
        update_every=32,
        updates=64,
    )


# How a named agent is changed on the games of the ALE.
PUBLISHED: dict[str, Callable[[Agent], Agent]] = {
    "dqn_nature": _nature,
    "rainbow": _rainbow,
    "iqn": _iqn,
    "r2d2": _r2d2,
    "pqn": _pqn,
}
