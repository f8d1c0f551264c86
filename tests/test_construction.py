"""What cannot work is refused when it is made, by the field's name and value."""

import dataclasses
import math
import re
import typing

import pytest
from docstring_parser import parse_from_object

from qlax import (
    Agent,
    UsageError,
    bootstraps,
    config,
    explorers,
    networks,
    replay,
)
from tests.parts import ROWS

OF_AGENT = [
    ("discount", -0.1),
    ("discount", 1.01),
    ("num_envs", 0),
    ("update_every", 0),
    ("updates", 0),
    ("learning_starts", -1),
    ("time_limit", 0),
    ("policy", "both"),
]
KINDS = {type(row.part): row.part for _, row in reversed(ROWS)} | {Agent: Agent()}
REFUSED = [
    (row.part, field, value)
    for _, row in ROWS
    for field, values in row.refused.items()
    for value in values
] + [(Agent(), field, value) for field, value in OF_AGENT]
FIELDS = [
    (kind, entry.name, typing.get_type_hints(kind)[entry.name])
    for kind, part in KINDS.items()
    for entry in config.fields_of(part)
]


def with_value(part, field, value):
    """Return the part, made anew with another value of one field."""
    values = {entry.name: getattr(part, entry.name) for entry in config.fields_of(part)}
    return type(part)(**values | {field: value})


def told(part, field, value):
    with pytest.raises(UsageError) as caught:
        with_value(part, field, value)
    return str(caught.value)


def is_number(hint):
    """Return whether a field holds a number, or numbers, or what becomes one."""
    if hint in (int, float):
        return True
    return any(is_number(arm) for arm in typing.get_args(hint))


def wrong_types(hint):
    """Return slips of the keyboard that would otherwise surface deep inside a compilation."""
    arms = typing.get_args(hint) or (hint,)
    if typing.get_origin(hint) is typing.Literal:
        return ["no such choice", None, 1]
    if typing.get_origin(hint) is tuple:
        return [3, "tuple", None, (None,)] + ([(2.5,)] if arms[0] is int else [])
    wrong = ["text", (1, 2.5, None), object]
    if float in arms:
        return [*wrong, math.nan, math.inf, True]
    if int in arms:
        return [*wrong, 2.5, math.nan, True]
    return [*wrong, 7] if bool not in arms else wrong


def name_of(value):
    if isinstance(value, type):
        return value.__name__
    return type(value).__name__ if type(value) in KINDS else None


@pytest.mark.parametrize(("kind", "field", "hint"), FIELDS, ids=name_of)
def test_every_number_has_a_range_or_takes_any_value(kind, field, hint):
    """Whoever adds a number says in the part's row what is out of its range."""
    rows = [row for _, row in ROWS if type(row.part) is kind]
    refused = {name for row in rows for name in row.refused}
    if kind is Agent:
        refused = {name for name, _ in OF_AGENT}
    free = {name for row in rows for name in row.any_value}
    assert not refused & free
    assert (field in refused | free) or not is_number(hint)


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_a_part_is_configured_by_keywords_that_say_what_they_are(kind):
    """Else it has no page, or an empty cell in it, and no help on the command line."""
    told = {
        entry.arg_name: entry.description
        for base in filter(dataclasses.is_dataclass, kind.__mro__)
        for entry in parse_from_object(base).params
    }
    for entry in config.fields_of(KINDS[kind]):
        assert entry.kw_only, entry.name
        assert told.get(entry.name), entry.name


@pytest.mark.parametrize(("part", "field", "value"), REFUSED, ids=name_of)
def test_a_value_out_of_range_is_refused_by_field_and_value(part, field, value):
    message = told(part, field, value)
    kind = type(part).__name__
    assert re.match(rf"{kind}\.\w+ is .+, but must be .+\.$", message)  # of two, either is named
    assert re.search(rf"\b{field}\b", message)
    assert repr(value) in message


@pytest.mark.parametrize(("kind", "field", "hint"), FIELDS, ids=name_of)
def test_a_value_of_the_wrong_type_is_refused_by_field_and_value(kind, field, hint):
    for value in wrong_types(hint):
        message = told(KINDS[kind], field, value)
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
