"""The compiled twins of the small text worlds do what the originals do."""

import re

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qlax
from qlax.cli.summary import outcome_of
from qlax.envs.opening import describe
from qlax.envs.select import select
from qlax.envs.worlds.toy_text import TABLES, ToyText, optimum

KNOWN = [name for name in TABLES if name in gymnasium.registry and "v3" not in name]
DETERMINISTIC = [name for name in KNOWN if "Frozen" not in name and "Slippery" not in name]


def stepped(twin, states, actions, seed):
    keys = jax.random.split(jax.random.key(seed), len(states))
    return jax.jit(jax.vmap(twin.step))(jnp.asarray(states), jnp.asarray(actions), keys)


@pytest.mark.parametrize("name", KNOWN)
def test_every_outcome_comes_with_its_probability(name):
    """A twin's frequencies are the original's, for every state and action."""
    env = gymnasium.make(name).unwrapped
    twin = ToyText(describe(name), gymnasium.make(name))
    repeats = 400 if len(env.P) < 100 else 4
    actions = env.action_space.n
    pairs = np.array([(s, a) for s in env.P for a in range(actions)] * repeats)
    moved = jax.tree.map(np.asarray, stepped(twin, pairs[:, 0], pairs[:, 1], 0))
    reached = np.zeros((len(env.P), actions, len(env.P)))
    for (state, action), after, reward, ended in zip(
        pairs, moved.state, moved.reward, moved.terminated, strict=True
    ):
        possible = {(o[1], np.float32(o[2]), bool(o[3])) for o in env.P[state][action] if o[0] > 0}
        assert (after, reward, ended) in possible
        reached[state, action, after] += 1 / repeats
    for state, action in {tuple(pair) for pair in pairs.tolist()}:
        expected = np.zeros(len(env.P))
        for chance, after, _, _ in env.P[state][action]:
            expected[after] += chance
        # A frequency's standard deviation is at most ½ / √repeats; 5 of them, for many states.
        assert np.abs(reached[state, action] - expected).max() <= 2.5 / repeats**0.5


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_trajectories_are_the_originals(name):
    env = gymnasium.make(name)
    twin = ToyText(describe(name), gymnasium.make(name))
    step = jax.jit(twin.step)
    rng = np.random.default_rng(0)
    observation, _ = env.reset(seed=0)
    state = jnp.int32(observation)
    for _ in range(300):
        action = rng.integers(env.action_space.n)
        observation, reward, terminated, truncated, info = env.step(action)
        moved = step(state, jnp.int32(action), jax.random.key(0))
        assert (int(moved.observation), float(moved.reward)) == (observation, reward)
        assert bool(moved.terminated) == terminated
        if moved.legal is not None:
            np.testing.assert_array_equal(np.asarray(moved.legal), info["action_mask"])
        state = moved.state
        if terminated or truncated:
            observation, _ = env.reset()
            state = jnp.int32(observation)


@pytest.mark.parametrize("name", KNOWN)
def test_episodes_begin_as_the_originals_do(name):
    env = gymnasium.make(name).unwrapped
    twin = ToyText(describe(name), gymnasium.make(name))
    begun = jax.vmap(twin.reset)(jax.random.split(jax.random.key(1), 6_000))[0]
    frequency = np.bincount(np.asarray(begun), minlength=len(env.P)) / 6_000
    assert np.abs(frequency - env.initial_state_distrib).max() < 5 * 0.5 / 6_000**0.5
    assert set(np.flatnonzero(frequency)) <= set(np.flatnonzero(env.initial_state_distrib))


def test_a_twin_is_chosen_by_default_and_the_original_on_request():
    assert select("CliffWalking-v1", num_envs=2).backend == "jax"
    original = select("CliffWalking-v1", num_envs=2, backend="gymnasium")
    assert original.backend == "gymnasium"
    original.env.close()


@pytest.mark.parametrize(
    ("name", "kwargs", "steps", "best"),
    [
        ("Taxi-v4", {}, 200, 7.93),
        ("CliffWalking-v1", {}, 10_000, -13.0),
        ("FrozenLake-v1", {"is_slippery": False}, 100, 1.0),
        ("FrozenLake-v1", {"is_slippery": False}, 5, 0.0),
        ("FrozenLake-v1", {"desc": ["SG"]}, 1, 1 / 3),
        ("FrozenLake-v1", {"desc": ["SG"]}, 2, 5 / 9),
    ],
)
def test_the_best_mean_return_is_that_of_the_table(name, kwargs, steps, best):
    assert optimum(gymnasium.make(name, **kwargs), steps) == pytest.approx(best, abs=5e-3)


def test_an_evaluation_says_the_optimum(tmp_path):
    agent = qlax.presets.q_learning()
    run = qlax.train(
        "FrozenLake-v1", agent, steps=100, eval_episodes=2, out=tmp_path / "run"
    ).result
    assert run["eval"]["optimum"] == pytest.approx(0.732, abs=0.02)
    line = outcome_of(run["eval"], run["threshold"])
    assert re.search(r"\(threshold 0\.7, optimum 0\.7\d+\)$", line)
    assert "optimum" not in outcome_of(run["eval"] | {"optimum": None}, run["threshold"])
