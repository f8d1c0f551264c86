"""A part of one's own that returns a wrong shape or type is named before training begins."""

import dataclasses
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import optax
import pytest
from flax import linen as nn

import qlax
from qlax import (
    Agent,
    UsageError,
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
from qlax.drivers.core import nothing_seen
from qlax.maths.bootstrap import Backup
from qlax.spaces import Box, EnvSpec
from tests import parts

SPACE = Box(shape=(2,), dtype="float32", low=-1.0, high=1.0)
SPEC = EnvSpec(id="Any", observation=SPACE, num_actions=3)
NUM_ENVS = 4


def small(**changed) -> Agent:
    """Return an agent of four environments that learns from batches of six."""
    return Agent(
        **{
            "network": networks.MLP(hidden=(8,)),
            "replay": replay.Uniform(capacity=64, batch_size=6),
            "num_envs": NUM_ENVS,
            **changed,
        }
    )


def begin(agent: Agent, spec: EnvSpec = SPEC):
    return agent.init(jax.random.key(0), spec, nothing_seen(spec, agent.num_envs))


def differing(part, **methods):
    """Return a part like another, some of its methods exchanged: each is given the answer."""

    def changed(name, change):
        def method(self, *args, **options):
            return change(getattr(super(type(self), self), name)(*args, **options))

        return method

    exchanged = {name: changed(name, change) for name, change in methods.items()}
    kind = dataclass(frozen=True, kw_only=True)(type("Mine", (type(part),), exchanged))
    values = {entry.name: getattr(part, entry.name) for entry in dataclasses.fields(part)}
    return kind(**values)


def first_two(change):
    """Return what changes the first of two answers."""
    return lambda answer: (change(answer[0]), answer[1])


def second(change):
    return lambda answer: (answer[0], change(answer[1]))


class Torso(nn.Module):
    """Forgets to flatten."""

    @nn.compact
    def __call__(self, x):
        return nn.Dense(8)(x)[:, None]


class Cell(nn.Module):
    """An LSTM's cell that returns only its cell state as the state."""

    @nn.compact
    def __call__(self, state, features):
        (cell, _), output = nn.OptimizedLSTMCell(4)(state, features)
        return (cell, cell.astype(jnp.int32)), output


def transformation(change):
    """Return plain descent whose direction is changed."""

    def update(gradient, state, params=None, *, signal=None):
        return change(gradient), state

    return lambda _: optax.GradientTransformationExtraArgs(lambda params: (), update)


def of(**changed):
    """Return what exchanges fields of a state or batch."""
    return lambda value: dataclasses.replace(
        value, **{name: change(getattr(value, name)) for name, change in changed.items()}
    )


def scalar_policy(backup):
    return backup._replace(policy=backup.policy.max())


SEQUENCES = replay.Sequences(capacity=64, batch_size=2, length=4)

WRONG = {
    "bootstrap: a scalar π": (
        {"bootstrap": differing(bootstraps.Greedy(), __call__=scalar_policy)},
        r"Mine.__call__ \(policy\) returned float32 of shape \(\), but must return float of shape "
        r"\(6, 3\): a probability for each of 3 actions in each of 6 states\.",
    ),
    "bootstrap: a bonus for each action": (
        {
            "bootstrap": differing(
                bootstraps.Greedy(), __call__=lambda b: b._replace(bonus=b.policy)
            )
        },
        r"Mine.__call__ \(bonus\) returned float32 of shape \(6, 3\), but .* shape \(6,\)",
    ),
    "bootstrap: not a Backup": (
        {"bootstrap": differing(bootstraps.Greedy(), __call__=lambda backup: backup.policy)},
        r"Mine.__call__ returned float32 of shape \(6, 3\), but must return a Backup\.",
    ),
    "head: an action too few": (
        {"head": differing(heads.Scalar(), predict=lambda values: values[:, :2])},
        r"Mine.q_values returned float32 of shape \(4, 2\), but must return float of shape \(4, 3\)"
        r": a value for each of 3 actions in each of 4 states\.",
    ),
    "head: no rows": (
        {"head": differing(heads.Scalar(), predict=lambda values: values[0])},
        r"Mine.predict returned float32 of shape \(3,\), but .* first axis has 4 entries",
    ),
    "head: one target": (
        {"head": differing(heads.Scalar(), backup=lambda target: target.mean())},
        r"Mine.backup returned float32 of shape \(\), but .* first axis has 6 entries",
    ),
    "head: one loss": (
        {"head": differing(heads.Scalar(), loss=lambda loss: loss._replace(loss=loss.loss.mean()))},
        r"Mine.loss \(loss\) returned float32 of shape \(\), but .* shape \(6,\)",
    ),
    "explorer: one action": (
        {"explorer": differing(explorers.Greedy(), act=first_two(lambda action: action[0]))},
        r"Mine.act returned int32 of shape \(\), but must return int32 of shape \(4,\): an action "
        r"for each environment\.",
    ),
    "explorer: actions as floats": (
        {
            "explorer": differing(
                explorers.Greedy(), act=first_two(lambda action: action.astype(jnp.float32))
            )
        },
        r"Mine.act returned float32 of shape \(4,\), but must return int32 of shape \(4,\)",
    ),
    "explorer: another state": (
        {"explorer": differing(explorers.Greedy(), act=second(lambda _: jnp.zeros(4)))},
        r"Mine.act returned float32 of shape \(4,\), but must return no arrays: a state keeps",
    ),
    "explorer: no state": (
        {"explorer": differing(explorers.Greedy(), act=lambda answer: answer[0])},
        r"Mine.act returned int32 of shape \(4,\), but must return two things: actions and a state",
    ),
    "explorer: one probability": (
        {"explorer": differing(explorers.Greedy(), probabilities=lambda policy: policy[0])},
        r"Mine.probabilities returned float32 of shape \(3,\), but .* shape \(4, 3\)",
    ),
    "explorer: a metric for each environment": (
        {"explorer": differing(explorers.Greedy(), metrics=lambda _: {"x": jnp.zeros(4)})},
        r"Mine.metrics \(x\) returned float32 of shape \(4,\), but must .* of shape \(\): one",
    ),
    "replay: actions as floats": (
        {
            "replay": differing(
                replay.Uniform(capacity=64, batch_size=6),
                sample=first_two(of(action=lambda action: action.astype(jnp.float32))),
            )
        },
        r"Mine.sample \(action\) returned float32 of shape \(6,\), but must return int32",
    ),
    "replay: a weight for all": (
        {
            "replay": differing(
                replay.Uniform(capacity=64, batch_size=6),
                sample=first_two(of(weight=lambda weight: weight.mean())),
            )
        },
        r"Mine.sample \(weight\) returned float32 of shape \(\), but .* shape \(6,\)",
    ),
    "replay: other rewards than actions": (
        {
            "replay": differing(
                replay.Uniform(capacity=64, batch_size=6),
                sample=first_two(of(reward=lambda reward: reward[:, None])),
            )
        },
        r"TransitionBatch.target cannot be computed. .*discount must have shape .*not \[6\]",
    ),
    "replay: a ring that forgets its type": (
        {
            "replay": differing(
                replay.Uniform(capacity=64, batch_size=6),
                add=of(reward=lambda reward: reward.astype(jnp.int32)),
            )
        },
        r"Mine.add returned int32 of shape \(\d+, 4\) at .reward, but must return float32 of shape",
    ),
    "network: not a vector for each observation": (
        {"network": Torso()},
        r"Torso.__call__ returned float32 of shape \(4, 1, 8\), but must return float of shape "
        r"\(4, F\): a vector of F features for each of 4 observations\.",
    ),
    "network: whole numbers": (
        {
            "network": differing(
                networks.MLP(hidden=(8,)), __call__=lambda x: jnp.round(x).astype(jnp.int32)
            )
        },
        r"Mine.__call__ returned int32 of shape \(4, 8\), but must return float of shape \(4, F\)",
    ),
    "memory: another state": (
        {"memory": differing(memories.LSTM(size=4), cell=lambda _: Cell()), "replay": SEQUENCES},
        r"Mine.cell returned int32 of shape \(4, 4\) at \[1\], but must return float32",
    ),
    "memory: no environments": (
        {
            "memory": differing(
                memories.LSTM(size=4), init=lambda state: jax.tree.map(lambda a: a[0], state)
            ),
            "replay": SEQUENCES,
        },
        r"Mine.init returned .*float32 of shape \(4,\).* first axis has 3 entries",
    ),
    "replay: nothing for a batch": (
        {
            "replay": differing(
                replay.Uniform(capacity=64, batch_size=6), sample=first_two(lambda _: None)
            )
        },
        r"Mine.sample returned None as its batch, which lacks action, .* a qlax.replay.Batch: an",
    ),
    "replay: a dict for a batch": (
        {
            "replay": differing(
                replay.Uniform(capacity=64, batch_size=6),
                sample=first_two(lambda batch: {"action": batch.action}),
            )
        },
        r"Mine.sample returned dict of int32 of shape \(6,\) as its batch, which lacks action, ",
    ),
    "replay: the state before the batch": (
        {
            "replay": differing(
                replay.Uniform(capacity=64, batch_size=6), sample=lambda pair: pair[::-1]
            )
        },
        r"Mine.sample returned .* as its batch, which lacks .*predictions, target, but must return",
    ),
    "replay: the batch alone": (
        {
            "replay": differing(
                replay.Uniform(capacity=64, batch_size=6), sample=lambda pair: pair[0]
            )
        },
        r"Mine.sample returned .*, but must return two things: a batch and a state",
    ),
    "target: other parameters": (
        {"target": differing(targets.Online(), params=lambda params: params["params"])},
        r"Mine.params returned .*: parameters like the network's\.",
    ),
    "target: another state": (
        {"target": differing(targets.Online(), update=second(lambda _: jnp.int32(1)))},
        r"Mine.update returned int32 of shape \(\), but must return no arrays: a state keeps",
    ),
    "optimizer: one number to go down": (
        {"optimizer": differing(optimizers.SGD(), objective=lambda loss: loss.mean())},
        r"Mine.objective returned float32 of shape \(\), but .* of shape \(6,\)",
    ),
    "optimizer: one step for all": (
        {
            "optimizer": differing(
                optimizers.SGD(),
                transformation=transformation(lambda tree: jax.tree.map(jnp.mean, tree)),
            )
        },
        r"Mine.transformation \(update\) returned float32 of shape \(\) at .*: a step for each",
    ),
    "observation: a feature lost": (
        {
            "observation": differing(
                observations.Raw(), __call__=first_two(lambda shown: shown[:, :1])
            )
        },
        r"Mine.__call__ returned float32 of shape \(4, 1\), but must return shape \(4, 2\)",
    ),
    "observation: no space": (
        {"observation": differing(observations.Raw(), __call__=lambda answer: answer[0])},
        r"Mine.__call__ returned float32 of shape \(4, 2\), but must return two things",
    ),
    "observation: inside another": (
        {
            "observation": observations.Pixels(
                others=differing(observations.Raw(), __call__=first_two(lambda shown: shown[0]))
            )
        },
        r"Mine.__call__ returned float32 of shape \(2,\), but must return shape \(4, 2\)",
    ),
    "reward: a column": (
        {"reward": differing(rewards.Unchanged(), __call__=first_two(lambda pay: pay[:, None]))},
        r"Mine.__call__ returned float32 of shape \(4, 1\), but .* shape \(4,\): a reward for each",
    ),
    "reward: inside another": (
        {
            "reward": rewards.ScaledByReturns(
                reward=differing(
                    rewards.Unchanged(), __call__=first_two(lambda pay: pay.astype(jnp.int32))
                )
            )
        },
        r"Mine.__call__ returned int32 of shape \(4,\), but must return float of shape \(4,\)",
    ),
    "stream: actions and outputs exchanged": (
        {
            "head": heads.Scalar(
                stream=differing(heads.Plain(), __call__=lambda x: jnp.swapaxes(x, -1, -2))
            )
        },
        r"Mine.__call__ returned float32 of shape \(5, 2, 3\), but .* shape \(5, 3, 2\)",
    ),
    "layer: transposed": (
        {"network": networks.MLP(layer=differing(layers.Dense(), __call__=lambda x: x.T))},
        r"Mine.__call__ returned float32 of shape \(2, 5\), but .* shape \(5, 2\)",
    ),
    "rescaling: a mean": (
        {
            "head": heads.Scalar(
                rescaling=differing(heads.SquareRoot(), inverse=lambda value: value.mean())
            )
        },
        r"Mine.inverse returned float32 of shape \(\), but must return float of shape \(5, 3\)",
    ),
    "duration: not whole": (
        {
            "explorer": explorers.EpsilonGreedy(
                duration=differing(explorers.OneStep(), sample=lambda steps: 1.0 * steps)
            )
        },
        r"Mine.sample returned float32 of shape \(5,\), but must return int32 of shape \(5,\)",
    ),
    "schedule: a vector": (
        {
            "optimizer": optimizers.SGD(
                learning_rate=differing(schedules.Linear(), __call__=lambda rate: rate[None])
            )
        },
        r"Mine.__call__ returned float32 of shape \(1,\), but must return float of shape \(\)",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_is_named(name):
    changed, sentence = WRONG[name]
    agent = small(**({"num_envs": 3} | changed if name.startswith("memory: no") else changed))
    with pytest.raises(UsageError, match=sentence):
        begin(agent)


# Counts need states, and two tables that take turns are tables.
ELSEWHERE = (explorers.UpperConfidence, targets.Exchange)
ROWS = [
    (slot, row)
    for slot, rows in {
        "bootstrap": parts.BOOTSTRAPS,
        "head": parts.HEADS,
        "explorer": parts.EXPLORERS,
        "target": parts.TARGETS,
        "optimizer": parts.OPTIMIZERS,
        "observation": parts.OBSERVATIONS,
        "reward": parts.REWARDS,
    }.items()
    for row in rows
    if not isinstance(row.part, ELSEWHERE)
]


@pytest.mark.parametrize(
    ("slot", "row"), ROWS, ids=lambda given: given if isinstance(given, str) else repr(given.part)
)
def test_no_part_of_ours_is_blamed(slot, row):
    begin(small(**{slot: row.part, **row.together}))


def test_nothing_is_begun_with_a_wrong_part(tmp_path):
    wrong = differing(bootstraps.Greedy(), __call__=scalar_policy)
    with pytest.raises(UsageError, match=r"Mine.__call__ \(policy\)"):
        qlax.train("CartPole-v1", small(bootstrap=wrong), steps=200, out=tmp_path / "run")
    assert not list(tmp_path.rglob("config.json"))


@dataclass(frozen=True, kw_only=True)
class Listing(bootstraps.Greedy):
    """A part that cannot be hashed."""

    notes: list = dataclasses.field(default_factory=list)


def test_a_part_that_cannot_be_hashed_is_checked_too():
    begin(small(bootstrap=Listing()))
    with pytest.raises(UsageError, match=r"Mine.__call__ \(policy\)"):
        begin(small(bootstrap=differing(Listing(), __call__=scalar_policy)))


def test_answers_are_asked_for_once():
    asked = []

    @dataclass(frozen=True, kw_only=True)
    class Counted(bootstraps.Greedy):
        def __call__(self, values) -> Backup:
            asked.append(values.online_next.shape)
            return super().__call__(values)

    agent = small(bootstrap=Counted())
    begin(agent)
    assert set(asked) == {(6, 3)}
    times = len(asked)
    begin(agent)
    assert len(asked) == times
