"""What cannot work is refused when it is made, by the field's name and value."""

import math

import pytest

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

NAN = math.nan

REFUSED = [
    (Agent, "discount", -0.1),
    (Agent, "discount", 1.01),
    (Agent, "discount", NAN),
    (Agent, "num_envs", 0),
    (Agent, "update_every", 0),
    (Agent, "updates", 0),
    (Agent, "learning_starts", -1),
    (Agent, "time_limit", 0),
    (Agent, "policy", "both"),
    (explorers.EpsilonGreedy, "epsilon", -0.1),
    (explorers.EpsilonGreedy, "epsilon", 1.1),
    (explorers.EpsilonGreedy, "epsilon", NAN),
    (explorers.EpsilonGreedy, "epsilon", schedules.Linear(start=1.5, end=0.0)),
    (explorers.EpsilonGreedy, "epsilon", schedules.Linear(start=1.0, end=-0.5)),
    (explorers.EpsilonGreedy, "epsilon", schedules.Exponential(start=2.0)),
    (explorers.EpsilonGreedy, "spread", -0.1),
    (explorers.EpsilonGreedy, "spread", NAN),
    (explorers.Boltzmann, "temperature", 0.0),
    (explorers.Boltzmann, "temperature", NAN),
    (explorers.Boltzmann, "temperature", schedules.Linear(start=1.0, end=0.0)),
    (explorers.UpperConfidence, "scale", -1.0),
    (explorers.GaussianNoise, "scale", -1.0),
    (explorers.GaussianNoise, "scale", NAN),
    (explorers.Uniform, "low", 0),
    (explorers.Uniform, "high", 0),
    (explorers.Zeta, "exponent", 1.0),
    (explorers.Zeta, "exponent", NAN),
    (explorers.Zeta, "longest", 0),
    (explorers.Zeta, "longest", 10**9),
    (heads.Scalar, "loss_function", "absolute"),
    (heads.Dueling, "hidden", -1),
    (heads.SquareRoot, "epsilon", 0.0),
    (layers.Dense, "kernel", "ones"),
    (layers.Dense, "sparsity", -0.1),
    (layers.Dense, "sparsity", 1.0),
    (layers.Noisy, "sigma", -0.1),
    (memories.LSTM, "size", 0),
    (memories.GRU, "size", 0),
    (networks.MLP, "hidden", (64, 0)),
    (networks.MLP, "hidden", (64.0,)),
    (networks.MLP, "activation", "step"),
    (networks.Table, "bins", ()),
    (networks.Table, "bins", (3, 0)),
    (networks.TileCoding, "tilings", 0),
    (networks.TileCoding, "tiles", 0),
    (observations.Normalise, "limit", 0.0),
    (observations.Normalise, "epsilon", 0.0),
    (optimizers.Adam, "learning_rate", -1e-3),
    (optimizers.Adam, "learning_rate", NAN),
    (optimizers.Adam, "learning_rate", schedules.Linear(start=1e-3, end=-1e-3)),
    (optimizers.Adam, "beta1", 1.0),
    (optimizers.Adam, "beta2", -0.1),
    (optimizers.Adam, "epsilon", 0.0),
    (optimizers.Adam, "max_grad_norm", 0.0),
    (optimizers.SGD, "learning_rate", -0.1),
    (optimizers.SGD, "max_grad_norm", -1.0),
    (replay.Uniform, "capacity", 0),
    (replay.Uniform, "batch_size", 0),
    (replay.Uniform, "batch_size", 50_001),
    (replay.Uniform, "n_step", 0),
    (replay.Uniform, "n_step", 50_001),
    (replay.Latest, "n_step", 0),
    (replay.LambdaReturn, "decay", -0.1),
    (replay.LambdaReturn, "decay", 1.1),
    (replay.LambdaReturn, "kind", "sarsa"),
    (replay.Sequences, "batch_size", 0),
    (replay.Sequences, "length", 0),
    (replay.Sequences, "length", 50_001),
    (replay.Sequences, "burn_in", -1),
    (replay.Sequences, "n_step", 0),
    (replay.Sequences, "n_step", 17),
    (replay.Rollout, "length", 0),
    (replay.Rollout, "minibatches", 0),
    (replay.Rollout, "n_step", 0),
    (replay.Rollout, "n_step", 33),
    (rewards.Clipped, "low", 1.0),
    (rewards.Clipped, "low", NAN),
    (schedules.Linear, "steps", 0),
    (schedules.Linear, "begin", -1),
    (schedules.Exponential, "rate", 0.0),
    (schedules.Exponential, "rate", 1.1),
    (schedules.Exponential, "begin", -1),
    (schedules.Exponential, "end", 2.0),
    (targets.Averaged, "tau", 0.0),
    (targets.Periodic, "period", 0),
    (targets.Polyak, "tau", 0.0),
    (targets.Polyak, "tau", 1.5),
]

