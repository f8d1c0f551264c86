"""Settings side by side."""

import dataclasses

import qlax
from qlax import config
from qlax.board.settings import side_by_side, text_of


def configured(agent, **more):
    return {
        "env": "CartPole-v1",
        "env_kwargs": {},
        "seed": 0,
        "agent": config.to_json(agent),
        **more,
    }


def differing(*configs):
    found = {entry.field: entry.values for entry in side_by_side(configs) if entry.differs}
    assert all(len(values) == len(configs) for values in found.values())
    return found


def test_differences_are_those_of_the_agents():
    one = qlax.presets.dqn()
    other = one.replace(discount=0.9, replay=dataclasses.replace(one.replay, capacity=123_456))
    expected = {entry.field for entry in qlax.differences.differences(one, other)}
    found = differing(configured(one), configured(other))
    assert set(found) == expected == {"discount", "replay.capacity"}
    assert found["replay.capacity"][1] == "123,456"


def test_parts_of_other_kinds_are_one_difference():
    found = differing(configured(qlax.presets.dqn()), configured(qlax.presets.c51()))
    assert found["head"][0].startswith("Scalar(")
    assert not any(field.startswith("head.") for field in found)


def test_any_number_of_runs_and_arguments_of_the_environment():
    agent = qlax.presets.dqn()
    configs = [configured(agent, env_kwargs={"size": size}, seed=size) for size in (1, 2, 3)]
    assert differing(*configs) == {"env_kwargs.size": ["1", "2", "3"], "seed": ["1", "2", "3"]}
    assert differing(configs[0]) == {}
    assert differing(configured(agent), configs[0])["env_kwargs.size"] == ["none", "1"]


def test_values_are_as_people_write_them():
    assert text_of({"type": "networks.MLP", "hidden": [64, 64]}) == "MLP(hidden=(64, 64))"
    assert text_of({"custom": "MyNet", "size": 3}) == "custom=MyNet, size=3"
    assert text_of({"float": "-inf"}) == "-inf"
    assert [text_of(value) for value in (True, None, 1e-05, 50_000, [3], "relu")] == [
        "yes",
        "none",
        "1e-05",
        "50,000",
        "(3,)",
        "relu",
    ]
