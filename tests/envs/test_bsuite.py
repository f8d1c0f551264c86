"""bsuite's worlds against models of their definitions in NumPy, and against gymnax's where it can.

A model takes what chance decided and all actions, and returns all observations (one more than there
are steps), all rewards and the number of steps; it shares no line with what it is compared to.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qlax
from qlax import UsageError
from qlax.envs.as_host import CompiledAsHost
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.opening import describe, source_of
from qlax.envs.select import select
from qlax.envs.worlds.bsuite import BSUITE, Catch, DeepSea, DiscountingChain, MemoryChain
from qlax.memories import GRU
from qlax.replay import Sequences
from tests.probes.training import agent_for_probes

WORLDS = (
    DeepSea(),
    DeepSea(size=3, mapping_seed=5),
    MemoryChain(),
    MemoryChain(length=1),
    MemoryChain(length=3, num_bits=4),
    Catch(),
    Catch(rows=4, columns=3),
    DiscountingChain(),
    DiscountingChain(mapping_seed=6),
)
MOST_STEPS = 100


def sea(world, state, actions):
    size = world.size
    which = np.random.RandomState(world.mapping_seed).binomial(1, 0.5, [size, size])
    column, shown, rewards = 0, [], []
    for row, action in enumerate(actions[:size]):
        shown.append(np.outer(np.eye(size)[row], np.eye(size)[column]))
        right = bool(action == which[row, column])
        rewards.append((column + right == size) - right / (100 * size))
        column = min(max(column + (1 if right else -1), 0), size - 1)
    return [*shown, np.zeros((size, size))], rewards, size


def memory(world, state, actions):
    bits, query, length = np.asarray(state.context), int(state.query), world.length
    shown = np.zeros((length + 1, 2 + world.num_bits))
    shown[:, 0] = np.arange(length, -1, -1) / length
    shown[length - 1, 1] = query
    shown[0, 2:] = np.where(bits, 1, -1)
    rewards = np.zeros(length + 1)
    rewards[-1] = 1 if actions[length] == bits[query] else -1
    return shown[[0, *range(length + 1)]], rewards, length + 1


def catch(world, state, actions):
    ball, steps = int(state.ball), world.rows - 1
    paddle, shown = world.columns // 2, []
    for height, move in enumerate([0, *(actions[:steps] - 1)]):
        paddle = sorted((0, paddle + move, world.columns - 1))[1]
        board = np.zeros((world.rows, world.columns))
        board[(height, steps), (ball, paddle)] = 1
        shown.append(board)
    return shown, [0] * (steps - 1) + [1 if paddle == ball else -1], steps


def chain(world, state, actions):
    delay = (1, 3, 10, 30, 100)[actions[0]]
    rewards = np.zeros(100)
    rewards[delay - 1] = 1.1 if actions[0] == world.mapping_seed % 5 else 1.0
    shown = np.stack([np.full(101, actions[0]), np.arange(101) / 100], -1)
    shown[0, 0] = -1
    return shown, rewards, 100


MODELS = {DeepSea: sea, MemoryChain: memory, Catch: catch, DiscountingChain: chain}


@functools.cache
def compiled(world):
    return jax.jit(world.reset), jax.jit(world.step)


def episode(world, key, actions):
    """Return the first state, and all that was observed and paid."""
    reset, step = compiled(world)
    first, observation = reset(key)
    state, shown, rewards = first, [observation], []
    for action in actions:
        moved = step(state, jnp.int32(action), key)
        state = moved.state
        shown.append(moved.observation)
        rewards.append(float(moved.reward))
        if moved.terminated:
            return first, shown, rewards
    raise AssertionError("the episode did not end")


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.spec.id)
def test_episodes_are_those_of_the_definition(world):
    rng = np.random.default_rng(0)
    returns = []
    for seed in range(40):
        actions = rng.integers(world.spec.num_actions, size=MOST_STEPS + 1)
        if isinstance(world, DeepSea) and seed % 2:
            actions[: world.size] = np.diagonal(world.goes_right)
        state, shown, rewards = episode(world, jax.random.key(seed), actions)
        expected, paid, steps = MODELS[type(world)](world, state, actions)
        assert len(rewards) == steps
        np.testing.assert_allclose(np.stack(shown), np.stack(expected), atol=1e-6)
        np.testing.assert_allclose(rewards, paid, atol=1e-7)
        returns.append(sum(rewards))
    assert len({round(value, 3) for value in returns}) > 1, "all episodes were alike"


def theirs(world):
    """Return gymnax's environment, its parameters, and from our first state to its own."""
    from gymnax.environments.bsuite import catch, deep_sea, discounting_chain, memory_chain

    if isinstance(world, DeepSea):
        env = deep_sea.DeepSea(world.size)
        which = jnp.asarray(world.goes_right)
        return env, env.default_params, lambda ours: {"action_mapping": which}
    if isinstance(world, MemoryChain):
        env = memory_chain.MemoryChain(world.num_bits)
        params = env.default_params.replace(memory_length=world.length)
        return env, params, lambda ours: {"context": ours.context, "query": ours.query}
    if isinstance(world, Catch):
        env = catch.Catch(world.rows, world.columns)
        return env, env.default_params, lambda ours: {"ball_x": ours.ball}
    env = discounting_chain.DiscountingChain(mapping_seed=world.mapping_seed % 5)
    return env, env.default_params, lambda ours: {}


