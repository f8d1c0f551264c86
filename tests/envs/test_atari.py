"""Atari games: the same pictures, scores and ends from the compiled loop as from Gymnasium."""

import jax
import numpy as np
import pytest

import qlax
from qlax.envs.backends.ale import AtariGames
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.opening import describe
from qlax.envs.select import select
from qlax.envs.worlds import atari
from qlax.networks import CNN
from qlax.observations import Pixels
from qlax.replay import Uniform
from tests.probes.training import agent_for_probes
from tests.tiers import in_turn, one_in

NOOP = 0


@pytest.fixture(name="from_the_start")
def _from_the_start(monkeypatch):
    """Games that begin at once: what differs otherwise is how many frames are waited for."""
    monkeypatch.setattr(atari, "MOST_NOOPS", 0)


@pytest.mark.usefixtures("from_the_start")
@pytest.mark.parametrize(("game", "lives"), in_turn([("Pong", 0), ("Breakout", 5)], 2))
def test_the_compiled_game_is_gymnasiums(game, lives):
    """Where a life ends, the stack begins anew, and the reward of the step after is not counted."""
    env = f"{game}NoFrameskip-v4"
    ours, theirs = select(env, num_envs=1).env, select(env, num_envs=1, backend="gymnasium").env
    assert isinstance(ours, AtariGames)
    assert isinstance(theirs, GymnasiumEnv)
    state, seen = jax.jit(ours.init)(jax.random.key(0))
    step = jax.jit(ours.step)
    shown = theirs.reset(0)
    actions = np.random.default_rng(1).integers(0, ours.spec.num_actions, 700)
    ended, fresh, paid = 0, 0, np.zeros(2)
    for action in actions:
        frames = min(fresh, atari.STACK - 1) + 1
        np.testing.assert_array_equal(seen.observation[0, -frames:], shown.observation[0, -frames:])
        assert not seen.observation[0, :-frames].any()
        assert not seen.terminated[0] or shown.terminated[0] or lives
        life_lost = bool(seen.terminated[0]) and not shown.terminated[0]
        ended += life_lost
        fresh = 0 if seen.done[0] else fresh + 1
        state, seen = step(state, np.full(1, action, np.int32))
        shown = theirs.step(np.full(1, action))
        paid += (seen.reward[0], 0.0 if life_lost else shown.reward[0])
        assert bool(shown.done[0]) <= bool(seen.done[0])
    assert paid[0] == paid[1]
    assert (ended > 5) == (lives > 0)


def test_ids_say_whether_actions_stick():
    sticky, plain = (
        select(env, num_envs=2).env for env in ("ALE/Breakout-v5", "BreakoutNoFrameskip-v4")
    )
    played = []
    for env in (sticky, plain, plain):
        state, _ = jax.jit(env.init)(jax.random.key(0))
        step = jax.jit(env.step)
        for action in np.random.default_rng(0).integers(0, 4, (60, 2), np.int32):
            state, seen = step(state, action)
        played.append(np.asarray(seen.observation))
    np.testing.assert_array_equal(played[1], played[2])
    assert (played[0] != played[1]).any()


def test_a_game_is_described_as_it_is_seen():
    space = describe("ALE/Pong-v5").observation
    assert (space.shape, space.dtype, space.frames, space.padding) == (
        (4, 84, 84),
        "uint8",
        4,
        "zeros",
    )


@one_in(4, 2)
def test_a_run_goes_on_in_new_games(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    agent = agent_for_probes(
        network=CNN(channels=(4,), kernels=(8,), strides=(8,), hidden=()),
        observation=Pixels(),
        replay=Uniform(capacity=256, batch_size=4, n_step=2),
        num_envs=2,
        learning_starts=32,
        time_limit=50,
    )
    run = qlax.train("ALE/Pong-v5", agent, steps=400, eval_episodes=0, out="run")
    assert run.result["backend"] == "ale"
    on = qlax.resume("run", steps=600)
    assert on.result["env_steps"] == 600
    assert on.policy.predict(np.zeros((4, 84, 84), np.uint8)) in range(6)


def test_time_limits_count_steps_not_frames():
    env = select("ALE/Pong-v5", num_envs=1, time_limit=20).env
    state, seen = jax.jit(env.init)(jax.random.key(0))
    step = jax.jit(env.step)
    steps = 0
    while not seen.done[0]:
        state, seen = step(state, np.zeros(1, np.int32))
        steps += 1
    assert seen.truncated[0]
    assert 20 - atari.MOST_NOOPS <= steps <= 20
