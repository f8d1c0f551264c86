"""One table of every part: a small instance of each, and all that the generated tests need of it.

The tests of `test_parts.py` and `test_construction.py` and the pairs of `probes/` are driven from
here. They fail when a part of qlax has no row, or a number no range, so whoever adds a part adds
its row and has it tested together with all the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qlax import (
    actions,
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
from tests.probes import fixed_points
from tests.probes.fixed_points import FixedPoint


@dataclass(frozen=True)
class Row:
    """A part and what is known of it."""

    part: Any
    refused: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """Values out of range, by field: one row of a class has them for all of its rows."""
    any_value: tuple[str, ...] = ()
    """Numeric fields in which every finite number is right."""
    in_pairs: bool = True
    """Whether it is trained on the probes; else the tests in the folder of its kind train it."""

    # Of bootstraps.
    fixed_point: FixedPoint = fixed_points.optimal
    """What its values converge to under an explorer that draws every action alike."""
    on_policy: bool = False
    """Whether values are those of the policy that gathers the data."""
    averages: bool = False
    """Whether the value of an action that is never tried counts in a mean."""

    # Of explorers and durations.
    tries_everything: bool = False
    """Whether every action keeps being tried."""
    uniform: bool = False
    """Whether every action is drawn alike, at every step."""

    together: Mapping[str, Any] = field(default_factory=dict)
    """What it cannot do without, as fields of the agent."""

    # Of replays.
    takes_actions_for_its_own: bool = False
    """Whether returns over several steps leave uncorrected that another policy acted."""
    masks: bool = True
    """Whether it can hold which actions are legal."""
    training: Mapping[str, int] = field(default_factory=dict)
    """How often to learn from it, as fields of the agent."""
    replays_surprises: bool = False
    """Whether it replays first what surprised the agent most, which moves a network far."""

    # Of whatever has parameters.
    learns: str = "by SGD"
    """The slowest part decides: "by SGD", "by fast Adam" or "by Adam"."""


def _rows(*entries: Any) -> tuple[Row, ...]:
    return tuple(entry if isinstance(entry, Row) else Row(entry) for entry in entries)


NEGATIVE_OR_NONE = (-1.0, 0.0)

BOOTSTRAPS = _rows(
    bootstraps.Greedy(),
    bootstraps.Double(),
    Row(bootstraps.Sarsa(), fixed_point=fixed_points.uniform, on_policy=True),
    Row(bootstraps.ExpectedSarsa(), fixed_point=fixed_points.uniform, on_policy=True),
    Row(
        bootstraps.Boltzmann(temperature=0.2),
        refused={"temperature": (0.0, -1.0)},
        fixed_point=fixed_points.softmax(0.2),
        averages=True,
    ),
    Row(bootstraps.Boltzmann(temperature=0.01, soft=True), fixed_point=fixed_points.soft(0.01)),
    Row(
        bootstraps.Munchausen(alpha=0.5, temperature=0.02),
        refused={"alpha": (-0.1, 1.1), "temperature": (0.0,), "floor": (0.1,)},
        fixed_point=fixed_points.munchausen(alpha=0.5, temperature=0.02, floor=-1.0),
    ),
)

_QUANTILES = {"quantiles": (0,), "kappa": (-0.1,), "risk": (0.0, 1.1)}

HEADS = _rows(
    heads.Scalar(loss_function="squared"),
    # Nearly straight: where returns are random, h⁻¹ of the mean of h is not quite their mean.
    Row(
        heads.Scalar(loss_function="huber", rescaling=heads.SquareRoot(epsilon=1.0)),
        learns="by fast Adam",
    ),
    Row(
        heads.C51(low=-3.0, high=8.0, atoms=23),
        refused={"low": (8.0,), "high": (-3.0,), "atoms": (1,)},
        learns="by fast Adam",
    ),
    Row(
        heads.HLGauss(low=-3.0, high=8.0, bins=22),
        refused={"low": (8.0,), "high": (-3.0,), "bins": (1,), "sigma_ratio": (0.0,)},
        learns="by fast Adam",
    ),
    Row(
        heads.QuantileRegression(quantiles=8, kappa=0.1),
        refused=_QUANTILES,
        learns="by fast Adam",
    ),
    Row(
        heads.IQN(quantiles=8, acting_quantiles=8, embedding=4, kappa=0.1),
        refused={**_QUANTILES, "acting_quantiles": (0,), "embedding": (0,)},
        learns="by Adam",
    ),
    Row(
        heads.FQF(quantiles=8, embedding=4, knots=9, kappa=0.1),
        refused={
            **_QUANTILES,
            "quantiles": (1,),
            "embedding": (0,),
            "knots": (1,),
            "fraction_scale": (0.0,),
            "entropy": (-0.1,),
        },
        learns="by Adam",
    ),
    Row(
        heads.Ensemble(head=heads.Scalar(loss_function="squared"), members=3, mask_probability=0.7),
        refused={
            "members": (1,),
            "hidden": ((16, 0),),
            "mask_probability": (0.0, 1.1),
            "prior_scale": (-0.1,),
        },
        learns="by fast Adam",
    ),
    Row(
        heads.Ensemble(
            head=heads.QuantileRegression(quantiles=8, kappa=0.1),
            members=2,
            hidden=(32,),
            prior_scale=0.3,
        ),
        learns="by Adam",
    ),
)

RESCALINGS = _rows(
    heads.Unscaled(),
    Row(heads.SquareRoot(), refused={"epsilon": (0.0, -1.0)}),
    heads.SquareRoot(epsilon=0.1),
)

LAYERS = _rows(
    layers.Dense(),
    Row(layers.Dense(kernel="sparse", sparsity=0.5), refused={"sparsity": (-0.1, 1.0)}),
    Row(layers.Noisy(sigma=0.05), refused={"sigma": (-0.1,)}),
)

MEMORIES = _rows(
    Row(memories.LSTM(size=32), refused={"size": (0,)}, learns="by Adam"),
    Row(memories.GRU(size=32), refused={"size": (0,)}, learns="by Adam"),
    Row(memories.PreviousActionAndReward(memory=memories.GRU(size=32)), learns="by Adam"),
)

STREAMS = _rows(
    heads.Plain(),
    heads.Dueling(),
    Row(heads.Dueling(hidden=32), refused={"hidden": (-1,)}, learns="by Adam"),
    Row(heads.Plain(layer=layers.Noisy(sigma=0.05)), learns="by fast Adam"),
)

DURATIONS = _rows(
    Row(explorers.OneStep(), uniform=True),
    Row(explorers.Uniform(low=1, high=3), refused={"low": (0, 4), "high": (0,)}),
    Row(
        explorers.Zeta(exponent=2.0, longest=10),
        refused={"exponent": (1.0,), "longest": (0, 10**9)},
    ),
)

EXPLORERS = _rows(
    Row(
        explorers.EpsilonGreedy(epsilon=1.0),
        refused={
            "epsilon": (
                -0.1,
                1.1,
                schedules.Linear(start=1.5, end=0.0),
                schedules.Linear(start=1.0, end=-0.5),
                schedules.Exponential(start=2.0),
            ),
            "spread": (-0.1,),
        },
        tries_everything=True,
        uniform=True,
    ),
    Row(
        explorers.EpsilonGreedy(epsilon=schedules.Linear(start=1.0, end=0.5, steps=1_000)),
        tries_everything=True,
    ),
    Row(explorers.EpsilonGreedy(epsilon=1.0, spread=7.0), tries_everything=True),
    Row(explorers.GaussianNoise(scale=1.0), refused={"scale": (-1.0,)}),
    explorers.Greedy(),
    Row(
        explorers.Boltzmann(temperature=1.0),
        refused={"temperature": (0.0, schedules.Linear(start=1.0, end=0.0))},
        tries_everything=True,
    ),
    Row(explorers.UpperConfidence(scale=1.0), refused={"scale": (-1.0,)}),
    Row(explorers.FollowMember(), together={"head": heads.Ensemble(members=3)}),
)

LAMBDA_RETURNS = _rows(
    Row(replay.LambdaReturn(decay=0.7, kind="peng"), refused={"decay": (-0.1, 1.1)}),
    replay.LambdaReturn(decay=0.7, kind="watkins"),
    replay.LambdaReturn(decay=0.7, kind="tree"),
    replay.LambdaReturn(decay=0.7, kind="retrace"),
)

_IMPORTANCE = (-0.1, 1.1, schedules.Linear(start=0.4, end=1.5))

# Fully corrected, as what is uncertain is otherwise learned with a bias.
LAWS = _rows(
    Row(
        replay.Proportional(importance=1.0),
        refused={"exponent": (-0.1, 1.1), "importance": _IMPORTANCE, "epsilon": (0.0,)},
    ),
    replay.Proportional(exponent=0.9, importance=1.0),
)


def _rollout(lambda_return: replay.LambdaReturn | None = None, **known: Any) -> Row:
    """Return a rollout of four steps that is learned from twice, once it is full."""
    part = replay.Rollout(length=4, minibatches=2, lambda_return=lambda_return)
    return Row(part, training={"update_every": 4, "updates": 4}, learns="by fast Adam", **known)


def _sequences(kind: str) -> replay.Sequences:
    lambda_return = replay.LambdaReturn(decay=0.7, kind=kind)
    return replay.Sequences(capacity=4_000, batch_size=16, length=4, lambda_return=lambda_return)


REPLAYS = _rows(
    Row(
        replay.Uniform(capacity=4_000, batch_size=32),
        refused={"capacity": (0,), "batch_size": (0, 4_001), "n_step": (0, 4_001)},
    ),
    Row(replay.Latest(), refused={"n_step": (0,)}),
    Row(
        replay.Sequences(capacity=4_000, batch_size=16, length=4),
        refused={
            "capacity": (0,),
            "batch_size": (0,),
            "length": (0, 4_001),
            "burn_in": (-1,),
            "n_step": (0, 5),
            "stride": (0,),
            "eta": (-0.1, 1.1),
        },
    ),
    _rollout(refused={"length": (0,), "minibatches": (0,), "n_step": (0, 5)}),
    Row(
        replay.Prioritised(capacity=4_000, batch_size=32),
        refused={
            "capacity": (0,),
            "batch_size": (0, 4_001),
            "n_step": (0, 4_001),
            "exponent": (-0.1, 1.1),
            "importance": _IMPORTANCE,
            "epsilon": (0.0,),
        },
    ),
    replay.Sequences(capacity=4_000, batch_size=16, length=4, stride=2, priority=LAWS[0].part),
    Row(
        replay.Dyna(planning=32),
        refused={"planning": (0,), "theta": (-0.1,), "states": (0,)},
        masks=False,
        replays_surprises=True,
    ),
    Row(_sequences("peng"), takes_actions_for_its_own=True),
    _sequences("retrace"),
    _rollout(replay.LambdaReturn(decay=0.7, kind="watkins")),
    _rollout(replay.LambdaReturn(decay=0.7, kind="tree")),
)

TARGETS = _rows(
    Row(targets.Periodic(period=10), refused={"period": (0,)}),
    Row(targets.Polyak(tau=0.1), refused={"tau": (0.0, 1.5)}),
    targets.Online(),
    # It learns, to the bit, as the target inside it.
    Row(
        targets.Averaged(target=targets.Periodic(period=10), tau=0.1),
        refused={"tau": (0.0, 1.5)},
        in_pairs=False,
    ),
    Row(targets.Exchange(), in_pairs=False),  # of two tables, with SGD
)

_RATE = (-0.1, schedules.Linear(start=1e-3, end=-1e-3))

OPTIMIZERS = _rows(
    Row(
        optimizers.SGD(learning_rate=1.0),
        refused={"learning_rate": _RATE, "max_grad_norm": NEGATIVE_OR_NONE},
    ),
    optimizers.SGD(learning_rate=schedules.Linear(start=4.0, end=0.2, steps=2_500)),
    optimizers.SGD(learning_rate=1.0, max_grad_norm=10.0),
    Row(
        optimizers.Adam(learning_rate=schedules.Exponential(start=0.03, rate=0.998, end=1e-3)),
        refused={
            "learning_rate": _RATE,
            "beta1": (-0.1, 1.0),
            "beta2": (-0.1, 1.0),
            "epsilon": (0.0,),
            "max_grad_norm": NEGATIVE_OR_NONE,
        },
        learns="by Adam",
    ),
    Row(
        optimizers.Adam(
            learning_rate=schedules.Exponential(start=0.03, rate=0.998, end=1e-3),
            max_grad_norm=1.0,
        ),
        learns="by Adam",
    ),
    Row(
        optimizers.RMSProp(learning_rate=schedules.Exponential(start=0.6, rate=0.9985, end=0.02)),
        refused={
            "learning_rate": _RATE,
            "decay": (-0.1, 1.0),
            "epsilon": (0.0,),
            "max_grad_norm": NEGATIVE_OR_NONE,
        },
    ),
)

# Those that learn from one environment, step by step: `tests/optimizers` trains them.
STREAMING_OPTIMIZERS = _rows(
    Row(
        optimizers.TraceSGD(learning_rate=0.1, trace_decay=0.5),
        refused={"learning_rate": _RATE, "trace_decay": (-0.1, 1.1)},
        in_pairs=False,
    ),
    Row(
        optimizers.ObGD(learning_rate=0.5, trace_decay=0.9, kappa=3.0),
        refused={"learning_rate": _RATE, "trace_decay": (-0.1, 1.1), "kappa": (0.0,)},
        in_pairs=False,
    ),
)

OBSERVATIONS = _rows(
    observations.Raw(),
    observations.ScaleToBounds(),
    Row(observations.Normalise(), refused={"limit": (0.0,), "epsilon": (0.0,)}),
    Row(observations.Pixels(), in_pairs=False),  # changes nothing but images
)

REWARDS = _rows(
    rewards.Unchanged(),
    Row(rewards.Clipped(low=-1.0, high=1.0), refused={"low": (1.0,), "high": (-1.0,)}),
    Row(rewards.Multiplied(factor=0.1), any_value=("factor",)),
    Row(rewards.ReplaceLast(value=1.0), any_value=("value",)),
)

# Those that pay differently as they learn.
LEARNED_REWARDS = _rows(
    Row(
        rewards.Novelty(scale=0.5, features=8, hidden=(16, 16), learning_rate=1e-3),
        refused={
            "scale": (-0.1,),
            "features": (0,),
            "hidden": ((16, 0),),
            "learning_rate": (-0.1,),
        },
        in_pairs=False,
    ),
    Row(
        rewards.ScaledByReturns(discount=0.8, reward=rewards.Clipped(low=-2.0, high=2.0)),
        refused={"discount": (-0.1, 1.1), "epsilon": (0.0,)},
        in_pairs=False,
    ),
)

_WIDTHS = {"hidden": ((16, 0),)}
_LIMITS = ("low", "high")

NETWORKS = _rows(
    Row(networks.Table(bins=(8,)), refused={"bins": ((), (3, 0))}, any_value=_LIMITS),
    # Tiles need a Box, CNNs images, PerKey a Dict: `tests/networks` trains them on those.
    Row(
        networks.TileCoding(tilings=4, tiles=4),
        refused={"tilings": (0,), "tiles": (0,)},
        any_value=_LIMITS,
        in_pairs=False,
    ),
    Row(networks.MLP(hidden=(32,)), refused={"hidden": ((64, 0),)}, learns="by Adam"),
    Row(
        networks.CNN(channels=(4,), kernels=(3,), strides=(1,), hidden=(16,)),
        refused={
            **_WIDTHS,
            "channels": ((0,),),
            "kernels": ((0,), (3, 3)),
            "strides": ((0,), (1, 1)),
        },
        in_pairs=False,
    ),
    Row(
        networks.ImpalaCNN(channels=(4,), hidden=(16,), pooled=2, spectral_norm=True),
        refused={**_WIDTHS, "channels": ((), (0,)), "width": (0,), "pooled": (0,)},
        in_pairs=False,
    ),
    Row(
        networks.Residual(width=32, blocks=1),
        refused={"width": (0,), "blocks": (-1,)},
        learns="by Adam",
    ),
    Row(
        networks.PerKey(keys=("a", "b"), networks=(networks.MLP(hidden=(8,)), networks.Table())),
        refused={"keys": ((), ("a", "a")), "networks": ((networks.Table(),),)},
        in_pairs=False,
    ),
)

ACTIONS = _rows(
    # Tried in `tests/actions`: the probes have Discrete actions, of which there is nothing to make.
    Row(actions.Factors(), refused={"joint_up_to": (-1, 2**16 + 1)}, in_pairs=False),
    Row(
        actions.Grid(points=3),
        refused={"points": (1, (), (3, 1)), "joint_up_to": (-1, 2**16 + 1)},
        in_pairs=False,
    ),
)

SCHEDULES = _rows(
    Row(
        schedules.Linear(start=1.0, end=0.1, steps=100),
        refused={"steps": (0,), "begin": (-1,)},
        any_value=("start", "end"),
    ),
    Row(
        schedules.Exponential(start=1.0, rate=0.99, end=0.1),
        refused={"rate": (0.0, 1.1), "begin": (-1,), "end": (2.0,), "start": (0.05,)},
    ),
)

BY_MODULE: dict[str, tuple[Row, ...]] = {
    "actions": ACTIONS,
    "bootstraps": BOOTSTRAPS,
    "explorers": (*EXPLORERS, *DURATIONS),
    "heads": (*HEADS, *STREAMS, *RESCALINGS),
    "layers": LAYERS,
    "memories": MEMORIES,
    "networks": NETWORKS,
    "observations": OBSERVATIONS,
    "optimizers": (*OPTIMIZERS, *STREAMING_OPTIMIZERS),
    "replay": (*REPLAYS, *LAMBDA_RETURNS, *LAWS),
    "rewards": (*REWARDS, *LEARNED_REWARDS),
    "schedules": SCHEDULES,
    "targets": TARGETS,
}
"""Every row, by the module of qlax its class is found in."""

ROWS = tuple((module, row) for module, rows in BY_MODULE.items() for row in rows)
