"""Agents as text: pasted back, written as JSON, and read without running anything."""

import json

import numpy as np
import pytest

from qlax import Agent, UsageError, config, explorers, networks, optimizers, presets
from qlax.presets.fitting.classic import SETTINGS
from qlax.spaces import Box, Discrete, EnvSpec

NAMED = {name: make() for name, make in presets.AGENTS.items()}
TUNED_ONES = {
    f"{env}/{name}": presets.resolve(env, name).agent
    for env in (*SETTINGS, "LunarLander-v3", "MinAtar/Breakout-v1")
    for name in NAMED
    if presets.resolve(env, name).tuned
}
EVERY_AGENT = {"default": Agent(), **NAMED, **TUNED_ONES}


@pytest.fixture(params=EVERY_AGENT, name="agent")
def _agent(request):
    return EVERY_AGENT[request.param]


def test_a_repr_can_be_pasted_back(agent):
    names = {}
    exec("from qlax import *", names)
    assert eval(repr(agent), names) == agent


def test_json_is_read_back_as_it_was(agent):
    text = json.dumps(config.to_json(agent), allow_nan=False)
    assert config.from_json(json.loads(text)) == agent


def test_json_names_every_field(agent):
    document = config.to_json(agent)
    assert document["type"] == "Agent"
    assert set(document) == {"type", *agent.__dataclass_fields__}


def test_a_repr_leaves_out_what_is_as_by_default():
    assert repr(Agent()) == "Agent()"
    assert repr(Agent(discount=0.5, network=networks.MLP(hidden=(8,)))) == (
        "Agent(network=networks.MLP(hidden=(8,)), discount=0.5)"
    )


def test_a_number_of_another_type_is_not_the_default():
    assert config.pasteable(explorers.EpsilonGreedy(epsilon=1)) == (
        "explorers.EpsilonGreedy(epsilon=1)"
    )


@pytest.mark.parametrize(
    "spec",
    [
        EnvSpec(id="A", observation=Discrete(4, start=5), num_actions=2, first_action=-1),
        EnvSpec(
            id="B",
            observation=Box(shape=(2,), dtype="float32", low=(-1.5, float("-inf")), high=1e30),
            num_actions=3,
            time_limit=200,
            reward_threshold=-110.0,
        ),
    ],
)
def test_specs_survive_json_even_without_limits(spec):
    assert config.from_json(json.loads(json.dumps(config.to_json(spec), allow_nan=False))) == spec


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "subprocess.Popen",
        "qlax.agent.Agent",
        "optimizers.optax.GradientTransformation",
        "networks.Nothing",
        "networks.Network",
        "explorers.jax",
        "runs.folder",
        "config.Any",
        "replay.TransitionBatch",
        "observations.Moments",
        "states.TrainState",
        "",
        ".",
        "Agent.replace",
        None,
        7,
        ["Agent"],
        {"type": "Agent"},
    ],
)
def test_what_is_no_part_of_qlax_is_refused(name):
    with pytest.raises(UsageError, match="no part of qlax"):
        config.from_json({"type": name, "args": "rm -rf /"})


def test_a_document_without_a_type_is_refused():
    with pytest.raises(UsageError, match="no part of qlax"):
        config.from_json({"hidden": [1]})


def test_fields_that_do_not_exist_are_refused_by_the_parts_name():
    with pytest.raises(UsageError, match=r"networks\.MLP"):
        config.from_json({"type": "networks.MLP", "depth": 3})


def test_values_are_checked_as_ever():
    with pytest.raises(UsageError, match=r"MLP\.activation is 'step'"):
        config.from_json({"type": "networks.MLP", "activation": "step"})


@pytest.mark.parametrize(
    ("field", "value"), [("replay", None), ("replay", 3), ("num_envs", "two"), ("discount", None)]
)
def test_a_damaged_document_is_refused_as_such(field, value):
    document = config.to_json(Agent()) | {field: value}
    with pytest.raises(UsageError):
        config.from_json(document)


def test_a_part_of_ones_own_is_not_looked_for():
    class MLP(networks.MLP):
        """Bears the name of a part of qlax."""

    document = config.to_json(Agent(network=MLP()))
    assert "custom" in document["network"]
    with pytest.raises(UsageError, match=r"part of your own.*agent=…"):
        config.from_json(document)


def test_a_function_of_ones_own_is_not_looked_for():
    document = config.to_json(Agent(explorer=explorers.EpsilonGreedy(epsilon=lambda step: 0.1)))
    assert json.dumps(document)
    with pytest.raises(UsageError, match="part of your own"):
        config.from_json(document)


def test_numbers_of_numpy_are_written_as_any_others():
    agent = Agent(
        discount=np.float64(0.9),
        network=networks.MLP(hidden=(np.int64(8),)),
        optimizer=optimizers.Adam(learning_rate=np.float32(0.5)),
    )
    assert config.from_json(config.to_json(agent)) == agent
    assert "np." not in repr(agent)