# Of the wrong type: slips of the keyboard that would otherwise surface deep inside a compilation.
MISTYPED = [
    (replay.Uniform, "capacity", 1e5),
    (replay.Uniform, "batch_size", 32.0),
    (replay.Uniform, "n_step", 2.5),
    (Agent, "num_envs", 1.5),
    (Agent, "updates", 0.5),
    (Agent, "update_every", 1.5),
    (Agent, "discount", "0.9"),
    (Agent, "network", "MLP"),
    (Agent, "replay", None),
    (Agent, "memory", "lstm"),
    (heads.Scalar, "rescaling", None),
    (heads.Plain, "layer", "noisy"),
    (memories.LSTM, "size", 8.5),
    (replay.Sequences, "lambda_return", "retrace"),
    (networks.MLP, "hidden", 64),
    (networks.Table, "bins", 40),
    (networks.Table, "bins", (2.5,)),
    (networks.TileCoding, "tiles", 8.0),
    (targets.Periodic, "period", 2.5),
    (schedules.Linear, "end", NAN),
    (explorers.EpsilonGreedy, "epsilon", "0.1"),
]


def told(kind, field, value):
    with pytest.raises(UsageError) as caught:
        kind(**{field: value})
    return str(caught.value)


def name_of(value):
    return value.__name__ if isinstance(value, type) else None


@pytest.mark.parametrize(("kind", "field", "value"), REFUSED, ids=name_of)
def test_an_impossible_value_is_refused_by_field_and_value(kind, field, value):
    message = told(kind, field, value)
    assert message.startswith(f"{kind.__name__}.{field} is {value!r}, but must be ")
    assert message.endswith(".")


@pytest.mark.parametrize(("kind", "field", "value"), MISTYPED, ids=name_of)
def test_a_value_of_the_wrong_type_is_refused_by_field_and_value(kind, field, value):
    message = told(kind, field, value)
    assert f"{kind.__name__}.{field}" in message
    assert repr(value) in message


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        (
            {"replay": replay.Uniform(capacity=8, batch_size=4), "num_envs": 9},
            "Uniform.capacity is 8",
        ),
        (
            {"replay": replay.Uniform(capacity=9, batch_size=4, n_step=5), "num_envs": 2},
            "Uniform.capacity is 9",
        ),
        ({"learning_starts": 0}, "Agent.learning_starts is 0"),
        ({"learning_starts": 7, "num_envs": 8}, "Agent.learning_starts is 7"),
        (
            {"replay": replay.Uniform(n_step=5), "num_envs": 2, "learning_starts": 9},
            "Agent.learning_starts is 9",
        ),
        (
            {"replay": replay.Latest(n_step=3), "num_envs": 2, "learning_starts": 5},
            "Agent.learning_starts is 5",
        ),
        # The action taken in s′ is only known one step later.
        (
            {
                "replay": replay.Latest(n_step=3),
                "bootstrap": bootstraps.Sarsa(),
                "learning_starts": 3,
            },
            "Agent.learning_starts is 3",
        ),
        (
            {"replay": replay.Sequences(capacity=40, length=8, burn_in=3), "num_envs": 4},
            "Sequences.capacity is 40",
        ),
        (
            {"replay": replay.Sequences(length=8, burn_in=3), "learning_starts": 10},
            "Agent.learning_starts is 10",
        ),
        (
            {"replay": replay.Rollout(minibatches=4), "num_envs": 6},
            "Rollout.minibatches is 4",
        ),
        (
            {"replay": replay.Rollout(length=8, minibatches=1), "update_every": 9},
            "Agent.update_every is 9",
        ),
        (
            {"replay": replay.Rollout(length=8, minibatches=1), "learning_starts": 7},
            "Agent.learning_starts is 7",
        ),
        (
            {
                "replay": replay.Sequences(lambda_return=replay.LambdaReturn(kind="retrace")),
                "explorer": explorers.GaussianNoise(),
            },
            'LambdaReturn(kind="retrace") needs action probabilities, which GaussianNoise',
        ),
        (
            {
                "replay": replay.Sequences(lambda_return=replay.LambdaReturn(kind="retrace")),
                "explorer": explorers.EpsilonGreedy(duration=explorers.Zeta()),
            },
            'LambdaReturn(kind="retrace") needs action probabilities, which EpsilonGreedy',
        ),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(parts, named):
    with pytest.raises(UsageError) as caught:
        Agent(**parts)
    assert str(caught.value).startswith(named)


