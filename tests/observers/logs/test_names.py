"""What logs call numbers and settings."""

import dataclasses

import pytest

from qlax import Agent, presets
from qlax.envs.opening import source_of
from qlax.observers.logs.names import name_of, numbers_of, outcome_of, settings_of
from qlax.runs.plan import Plan, intervals
from qlax.schedules import Linear


def test_numbers_have_names_by_what_they_are_of():
    names = ["episode_return", "episode_length", "loss", "q_value", "updates", "dormant"]
    assert [name_of(name) for name in names] == [
        "train/return",
        "train/length",
        "train/loss",
        "train/q_value",
        "train/updates",
        "train/dormant",
    ]
    assert name_of("eval_return") == "eval/return"
    assert name_of("eval_std") == "eval/std"
    assert name_of("epsilon") == "explore/epsilon"


def test_speeds_are_those_since_the_row_before():
    before = {"env_steps": 100, "updates": 10, "seconds": 1.0}
    row = {"env_steps": 300, "updates": 110, "seconds": 1.5, "loss": None, "eval_return": 7.0}
    assert numbers_of(row, before) == {
        "train/updates": 110,
        "time/seconds": 1.5,
        "eval/return": 7.0,
        "time/steps_per_second": 400,
        "time/updates_per_second": 200,
    }
    assert numbers_of(row, None)["time/steps_per_second"] == 200


@pytest.mark.parametrize("seconds", [None, 1.0])
def test_no_speed_without_time(seconds):
    row = {"env_steps": 300, "updates": 110, "seconds": seconds}
    assert "time/steps_per_second" not in numbers_of(row, {"env_steps": 100, "seconds": 1.0})


def test_the_outcome_has_the_final_and_the_best_evaluation():
    result = {
        "eval": {"mean": -105.0, "std": 2.0, "min": -110.0, "episodes": 9, "returns": [1, 2]},
        "best": {"env_steps": 80, "mean": -101.0},
        "solved": True,
        "train_seconds": 3.0,
        "eval_seconds": None,
    }
    assert outcome_of(result) == {
        "final/return": -105.0,
        "final/std": 2.0,
        "final/min": -110.0,
        "final/episodes": 9.0,
        "final/solved": 1.0,
        "final/best_env_steps": 80.0,
        "final/best_return": -101.0,
        "final/train_seconds": 3.0,
    }
    assert outcome_of({"eval": None, "best": None, "solved": None}) == {}


def test_settings_are_flat_and_say_what_was_fitted():
    source = source_of("FrozenLake-v1", {"is_slippery": False})
    preset = presets.resolve(source, "dqn")
    agent = dataclasses.replace(preset.agent, discount=0.5)
    plan = Plan(
        source=source,
        agent=agent,
        agent_name="dqn",
        changed=preset.changed,
        backend="jax",
        seed=7,
        steps=100,
        eval_episodes=None,
        side_by_side=0,
        **intervals(agent, 100, checkpoint_every=None, eval_every=None),
    )
    settings = settings_of(plan)
    assert settings["env"] == "FrozenLake-v1"
    assert settings["env.is_slippery"] is False
    assert (settings["agent"], settings["seed"], settings["steps"]) == ("dqn", 7, 100)
    assert settings["agent.discount"] == 0.5
    assert settings["agent.replay"] == "replay.Uniform"
    assert settings["agent.replay.capacity"] == agent.replay.capacity
    assert all(isinstance(value, bool | int | float | str) for value in settings.values())
    for entry in preset.changed:
        assert settings[f"fitted.{entry.field}"] == f"{entry.before} → {entry.after}"


def test_parts_inside_parts_and_endless_numbers_are_settings_too():
    agent = Agent(optimizer=type(Agent().optimizer)(learning_rate=Linear(steps=9)))
    source = source_of("CartPole-v1", {})
    plan = Plan(
        source=source,
        agent=agent,
        agent_name="mine",
        backend="jax",
        seed=0,
        steps=100,
        eval_episodes=0,
        side_by_side=0,
        **intervals(agent, 100, checkpoint_every=None, eval_every=0),
    )
    settings = settings_of(plan)
    assert settings["agent.optimizer.learning_rate"] == "schedules.Linear"
    assert settings["agent.optimizer.learning_rate.steps"] == 9
    assert settings["agent.memory"] == "None"