@pytest.mark.parametrize("world", BSUITE.values(), ids=lambda world: world.spec.id)
def test_gymnax_pays_and_shows_the_same(world):
    """Given the same actions in a deep sea; its discounting chain is cut where ours ends."""
    rng = np.random.default_rng(1)
    env, params, as_theirs = theirs(world)
    begun = env.reset_env(jax.random.key(0), params)[1]
    step = jax.jit(env.step_env)
    for seed in range(3):
        actions = rng.integers(world.spec.num_actions, size=MOST_STEPS + 1)
        state, shown, rewards = episode(world, jax.random.key(seed), actions)
        other = begun.replace(**as_theirs(state))
        np.testing.assert_allclose(env.get_obs(other, params), shown[0], atol=1e-6)
        for action, expected, paid in zip(actions, shown[1:], rewards, strict=False):
            seen, other, reward, ended, _ = step(
                jax.random.key(0), other, jnp.int32(action), params
            )
            np.testing.assert_allclose(seen, expected, atol=1e-6)
            assert float(reward) == pytest.approx(paid, abs=1e-6)
        assert bool(ended) != isinstance(world, DiscountingChain)
        assert bool(env.is_truncated(other, params)) or not isinstance(world, DiscountingChain)


def test_chance_decides_what_it_should_and_evenly():
    keys = jax.random.split(jax.random.key(0), 4_000)
    balls = jax.vmap(Catch().reset)(keys)[0].ball
    recalled = jax.vmap(MemoryChain(num_bits=3).reset)(keys)[0]
    for drawn, sides in ((balls, 5), (recalled.query, 3), (recalled.context[:, 1], 2)):
        share = np.bincount(np.asarray(drawn), minlength=sides) / len(keys)
        assert len(share) == sides
        assert np.abs(share - 1 / sides).max() < 5 * 0.5 / len(keys) ** 0.5


def test_nothing_but_memory_tells_what_was_shown():
    """After the first two observations, all that is seen is the same whichever the bit was."""
    seen = {}
    for seed in range(12):
        state, shown, _ = episode(MemoryChain(), jax.random.key(seed), [0] * 6)
        seen[int(state.context[0])] = np.stack(shown)
    assert len(seen) == 2
    assert (seen[0][:2] != seen[1][:2]).any(-1).all()
    np.testing.assert_array_equal(seen[0][2:], seen[1][2:])


@pytest.mark.parametrize("name", sorted(BSUITE))
def test_ids_are_compiled_and_evaluated_as_any_other(name):
    chosen = select(name, num_envs=2)
    assert chosen.backend == "jax"
    assert chosen.is_pure
    assert chosen.env.spec == describe(name) == BSUITE[name].spec
    original = select(name, num_envs=2, backend="gymnasium").env
    assert isinstance(original, GymnasiumEnv)
    ours = CompiledAsHost(chosen.env)
    rng = np.random.default_rng(0)
    ours.reset(0)
    original.reset(0)
    for _ in range(120):
        action = rng.integers(chosen.env.spec.num_actions, size=2)
        one, other = ours.step(action.astype(np.int32)), original.step(action)
        np.testing.assert_array_equal(one.done, other.done)
        assert one.observation.shape == other.observation.shape
    original.close()


@pytest.mark.parametrize("name", sorted(BSUITE))
def test_gymnasium_finds_nothing_wrong_with_them(name):
    from gymnasium.utils.env_checker import check_env

    check_env(source_of(name).make().unwrapped, skip_render_check=True)


def test_an_episode_is_its_seed_s():
    env = source_of("Catch-bsuite").make()
    starts = [env.reset(seed=seed)[0] for seed in (3, 3, *range(4, 14))]
    np.testing.assert_array_equal(starts[0], starts[1])
    assert any((start != starts[0]).any() for start in starts)


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("DeepSea-bsuite", lambda seen, t: DeepSea().goes_right[t, t]),
        ("MemoryChain-bsuite", None),
        ("DiscountingChain-bsuite", lambda seen, t: 4),
        ("Catch-bsuite", lambda seen, t: 1 + np.sign(seen[t].argmax() - seen[-1].argmax())),
    ],
)
def test_the_best_there_is_counts_as_solved(name, right):
    env = source_of(name).make()
    for seed in range(5):
        seen, _ = env.reset(seed=seed)
        bit, done, total, steps = int(seen[-1].max() > 0), False, 0.0, 0
        while not done:
            action = bit if right is None else int(right(seen, steps))
            seen, reward, done, _, _ = env.step(action)
            total, steps = total + reward, steps + 1
        assert total >= describe(name).reward_threshold


def test_other_sizes_are_told_apart():
    assert DeepSea(size=30).spec.id == "DeepSea-bsuite-size-30"
    assert DeepSea(size=30).spec.observation.shape == (30, 30)
    with pytest.raises(UsageError, match=r"DeepSea\.size is 1, but must be at least 2"):
        DeepSea(size=1)


@pytest.mark.exhaustive
def test_an_agent_that_remembers_learns_what_was_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    agent = agent_for_probes(
        memory=GRU(size=16), replay=Sequences(capacity=2_000, batch_size=16, length=4)
    )
    run = qlax.train(MemoryChain(length=2), agent, steps=3_000, eval_episodes=20)
    assert run.result["eval"]["mean"] == 1.0
