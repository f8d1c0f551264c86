"""Super Mario Bros.: pictures, rewards and ends as the game has them, by any of its releases."""

import subprocess
import sys
from collections import deque

import gymnasium
import numpy as np
import pytest

import qlax
from qlax import UsageError
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.opening import describe, source_of
from qlax.envs.select import select
from qlax.envs.worlds import mario
from qlax.networks import CNN
from qlax.observations import Pixels
from qlax.replay import Uniform
from tests.probes.training import agent_for_probes
from tests.tiers import one_in

pytest.importorskip("gym_super_mario_bros")
cv2 = pytest.importorskip("cv2")

STAGE = "SuperMarioBros-1-1-v0"
NOTHING, WALK, JUMP, RUN, LEAP, HOP, BACK = range(7)


@pytest.fixture(name="game")
def _game():
    """The first stage, by frames and bytes of buttons."""
    describe(STAGE)
    made = mario.Game("SuperMarioBrosEnv", render_mode="rgb_array", target=(1, 1))
    yield made
    made.close()


@pytest.mark.parametrize(
    "identity", [STAGE, "SuperMarioBros-8-4-v0", "SuperMarioBros-v0", "SuperMarioBros2-v0"]
)
def test_a_game_is_described_as_it_is_seen(identity):
    spec = describe(identity)
    space = spec.observation
    described = space.shape, space.dtype, space.frames, space.padding
    assert described == ((4, 84, 84), "uint8", 4, "zeros")
    assert (spec.num_actions, spec.time_limit, spec.reward_threshold) == (7, None, None)


def test_a_stage_that_is_not_there_is_named():
    with pytest.raises(UsageError, match=r"There is no environment 'SuperMarioBros-1-5-v0'.*1-4"):
        describe("SuperMarioBros-1-5-v0")


def test_an_action_lasts_four_frames_and_stacks_are_of_successive_pictures(game):
    made = source_of(STAGE).make()
    actions = [RUN, RUN, LEAP, LEAP, LEAP, LEAP, NOTHING, BACK, WALK, JUMP] * 3
    pictures = deque([np.zeros((84, 84), np.uint8)] * 4, 4)

    def compare(screen, shown):
        red = np.ascontiguousarray(screen[:, :, 0])
        pictures.append(cv2.resize(red, (84, 84), interpolation=cv2.INTER_AREA))
        np.testing.assert_array_equal(shown, np.stack(pictures))

    compare(game.reset(seed=0)[0], made.reset(seed=0)[0])
    total = 0.0
    for action in actions:
        shown, reward, *ended, _ = made.step(action)
        frames = [game.step(mario.MOVES[action]) for _ in range(4)]
        assert reward == sum(frame[1] for frame in frames)
        assert ended == [False, False]
        compare(frames[-1][0], shown)
        total += reward
    assert total > 150
    made.close()


def test_death_ends_a_stage_at_once_and_is_terminal(game):
    """Who only walks meets the first enemy, here in the middle of an action."""
    made = source_of(STAGE).make()
    made.reset(seed=0)
    game.reset(seed=0)
    made.step(BACK)
    terminated = ended = False
    while not terminated:
        _, reward, terminated, truncated, info = made.step(WALK)
    for _ in range(4):
        game.step(mario.LEFT)
    frames = 0
    while not ended:
        *_, ended, _, last = game.step(mario.RIGHT)
        frames += 1
    assert (terminated, truncated) == (True, False)
    assert -15 <= reward < 0
    assert info["x_pos"] == last["x_pos"] > 255  # where a byte does not suffice
    assert not info["flag_get"]
    assert frames % 4 == 2
    assert made.reset()[0][-1].any()
    made.close()


def test_the_reward_is_the_packages_before_it_paid_for_more(game):
    """By hand; and of releases up to 7.4, which pay themselves, frame by frame."""
    here = {"x_pos": 100, "time": 300, "death": False}
    for change, reward in (
        ({}, 0),
        ({"x_pos": 103}, 3),
        ({"x_pos": 97, "time": 299}, -4),
        ({"x_pos": 40}, 0),
        ({"time": 400}, 0),
        ({"x_pos": 102, "death": True}, -15),
    ):
        assert mario.paid(here, {**here, **change}) == reward

    def now(info, terminated):
        return {**info, "death": terminated and not info["flag_get"]}

    game.reset(seed=0)
    before = now(game.step(0)[-1], False)
    rewards = []
    ended = False
    while not ended:
        buttons = mario.LEFT if 40 <= len(rewards) < 60 else mario.RIGHT
        *_, reward, ended, _, info = game.step(buttons)
        assert reward == mario.paid(before, now(info, ended))
        rewards.append(reward)
        before = now(info, ended)
    assert min(rewards) == -15
    assert min(rewards[40:60]) < 0 < max(rewards)