@pytest.mark.parametrize(
    "parts",
    [
        {"replay": replay.Uniform(n_step=5), "num_envs": 2, "learning_starts": 10},
        {"replay": replay.Latest(n_step=3), "num_envs": 2, "learning_starts": 6},
        {"replay": replay.Uniform(capacity=10, batch_size=4, n_step=5), "num_envs": 2},
        {"discount": 0.0},
        {"discount": 1.0},
        {"time_limit": 1},
        {"explorer": explorers.EpsilonGreedy(epsilon=lambda step: 0.1)},
        {"explorer": explorers.EpsilonGreedy(spread=7.0)},
        {"explorer": explorers.Boltzmann(temperature=lambda step: 0.1)},
        {"replay": replay.Sequences(capacity=16, length=8, n_step=8), "num_envs": 2},
        {"replay": replay.Sequences(length=8, burn_in=3), "learning_starts": 11},
        {
            "replay": replay.Latest(n_step=3),
            "bootstrap": bootstraps.Sarsa(),
            "learning_starts": 4,
        },
        {
            "replay": replay.Rollout(length=8, minibatches=2),
            "num_envs": 6,
            "update_every": 8,
            "learning_starts": 48,
        },
        {"replay": replay.Sequences(lambda_return=replay.LambdaReturn(kind="tree"))},
        {
            "replay": replay.Sequences(lambda_return=replay.LambdaReturn(kind="retrace")),
            "explorer": explorers.Boltzmann(),
        },
    ],
)
def test_the_edge_of_what_is_possible_is_allowed(parts):
    assert Agent(**parts).replace() == Agent(**parts)


@pytest.mark.parametrize("part", [replay.Sequences, replay.Rollout])
def test_traces_take_the_place_of_n_steps(part):
    with pytest.raises(
        UsageError, match=rf"{part.__name__}\.n_step is 2, but must be 1 with a lambda_return"
    ):
        part(n_step=2, lambda_return=replay.LambdaReturn())


def test_replacing_checks_anew():
    with pytest.raises(UsageError, match=r"Agent\.discount is 2\.0"):
        Agent().replace(discount=2.0)
    with pytest.raises(UsageError, match=r"Agent\.learning_starts is 1000"):
        Agent().replace(num_envs=1_001)


def test_replacing_what_is_not_there_says_what_is():
    with pytest.raises(UsageError, match=r"no part 'gamma'; it has .*discount"):
        Agent().replace(gamma=0.9)


def test_replacing_leaves_the_old_agent_as_it_was():
    old = Agent()
    new = old.replace(discount=0.5, network=networks.Table())
    assert (old.discount, new.discount) == (0.99, 0.5)
    assert new.explorer == old.explorer
    assert new.replace(discount=0.99, network=networks.MLP()) == old


def test_only_keywords_are_taken():
    with pytest.raises(TypeError):
        replay.Uniform(100)
    with pytest.raises(TypeError):
        Agent(networks.MLP())
