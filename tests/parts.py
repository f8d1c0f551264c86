"""One table of every part, with a small instance of each.

The generated tests are driven from here, and `test_parts.py` fails when a part of qlax has no
row, so whoever adds a part adds its row and has it tested together with all the others.
"""

from typing import Any

from qlax import (
    bootstraps,
    explorers,
    heads,
    layers,
    memories,
    networks,
    observations,
    optimizers,
    replay,
    rewards,
    schedules,
    targets,
)

BOOTSTRAPS = (
    bootstraps.Greedy(),
    bootstraps.Double(),
    bootstraps.Sarsa(),
    bootstraps.ExpectedSarsa(),
    bootstraps.Boltzmann(temperature=0.2),
    bootstraps.Boltzmann(temperature=0.01, soft=True),
    bootstraps.Munchausen(alpha=0.5, temperature=0.02),
)

HEADS = (
    heads.Scalar(loss_function="squared"),
    # Nearly straight: where returns are random, h⁻¹ of the mean of h is not quite their mean.
    heads.Scalar(loss_function="huber", rescaling=heads.SquareRoot(epsilon=1.0)),
    heads.C51(low=-3.0, high=8.0, atoms=23),
    heads.HLGauss(low=-3.0, high=8.0, bins=22),
    heads.QuantileRegression(quantiles=8, kappa=0.1),
    heads.IQN(quantiles=8, acting_quantiles=8, embedding=4, kappa=0.1),
    heads.FQF(quantiles=8, embedding=4, knots=9, kappa=0.1),
)

RESCALINGS = (heads.Unscaled(), heads.SquareRoot(), heads.SquareRoot(epsilon=0.1))

LAYERS = (layers.Dense(), layers.Dense(kernel="sparse", sparsity=0.5), layers.Noisy(sigma=0.05))

MEMORIES = (memories.LSTM(size=32), memories.GRU(size=32))

STREAMS = (
    heads.Plain(),
    heads.Dueling(),
    heads.Dueling(hidden=32),
    heads.Plain(layer=layers.Noisy(sigma=0.05)),
)

DURATIONS = (
    explorers.OneStep(),
    explorers.Uniform(low=1, high=3),
    explorers.Zeta(exponent=2.0, longest=10),
)

EXPLORERS = (
    explorers.EpsilonGreedy(epsilon=1.0),
    explorers.EpsilonGreedy(epsilon=schedules.Linear(start=1.0, end=0.5, steps=1_000)),
    explorers.EpsilonGreedy(epsilon=1.0, spread=7.0),
    explorers.GaussianNoise(scale=1.0),
    explorers.Greedy(),
    explorers.Boltzmann(temperature=1.0),
    explorers.UpperConfidence(scale=1.0),
)

TRACES = (
    replay.LambdaReturn(decay=0.7, kind="peng"),
    replay.LambdaReturn(decay=0.7, kind="watkins"),
    replay.LambdaReturn(decay=0.7, kind="tree"),
    replay.LambdaReturn(decay=0.7, kind="retrace"),
)

# Fully corrected, as what is uncertain is otherwise learned with a bias.
LAWS = (replay.Proportional(importance=1.0), replay.Proportional(exponent=0.9, importance=1.0))

REPLAYS = (
    replay.Uniform(capacity=4_000, batch_size=32),
    replay.Latest(),
    replay.Sequences(capacity=4_000, batch_size=8, length=4),
    replay.Rollout(length=4, minibatches=2),
    replay.Prioritised(capacity=4_000, batch_size=32),
    replay.Sequences(capacity=4_000, batch_size=8, length=4, stride=2, priority=LAWS[0]),
    replay.Dyna(planning=32, states=32),
)

TARGETS = (
    targets.Periodic(period=10),
    targets.Polyak(tau=0.1),
    targets.Online(),
    targets.Averaged(target=targets.Periodic(period=10), tau=0.1),
    targets.Exchange(),
)

OPTIMIZERS = (
    optimizers.SGD(learning_rate=1.0),
    optimizers.SGD(learning_rate=schedules.Linear(start=4.0, end=0.2, steps=2_500)),
    optimizers.SGD(learning_rate=1.0, max_grad_norm=10.0),
    optimizers.Adam(learning_rate=schedules.Exponential(start=0.03, rate=0.998, end=1e-3)),
    optimizers.Adam(
        learning_rate=schedules.Exponential(start=0.03, rate=0.998, end=1e-3), max_grad_norm=1.0
    ),
    optimizers.RMSProp(learning_rate=schedules.Exponential(start=0.6, rate=0.9985, end=0.02)),
)

# Those that learn from one environment, step by step.
STREAMING_OPTIMIZERS = (
    optimizers.TraceSGD(learning_rate=0.1, trace_decay=0.5),
    optimizers.ObGD(learning_rate=0.5, trace_decay=0.9, kappa=3.0),
)

OBSERVATIONS = (observations.Raw(), observations.ScaleToBounds(), observations.Normalise())

# Those that change nothing but images, which the probes do not show.
OBSERVATIONS_OF_IMAGES = (observations.Pixels(),)

REWARDS = (
    rewards.Unchanged(),
    rewards.Clipped(low=-1.0, high=1.0),
    rewards.Multiplied(factor=0.1),
    rewards.ReplaceLast(value=1.0),
)

# Those that pay differently as they learn.
LEARNED_REWARDS = (
    rewards.Novelty(scale=0.5, features=8, hidden=(16, 16), learning_rate=1e-3),
    rewards.ScaledByReturns(discount=0.8, reward=rewards.Clipped(low=-2.0, high=2.0)),
)

NETWORKS = (
    networks.Table(bins=(8,)),
    networks.TileCoding(tilings=4, tiles=4),
    networks.MLP(hidden=(32,)),
    networks.CNN(channels=(4,), hidden=(16,)),
    networks.ImpalaCNN(channels=(4,), hidden=(16,), pooled=2, spectral_norm=True),
    networks.Residual(width=32, blocks=1),
    networks.PerKey(keys=("a", "b"), networks=(networks.MLP(hidden=(8,)), networks.Table())),
)

SCHEDULES = (
    schedules.Linear(start=1.0, end=0.1, steps=100),
    schedules.Exponential(start=1.0, rate=0.99, end=0.1),
)

BY_MODULE: dict[str, tuple[Any, ...]] = {
    "bootstraps": BOOTSTRAPS,
    "explorers": (*EXPLORERS, *DURATIONS),
    "heads": (*HEADS, *STREAMS, *RESCALINGS),
    "layers": LAYERS,
    "memories": MEMORIES,
    "networks": NETWORKS,
    "observations": (*OBSERVATIONS, *OBSERVATIONS_OF_IMAGES),
    "optimizers": (*OPTIMIZERS, *STREAMING_OPTIMIZERS),
    "replay": (*REPLAYS, *TRACES, *LAWS),
    "rewards": (*REWARDS, *LEARNED_REWARDS),
    "schedules": SCHEDULES,
    "targets": TARGETS,
}
"""Every row, by the module of qlax its class is found in."""
