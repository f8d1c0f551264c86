"""Doom's scenarios: pictures, numbers, rewards and ends as the game has them."""

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
from qlax.envs.worlds import doom
from qlax.networks import CNN, MLP, PerKey
from qlax.observations import Pixels
from qlax.optimizers import Adam
from qlax.replay import Uniform
from qlax.spaces import Composite
from tests.probes.training import agent_for_probes
from tests.tiers import one_in

pytest.importorskip("vizdoom")
cv2 = pytest.importorskip("cv2")

pytestmark = pytest.mark.usefixtures("elsewhere")

PICTURES = ((4, 60, 80), "uint8", 4, "first")
NOTHING, SHOOT = 0, 1


@pytest.fixture(name="elsewhere")
def _elsewhere(tmp_path, monkeypatch):
    """A folder that is found empty again: the game would leave a folder and a file of settings."""
    folder = tmp_path / "working"
    folder.mkdir()
    monkeypatch.chdir(folder)
    yield folder
    assert list(folder.iterdir()) == []


def played(env, seed, actions):
    """Return everything an environment shows and pays, reset wherever an episode ends."""
    made = source_of(env).make()
    shown = [(made.reset(seed=seed)[0], 0.0, False, False)]
    for action in actions:
        shown.append(made.step(action)[:4])
        if shown[-1][2] or shown[-1][3]:
            shown.append((made.reset()[0], 0.0, False, False))
    made.close()
    made.close()
    return shown


def described(space):
    return space.shape, space.dtype, space.frames, space.padding


def test_a_scenario_is_described_as_it_is_seen():
    spec = describe("VizdoomDefendCenter-v1")
    assert isinstance(spec.observation, Composite)
    entries = dict(spec.observation.entries)
    assert described(entries.pop("screen")) == PICTURES
    assert described(entries.pop("gamevariables")) == ((4, 2), "float32", 4, "first")
    assert entries == {}
    assert (spec.num_actions, spec.time_limit) == (4, 525)
    assert describe("VizdoomDefendLine-v1").time_limit is None


def test_of_a_scenario_without_numbers_pictures_are_seen_alone():
    assert described(describe("VizdoomMyWayHome-v1").observation) == PICTURES


def test_buttons_that_are_pressed_together_are_combined():
    spec = describe("VizdoomBasic-MultiBinary-v1")
    assert spec.actions is not None
    assert spec.num_actions == 2 ** len(spec.actions.sizes)


def test_actions_of_several_kinds_are_refused():
    with pytest.raises(UsageError, match="its action space must be Discrete, MultiDiscrete"):
        describe("VizdoomDeathmatch-v1")


def test_text_is_refused():
    with pytest.raises(UsageError, match="has observations Text, but arrays are needed"):
        describe("VizdoomBasicNotifications-v1")


def test_an_action_lasts_four_frames_and_stacks_are_of_successive_pictures(elsewhere):
    """The same game is played frame by frame, through nothing but ViZDoom's own environment."""
    actions = np.random.default_rng(0).integers(0, 4, 120)
    ours = iter(played("VizdoomDefendCenter-v1", 3, actions))
    game = gymnasium.make("VizdoomDefendCenter-v1", screen_resolution=doom.SCREEN)
    game.unwrapped.game.set_doom_config_path(str(elsewhere.parent / "settings"))
    (seen, _), pictures, numbers = game.reset(seed=3), deque(maxlen=4), deque(maxlen=4)
    paid, terminated, ends = 0.0, False, 0

    def compare():
        small = cv2.resize(
            cv2.cvtColor(seen["screen"], cv2.COLOR_RGB2GRAY), (80, 60), interpolation=cv2.INTER_AREA
        )
        for kept, new in ((pictures, small), (numbers, seen["gamevariables"])):
            kept.extend([new] * (1 if kept else 4))
        shown, reward, *ended = next(ours)
        np.testing.assert_array_equal(shown["screen"], np.stack(pictures))
        np.testing.assert_array_equal(shown["gamevariables"], np.stack(numbers))
        assert (reward, ended) == (paid, [terminated, False])

    compare()
    assert seen["gamevariables"].tolist() == [26.0, 100.0]  # ammunition and health
    for action in actions:
        paid = 0.0
        for _ in range(4):
            seen, reward, terminated, _, _ = game.step(int(action))
            paid += reward
            if terminated:
                break
        compare()
        if terminated:
            ends += 1
            (seen, _), paid, terminated = game.reset(), 0.0, False
            pictures.clear()
            numbers.clear()
            compare()
    assert ends == 1
    game.close()
    (elsewhere / "_vizdoom").rmdir()


