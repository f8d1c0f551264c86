"""The rules: each decides its own fields, for whatever an environment is like, and says why."""

import dataclasses

import pytest

from qlax.envs.traits import Episodes, Rewards, Shown, Traits
from qlax.presets.advising import RULES, choose
from qlax.presets.fitting import Settings
from qlax.spaces import Box, Discrete, EnvSpec

SPEC = EnvSpec(id="Own-v0", observation=Box((3,), "float32", -1.0, 1.0), num_actions=2)
REWARDS = Rewards(
    lowest=-1.0,
    highest=1.0,
    kinds=9,
    paid=1.0,
    smallest=0.1,
    only_at_ends=False,
    lowest_return=-5.0,
    highest_return=5.0,
)
EPISODES = Episodes(
    terminated=50,
    truncated=0,
    shortest=5,
    longest=60,
    mean=20.0,
    held_mean=20.0,
    begin_alike=False,
)
SHOWN = Shown(
    share_new=1.0,
    is_binary=False,
    largest=1.0,
    share_of_limits=0.5,
    reach=1.2,
    constant=0,
    past_tells=0.0,
    chance=0.0,
)
USUAL = Traits(spec=SPEC, steps=4_000, rewards=REWARDS, episodes=EPISODES, shown=SHOWN)


def like(**changes):
    """Return the usual traits with fields changed, of whichever part has them."""
    parts = {"spec": SPEC, "rewards": REWARDS, "episodes": EPISODES, "shown": SHOWN}
    for name, part in parts.items():
        own = {field.name for field in dataclasses.fields(part)} & set(changes)
        parts[name] = dataclasses.replace(part, **{field: changes[field] for field in own})
    return dataclasses.replace(USUAL, **parts)


def settings(**changes):
    return choose(like(**changes)).settings


def test_every_field_is_decided_once_and_with_a_reason():
    decided = [field for rule in RULES for field in rule.decides]
    names = {field.name for field in dataclasses.fields(Settings)}
    assert len(decided) == len(set(decided))
    assert names - set(decided) == {"sequences", "actions"}  # which agents have of their own
    reasons = choose(USUAL).reasons
    assert [reason.about for reason in reasons] == ["agent", *(rule.name for rule in RULES)]
    assert all(reason.sentence for reason in reasons)


def test_nothing_needs_to_be_known():
    unplayed = choose(Traits(spec=SPEC))
    assert unplayed.name == "dqn"
    assert unplayed.settings.reward is None


def test_a_goal_that_is_hard_to_reach_is_wandered_to():
    alike = {"kinds": 1, "lowest": -1.0, "highest": -1.0, "terminated": 0, "truncated": 20}
    far = settings(**alike, reach=3.0)
    assert (far.n_step, far.duration.high) == (10, 40)
    assert far.epsilon.steps == 2 * settings().epsilon.steps
    near = settings(**alike, reach=1.0)
    assert (near.n_step, type(near.duration).__name__) == (3, "Zeta")
    ends = settings(kinds=1, terminated=50)  # as CartPole: ends are news
    assert ends.n_step == 3


def test_exploration_that_ends_episodes_does_not_last():
    assert type(settings(held_mean=10.0).duration).__name__ == "OneStep"
    assert type(settings(held_mean=20.0).duration).__name__ == "Zeta"


@pytest.mark.parametrize(
    ("size", "factor"), [(0.005, 1e3), (0.05, None), (100.0, None), (101.0, 0.01), (5e6, 1e-6)]
)
def test_rewards_get_a_size_that_networks_learn(size, factor):
    stage = settings(lowest=-size, highest=size).reward
    assert (stage and stage.factor) == (factor and pytest.approx(factor))


def test_small_costs_before_an_unseen_prize_are_not_blown_up():
    assert settings(lowest=-0.001, highest=0.0, kinds=2).reward is None


@pytest.mark.parametrize(
    ("changes", "stage"),
    [
        ({"share_of_limits": 0.1}, "Normalise"),
        ({"share_of_limits": 0.4}, "ScaleToBounds"),
        ({"is_binary": True}, "Raw"),
    ],
)
def test_observations_are_scaled_by_what_is_seen(changes, stage):
    assert type(settings(**changes).observation).__name__ == stage


def test_long_episodes_are_looked_far_ahead_in_and_endless_ones_are_cut():
    long = like(longest=1_000)
    long = dataclasses.replace(long, spec=dataclasses.replace(SPEC, time_limit=1_000))
    assert choose(long).settings.discount == 0.995
    assert choose(long).settings.time_limit is None
    assert settings(longest=700, terminated=0).time_limit == 1_000


def test_chance_is_not_summed():
    assert settings(chance=0.6).n_step == 1
    assert settings(chance=0.6, past_tells=0.5).n_step == 3  # it is no chance to who remembers


@pytest.mark.parametrize(
    ("changes", "agent"),
    [
        ({}, "dqn"),
        ({"past_tells": 0.5}, "r2d2"),
        ({"num_actions": 60}, "dueling_dqn"),
        ({"observation": Discrete(50)}, "q_table"),
        ({"observation": Discrete(50), "past_tells": 0.5}, "r2d2"),
        (
            {"begin_alike": True, "shortest": 20, "longest": 20, "highest_return": 0.0},
            "bootstrapped_dqn",
        ),
    ],
)
def test_agents(changes, agent):
    assert choose(like(**changes)).name == agent


def test_large_images_get_a_replay_that_fits():
    picture = Box((400, 400, 3), "uint8", 0.0, 255.0)
    assert settings(observation=picture).capacity == 8_000
    assert settings(observation=Box((84, 84, 1), "uint8", 0.0, 255.0)).capacity == 100_000


@pytest.mark.parametrize("size", [1, 3, 10, 300])
def test_returns_hold_what_was_seen(size):
    low, high = settings(lowest_return=-3.0 * size, highest_return=7.0 * size).returns
    assert low <= -3.0 * size
    assert high >= 7.0 * size
