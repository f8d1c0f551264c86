"""MiniGrid and BabyAI: missions as arrays, true limits, and steps that count."""

import subprocess
import sys

import gymnasium
import numpy as np
import pytest

import qlax
from qlax import networks
from qlax.envs.opening import describe, source_of
from qlax.envs.select import select
from qlax.envs.worlds.minigrid import Language, Readable, language_of
from qlax.observations import ScaleToBounds
from qlax.replay import Uniform
from qlax.spaces import Box, Composite, Discrete
from tests.probes.training import agent_for_probes

LANGUAGE = Language(words=(",", "go", "left", "then"), positions=4)
ROOMS = (
    "MiniGrid-BlockedUnlockPickup-v0",
    "MiniGrid-DoorKey-5x5-v0",
    "MiniGrid-Dynamic-Obstacles-5x5-v0",
    "MiniGrid-Fetch-8x8-N3-v0",
    "MiniGrid-GoToObject-8x8-N2-v0",
    "MiniGrid-KeyCorridorS3R3-v0",
    "MiniGrid-LockedRoom-v0",
    "MiniGrid-MemoryS7-v0",
    "MiniGrid-PutNear-8x8-N3-v0",
    "BabyAI-BossLevel-v0",
    "BabyAI-GoToRedBall-v0",
    "BabyAI-MoveTwoAcrossS8N9-v0",
    "BabyAI-Open-v0",
    "BabyAI-SynthSeq-v0",
)


def readable(env):
    while not isinstance(env, Readable):
        env = env.env
    return env


def said(language, encoded):
    """Return the sentence that an array stands for."""
    rows = encoded.reshape(language.positions, len(language.words))
    assert set(np.unique(rows)) <= {0, 1}
    assert (np.diff(rows.sum(1, dtype=int)) <= 0).all(), "no word comes after the last"
    return " ".join(language.words[row.argmax()] for row in rows if row.any())


def test_a_sentence_is_a_row_for_each_word():
    expected = [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    np.testing.assert_array_equal(LANGUAGE.encode("go, then").reshape(4, 4), expected)


@pytest.mark.parametrize("name", ROOMS)
def test_every_mission_is_read_exactly_and_observations_stay_within_their_space(name):
    env = source_of(name).make()
    language = readable(env).language
    rng = np.random.default_rng(0)
    for seed in range(12):
        seen, _ = env.reset(seed=seed)
        for _ in range(15):
            assert seen in env.observation_space
            mission = env.unwrapped.mission
            assert said(language, seen["mission"]) == mission.replace(",", " ,")
            seen, _, terminated, truncated, _ = env.step(rng.integers(env.action_space.n))
            if terminated or truncated:
                break


def test_the_language_is_that_of_all_missions():
    from minigrid.core.mission import MissionSpace

    space = MissionSpace(lambda a, b: f"take {a} to {b}", [["x", "y z"], ["u", "v"]])
    assert language_of(space) == Language(("take", "to", "u", "v", "x", "y", "z"), 5)


def test_the_longest_sentence_of_babyai_fits():
    language = readable(source_of("BabyAI-BossLevel-v0").make()).language
    put = "put the yellow box on your right next to a grey ball behind you"
    sentence = f"{put} and open a door, then go to the object on your left and {put}"
    assert said(language, language.encode(sentence)) == sentence.replace(",", " ,")
    front = "a yellow box in front of you"
    longest = f"put {front} next to {front}"
    longest = f"{longest} and {longest} after you {longest} and {longest}"
    assert len(longest.split()) == language.positions


def test_rooms_are_described_as_they_are_seen():
    spec = describe("MiniGrid-Fetch-5x5-N2-v0")
    entries = dict(spec.observation.entries)
    assert isinstance(spec.observation, Composite)
    assert entries["direction"] == Discrete(4)
    image = entries["image"]
    assert isinstance(image, Box)
    assert (image.shape, image.dtype, image.low) == ((7, 7, 3), "uint8", 0.0)
    assert image.high == (10.0, 5.0, 2.0) * 49
    assert (entries["mission"].low, entries["mission"].high) == (0.0, 1.0)
    assert spec.num_actions == 7


def test_a_room_that_says_nothing_shows_no_mission():
    spec = describe("MiniGrid-Playground-v0")
    assert [name for name, _ in spec.observation.entries] == ["direction", "image"]


@pytest.mark.parametrize(
    ("given", "expected"), [(None, 100), (7, 7)], ids=["the room's own limit", "another"]
)
def test_the_limit_of_steps_truncates(given, expected):
    """An empty room of five by five gives 4 · 5² steps; turning left never ends it."""
    chosen = select("MiniGrid-Empty-5x5-v0", num_envs=1, time_limit=given)
    assert chosen.env.spec.time_limit == expected
    timestep, steps = chosen.env.reset(0), 0
    while not timestep.done[0]:
        timestep = chosen.env.step(np.zeros(1, int))
        steps += 1
    assert steps == expected
    assert timestep.truncated[0]
    assert not timestep.terminated[0]


def test_babyai_has_a_limit_that_episodes_draw():
    assert describe("BabyAI-GoToRedBall-v0").time_limit is None
    env = source_of("BabyAI-GoToRedBall-v0").make()
    env.reset(seed=0)
    truncated, steps = False, 0
    while not truncated:
        _, _, terminated, truncated, _ = env.step(0)
        steps += 1
        assert not terminated or truncated
    assert steps == env.unwrapped.max_steps == 64


def test_nothing_is_printed_while_babyai_draws_levels(capfd, monkeypatch):
    from minigrid.envs.babyai.core import roomgrid_level

    name = "BabyAI-MiniBossLevel-v0"
    for make, prints in (
        (source_of(name).make, False),
        (lambda: gymnasium.make(name, disable_env_checker=True), True),
    ):
        env = make()
        if prints:
            monkeypatch.delattr(roomgrid_level, "print")
        for seed in range(15):
            env.reset(seed=seed)
        assert ("rejected" in capfd.readouterr().out) == prints


def test_an_agent_trains_on_all_that_is_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    reader = networks.PerKey(
        keys=("image", "direction", "mission"),
        networks=(
            networks.CNN(channels=(4,), kernels=(3,), strides=(1,), hidden=()),
            networks.Table(),
            networks.MLP(hidden=(8,)),
        ),
    )
    agent = agent_for_probes(
        network=reader,
        observation=ScaleToBounds(),
        replay=Uniform(capacity=256, batch_size=4, n_step=2),
        num_envs=2,
        learning_starts=32,
    )
    run = qlax.train("MiniGrid-GoToDoor-5x5-v0", agent, steps=200, eval_episodes=1, out="run")
    assert run.result["backend"] == "gymnasium"
    assert run.result["env_steps"] == 200


def test_minigrid_is_imported_once_it_is_asked_for():
    code = (
        "import sys, qlax.envs.select, qlax.envs.worlds.minigrid\n"
        "qlax.envs.opening.describe('CartPole-v1')\n"
        "sys.exit('minigrid' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