def test_a_whole_game_goes_on_after_a_death():
    whole = mario.Game("SuperMarioBrosEnv")
    whole.reset()
    lives = [whole.step(mario.RIGHT)[-1]["life"] for _ in range(250)]
    assert sorted(set(lives), reverse=True) == [2, 1]
    whole.close()


def test_actions_make_the_game_and_every_episode_begins_alike():
    actions = np.random.default_rng(0).integers(0, 7, 60)
    made = [source_of(STAGE).make() for _ in range(2)]
    played = []
    for env, seed in ((made[0], 0), (made[0], None), (made[1], 7)):
        seen = [env.reset(seed=seed)[0]]
        seen += [env.step(action)[0] for action in actions]
        played.append(np.stack(seen))
    np.testing.assert_array_equal(played[0], played[1])
    np.testing.assert_array_equal(played[0], played[2])
    for env in made:
        env.close()
        env.close()


def test_games_side_by_side_are_the_games_one_by_one(monkeypatch):
    monkeypatch.setattr("qlax.envs.gymnasium.usable_cores", lambda: 3)
    one_by_one = GymnasiumEnv(source_of(STAGE).make, 3, describe(STAGE))
    side_by_side = select(STAGE, num_envs=3).env
    assert side_by_side.threads == 3
    actions = np.random.default_rng(0).integers(0, 7, (40, 3)).astype(np.int32)
    for step in range(-1, 40):
        shown = [
            env.reset(0) if step < 0 else env.step(actions[step])
            for env in (one_by_one, side_by_side)
        ]
        np.testing.assert_array_equal(shown[0].observation, shown[1].observation)
        np.testing.assert_array_equal(shown[0].reward, shown[1].reward)
    one_by_one.close()
    side_by_side.close()


def test_the_rom_is_read_to_its_end(game):
    """Old releases of nes-py stop at its header under NumPy 2, before they are mended."""
    from nes_py._rom import ROM

    rom = ROM(game.unwrapped._console._rom_path)
    assert (len(rom.prg_rom), len(rom.chr_rom)) == (32 * 1024, 8 * 1024)
    assert rom.chr_rom_stop == len(rom.raw_data) == 16 + 40 * 1024
    assert (rom.mapper, rom.has_trainer, rom.is_pal) == (0, False, False)


def test_pictures_for_people_are_the_consoles(game):
    screen, _ = game.reset()
    picture = game.render()
    assert (picture.shape, picture.dtype) == ((240, 256, 3), np.uint8)
    np.testing.assert_array_equal(picture, screen)
    for _ in range(30):
        game.step(mario.RIGHT)
    assert (picture != game.render()).any()


def test_nothing_is_said_of_old_packages():
    """Gym prints that it is unmaintained, and warns of much; here warnings are errors."""
    code = f"from qlax.envs.opening import describe; print(describe({STAGE!r}).num_actions)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("7\n", "")


@one_in(4, 1)
def test_a_run_goes_on_in_new_games(tmp_path):
    agent = agent_for_probes(
        network=CNN(channels=(4,), kernels=(8,), strides=(8,), hidden=()),
        observation=Pixels(),
        replay=Uniform(capacity=256, batch_size=4, n_step=2),
        num_envs=2,
        learning_starts=32,
        time_limit=30,
    )
    run = qlax.train(STAGE, agent, steps=120, eval_episodes=0, out=tmp_path / "run")
    assert run.result["backend"] == "gymnasium"
    on = qlax.resume(tmp_path / "run", steps=160)
    assert on.result["env_steps"] == 160
    assert on.policy.predict(np.zeros((4, 84, 84), np.uint8)) in range(7)


def test_gymnasium_makes_what_is_registered():
    describe(STAGE)
    record = gymnasium.spec(STAGE)
    assert mario.listed(record)
    made = gymnasium.make(record, disable_env_checker=True)
    assert made.observation_space.shape == (240, 256, 3)
    made.reset(seed=0)
    assert len(made.step(0)) == 5
    made.close()
