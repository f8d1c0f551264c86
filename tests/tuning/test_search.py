"""Searches: fields that exist, values that they may have, and what is searched by default."""

import pytest

from qlax import Agent, UsageError, networks, optimizers, presets, schedules
from qlax.presets.resolve import AGENTS
from qlax.tuning.ranges import Log
from qlax.tuning.search import search_of
from qlax.tuning.spaces import default_space
from tests.tiers import in_turn

AGENT = Agent(optimizer=optimizers.Adam(learning_rate=1e-3))


def test_paths_are_taken_as_people_type_them():
    words = ("agent.optimizer.learning_rate", "optimizer.learning-rate")
    for path in words:
        search = search_of(AGENT, {path: "log(1e-4,1e-2)"})
        assert search.ranges == {"optimizer.learning_rate": Log(1e-4, 1e-2)}


def test_the_default_is_a_trial_where_the_ranges_hold_it():
    search = search_of(AGENT, {"optimizer.learning_rate": "log(1e-4,1e-2)", "discount": [0.9, 0.5]})
    assert search.default() == {"optimizer.learning_rate": 1e-3}


def test_values_become_an_agent():
    search = search_of(AGENT, {"discount": "uniform(0.5,0.9)", "replay.batch_size": [8, 16]})
    agent = search.with_values({"discount": 0.7, "replay.batch_size": 16})
    assert (agent.discount, agent.replay.batch_size) == (0.7, 16)
    assert agent.replace(discount=0.99, replay=AGENT.replay) == AGENT


def test_a_constant_takes_the_place_of_a_schedule():
    scheduled = AGENT.replace(optimizer=optimizers.Adam(learning_rate=schedules.Linear()))
    search = search_of(scheduled, {"optimizer.learning_rate": "log(1e-4,1e-2)"})
    assert search.with_values({"optimizer.learning_rate": 0.002}).optimizer.learning_rate == 0.002
    assert search.default() == {}


def test_parts_are_searched_and_what_is_in_all_of_them():
    rates = [optimizers.Adam(), optimizers.SGD()]
    search = search_of(AGENT, {"optimizer.learning_rate": "log(1e-3,1e-1)", "optimizer": rates})
    values = {"optimizer": optimizers.SGD(), "optimizer.learning_rate": 0.05}
    assert search.with_values(values).optimizer == optimizers.SGD(learning_rate=0.05)
    with pytest.raises(UsageError, match="SGD has no field 'beta1'"):
        search_of(AGENT, {"optimizer.beta1": "uniform(0.5,0.9)", "optimizer": rates})


@pytest.mark.parametrize(
    ("search", "words"),
    [
        ({}, "must be a dict of ranges"),
        ("log(1,2)", "must be a dict of ranges"),
        ({"optimizer.lerning_rate": "log(1,2)"}, "Did you mean learning_rate"),
        ({"optimizer.learning_rate.start": "log(1,2)"}, "is 0.001, which has no fields"),
        ({"nothing": "log(1,2)"}, "Agent has no field 'nothing'"),
        ({"discount": "uniform(0.9,1.5)"}, "Agent.discount is 1.5"),
        ({"replay.batch_size": "uniform(8,16)"}, "a whole number"),
        ({"replay.batch_size": "int(0,16)"}, "batch_size is 0"),
        ({"bootstrap": "choice(double,greedy)"}, "give parts themselves"),
        ({"discount": "[0.9,0.99]"}, "a range is log"),
        ({"discount": "uniform(0.5,0.9)", "agent.discount": "uniform(0.5,0.9)"}, "twice"),
    ],
)
def test_what_cannot_be_searched_is_refused(search, words):
    with pytest.raises(UsageError, match=words):
        search_of(AGENT, search)


def test_an_impossible_agent_is_refused_when_it_is_made():
    search = search_of(AGENT, {"replay.batch_size": [8, 128], "replay.capacity": [64, 50_000]})
    with pytest.raises(UsageError, match="batch_size"):
        search.with_values({"replay.batch_size": 128, "replay.capacity": 64})


@pytest.mark.parametrize("name", in_turn(list(AGENTS), share=6))
def test_every_named_agent_has_a_usual_search_around_it(name):
    for env in ("CartPole-v1", "FrozenLake-v1"):
        preset = presets.resolve(env, name)
        search = search_of(preset.agent, default_space(preset.agent, preset.steps))
        assert "discount" in search.ranges
        fields = ("optimizer", "explorer", "bootstrap", "head")
        assert any(path.startswith(fields) for path in search.ranges)
        assert len(search.default()) == len(search.ranges) or name == "btr"


def test_what_an_agent_does_not_have_is_not_searched():
    own = AGENT.replace(network=networks.Table())
    assert "network.hidden" not in default_space(own, 1000)
    assert "network.hidden" in default_space(AGENT, 1000)