def test_running_out_of_time_is_truncation_and_the_last_picture_is_seen():
    env = GymnasiumEnv(source_of("VizdoomBasic-v1").make, 1, describe("VizdoomBasic-v1"))
    env.reset(0)
    shown = [env.step(np.array([NOTHING])) for _ in range(75)]
    env.close()
    assert [bool(step.done[0]) for step in shown] == [False] * 74 + [True]
    assert shown[-1].truncated[0]
    assert not shown[-1].terminated[0]
    assert sum(step.reward[0] for step in shown) == -300.0  # one for each frame
    assert (shown[-1].observation["screen"][0].max((1, 2)) > 100).all()
    assert (shown[-1].observation["gamevariables"] == 50.0).all()


def test_a_time_limit_of_ones_own_takes_the_place_of_the_scenarios():
    spec = describe("VizdoomBasic-v1", time_limit=80)
    assert spec.time_limit == 80
    made = source_of("VizdoomBasic-v1").make(80)
    made.reset(seed=0)
    ended = [made.step(NOTHING)[2:4] for _ in range(80)]
    made.close()
    assert ended == [(False, False)] * 79 + [(False, True)]


def test_the_scenarios_own_ends_are_terminal():
    shown = played("VizdoomHealthGathering-v1", 0, [NOTHING] * 100)
    ends = [(step[2], step[3]) for step in shown if step[2] or step[3]]
    assert ends == [(True, False)]  # who gathers no medikits lives for so long


def test_a_seed_and_actions_make_the_game():
    actions = np.random.default_rng(1).integers(0, 4, 150)
    first, same, other = (played("VizdoomBasic-v1", seed, actions) for seed in (5, 5, 6))
    assert len(first) == len(same) > 151
    for (seen, *paid), (again, *paid_again) in zip(first, same, strict=True):
        np.testing.assert_array_equal(seen["screen"], again["screen"])
        np.testing.assert_array_equal(seen["gamevariables"], again["gamevariables"])
        assert paid == paid_again
    assert (first[0][0]["screen"] != other[0][0]["screen"]).any()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no groups of processes")
def test_ctrl_c_does_not_end_the_game():
    """A terminal sends it to the game as well, which is asked to play on to the end of the run."""
    code = """
import os, signal, time
from qlax.envs.opening import source_of
env = source_of("VizdoomBasic-v1").make()
env.reset(seed=0)
asked = []
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, frame: asked.append(number))
    os.killpg(0, number)
time.sleep(0.5)
env.step(0)
env.close()
print(len(asked))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, start_new_session=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["2"]


@one_in(4, 0)
def test_a_run_sees_pictures_and_numbers_and_goes_on_in_new_games(tmp_path):
    network = PerKey(
        keys=("screen", "gamevariables"),
        networks=(CNN(channels=(4,), kernels=(8,), strides=(8,), hidden=()), MLP(hidden=(4,))),
    )
    agent = agent_for_probes(
        network=network,
        observation=Pixels(),
        replay=Uniform(capacity=256, batch_size=4, n_step=2),
        optimizer=Adam(learning_rate=1e-4),
        num_envs=2,
        learning_starts=32,
    )
    run = qlax.train("VizdoomBasic-v1", agent, steps=200, eval_episodes=1, out=tmp_path / "run")
    assert run.result["backend"] == "gymnasium"
    assert -400.0 <= run.result["eval"]["mean"] <= 100.0
    on = qlax.resume(tmp_path / "run", steps=260)
    assert on.result["env_steps"] == 260
    seen = {
        "screen": np.zeros((4, 60, 80), np.uint8),
        "gamevariables": np.full((4, 1), 50.0, np.float32),
    }
    values = on.policy.q_values(seen)
    assert np.isfinite(values).all()
    for name in seen:
        changed = {**seen, name: seen[name] + 9}
        assert (values != on.policy.q_values(changed)).any(), name


def test_the_game_needs_nothing_of_the_folder_one_is_in(elsewhere):
    # A link to nowhere: the game can neither find nor make its folder there, as when another game
    # makes it at the same moment.
    link = elsewhere / "_vizdoom"
    link.symlink_to("nowhere")
    env = source_of("VizdoomBasic-v1").make()
    env.reset(seed=0)
    assert env.step(NOTHING)[1] < 0
    env.close()
    link.unlink()
