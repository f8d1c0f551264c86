"""One table of every part, with a small instance of each.

The generated tests are driven from here, and `test_parts.py` fails when a part of qlax has no
row, so whoever adds a part adds its row and has it tested together with all the others.
"""

from typing import Any

from qlax import (
    bootstraps,
    explorers,
    heads,
    networks,
    observations,
    optimizers,
    replay,
    rewards,
    schedules,
    targets,
)

BOOTSTRAPS = (bootstraps.Greedy(), bootstraps.Double())

HEADS = (heads.Scalar(loss_function="squared"), heads.Scalar(loss_function="huber"))

STREAMS = (heads.Plain(), heads.Dueling(), heads.Dueling(hidden=16))

DURATIONS = (
    explorers.OneStep(),
    explorers.Uniform(low=1, high=3),
    explorers.Zeta(exponent=2.0, longest=10),
)

EXPLORERS = (
    *(explorers.EpsilonGreedy(epsilon=1.0, duration=duration) for duration in DURATIONS),
    explorers.EpsilonGreedy(epsilon=schedules.Linear(start=1.0, end=0.5, steps=1_000)),
    explorers.GaussianNoise(scale=1.0),
    explorers.Greedy(),
)

REPLAYS = (
    replay.Uniform(capacity=4_000, batch_size=32, n_step=1),
    replay.Uniform(capacity=4_000, batch_size=32, n_step=3),
    replay.Latest(n_step=1),
    replay.Latest(n_step=3),
)

TARGETS = (targets.Periodic(period=10), targets.Polyak(tau=0.1), targets.Online())

OPTIMIZERS = (
    optimizers.SGD(learning_rate=1.0),
    optimizers.SGD(learning_rate=schedules.Linear(start=4.0, end=0.2, steps=2_500)),
    optimizers.SGD(learning_rate=1.0, max_grad_norm=10.0),
    optimizers.Adam(learning_rate=schedules.Exponential(start=0.03, rate=0.998, end=1e-3)),
    optimizers.Adam(
        learning_rate=schedules.Exponential(start=0.03, rate=0.998, end=1e-3), max_grad_norm=1.0
    ),
)

OBSERVATIONS = (observations.Raw(), observations.ScaleToBounds())

REWARDS = (rewards.Unchanged(), rewards.Clipped(low=-1.0, high=1.0), rewards.ReplaceLast(value=1.0))

NETWORKS = (
    networks.Table(bins=(8,)),
    networks.TileCoding(tilings=4, tiles=4),
    networks.MLP(hidden=(32,)),
)

SCHEDULES = (
    schedules.Linear(start=1.0, end=0.1, steps=100),
    schedules.Exponential(start=1.0, rate=0.99, end=0.1),
)

BY_MODULE: dict[str, tuple[Any, ...]] = {
    "bootstraps": BOOTSTRAPS,
    "explorers": (*EXPLORERS, *DURATIONS),
    "heads": (*HEADS, *STREAMS),
    "networks": NETWORKS,
    "observations": OBSERVATIONS,
    "optimizers": OPTIMIZERS,
    "replay": REPLAYS,
    "rewards": REWARDS,
    "schedules": SCHEDULES,
    "targets": TARGETS,
}
"""Every row, by the module of qlax its class is found in."""
