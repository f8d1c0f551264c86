"""What is advised for environments that the presets do not name, two dozen of them."""

import functools

import pytest

import qlax
from qlax import explorers, memories, networks, observations, presets, rewards
from qlax.envs.opening import opened
from qlax.presets.resolve import advised
from tests.advising import worlds

FROZEN, CATCH = "FrozenLake-v1", "Catch-bsuite"


def env(kind, **arguments):
    return functools.partial(kind, **arguments) if arguments else kind


# An environment, its arguments, the agent that is advised, and what else must be so.
ROWS = {
    "lake 8x8": (FROZEN, {"map_name": "8x8"}, "q_table", {"n_step": 1}),
    "lake not slippery": (FROZEN, {"is_slippery": False}, "q_table", {}),
    "cliff slippery": ("CliffWalking-v1", {"is_slippery": True}, "q_table", {"time_limit": 1_000}),
    "taxi rainy": ("Taxi-v4", {"is_rainy": True}, "q_table", {}),
    "blackjack": ("Blackjack-v1", {}, "q_table", {"n_step": 1, "network": networks.Table()}),
    "blackjack natural": ("Blackjack-v1", {"natural": True}, "q_table", {}),
    "catch": (CATCH, {}, "dqn", {"observation": observations.Raw()}),
    "deep sea": ("DeepSea-bsuite", {"size": 12}, "bootstrapped_dqn", {}),
    "memory chain": ("MemoryChain-bsuite", {}, "r2d2", {"memory": memories.LSTM(size=64)}),
    "discounting chain": ("DiscountingChain-bsuite", {}, "dqn", {}),
    "cart of old": ("CartPole-v0", {}, "dqn", {"duration": explorers.OneStep()}),
    "sparse": (worlds.Walk, {"length": 60}, "dqn", {"n_step": 10}),
    "punished": (worlds.Walk, {"step": -1.0, "goal": -1.0, "length": 60}, "dqn", {"n_step": 10}),
    "dense": (worlds.Balance, {}, "dqn", {"observation": observations.Normalise(), "n_step": 3}),
    "huge rewards": (worlds.Balance, {"scale": 1e6}, "dqn", {"factor": 1e-6}),
    "tiny rewards": (worlds.Balance, {"scale": 1e-5}, "dqn", {"factor": 1e5}),
    "wide": (worlds.Balance, {"numbers": 500}, "dqn", {"hidden": (256, 256)}),
    "one step": (worlds.Bandit, {}, "dqn", {"n_step": 1, "steps": 20_000}),
    "many arms": (worlds.Bandit, {"arms": 500}, "dueling_dqn", {}),
    "large picture": (worlds.Picture, {}, "dqn", {"network": networks.CNN, "num_envs": 8}),
    "small picture": (worlds.Picture, {"size": 12}, "dqn", {"network": networks.CNN}),
    "picture and numbers": (worlds.Picture, {"beside": True}, "dqn", {"network": networks.PerKey}),
    "recall": (worlds.Recall, {}, "r2d2", {}),
    "masks": (worlds.Masked, {}, "dqn", {}),
    "states": (worlds.States, {}, "q_table", {}),
    "states from 7": (worlds.States, {"start": 7}, "q_table", {}),
    "endless": (worlds.Endless, {}, "dqn", {"time_limit": 1_000}),
}


def found(agent, name):
    """Return a field of an agent, wherever it is."""
    parts = [agent, agent.network, agent.replay, agent.explorer, agent.reward]
    return next(getattr(part, name) for part in parts if hasattr(part, name))


def chosen(row):
    made, arguments, *_ = row
    given = made if isinstance(made, str) else env(made, **arguments)
    with opened(given, arguments if isinstance(made, str) else None) as source:
        return advised(source)


@pytest.mark.parametrize("name", ROWS)
def test_what_is_advised(name):
    *_, agent, facts = row = ROWS[name]
    preset = chosen(row)
    assert preset.name == agent
    assert not preset.tuned
    assert [reason for reason in preset.advised if reason.sentence.endswith(".")] == []
    assert preset.advised[0].about == "agent"
    for fact, value in facts.items():
        if fact == "steps":
            assert preset.steps == value
        elif isinstance(value, type):
            assert isinstance(found(preset.agent, fact), value)
        else:
            assert found(preset.agent, fact) == value


@pytest.mark.parametrize("name", ["masks", "deep sea"])
def test_it_is_the_same_each_time(name):
    assert chosen(ROWS[name]) == chosen(ROWS[name])


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ROWS)
def test_what_is_advised_can_be_trained(name, tmp_path):
    made, arguments, *_ = ROWS[name]
    given, kwargs = (made, arguments) if isinstance(made, str) else (env(made, **arguments), {})
    preset = chosen(ROWS[name])
    steps = max(2 * preset.agent.learning_starts, 600)
    options = {"env_kwargs": kwargs, "eval_episodes": 0, "out": tmp_path / "run"}
    run = qlax.train(given, preset, steps=steps, **options)
    assert run.result["updates"] > 0


def test_rewards_that_networks_learn_well_are_left_alone():
    for name in ("dense", "catch", "one step"):
        assert chosen(ROWS[name]).agent.reward == rewards.Unchanged()


def test_any_agent_can_be_named():
    with opened(worlds.Balance) as source:
        rainbow = advised(source, "rainbow")
        assert rainbow.name == "rainbow"
        assert rainbow.agent.head.high < presets.rainbow().head.high  # as returns here are
        assert rainbow.advised[0].sentence == "you named rainbow"
        assert advised(source, "btr").agent == presets.btr()  # which stays as published
