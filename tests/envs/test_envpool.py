"""EnvPool: the compiled loop shows what its own interface shows, and keeps to qlax's rules."""

import functools
import gc
import weakref

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qlax
from qlax.envs.backends import Kind
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.opening import describe
from qlax.envs.select import select
from qlax.envs.worlds import atari
from qlax.errors import UsageError
from qlax.networks import CNN, MLP
from qlax.observations import Pixels
from qlax.optimizers import Adam
from qlax.replay import Uniform
from tests.probes import playing
from tests.probes.training import agent_for_probes
from tests.tiers import one_in

pytest.importorskip("envpool")

FIRE = 1


def begun(env, num_envs, time_limit=None, key=0):
    """Return compiled environments, their program, state and what they show, and their seeds."""
    selected = select(env, num_envs=num_envs, time_limit=time_limit)
    assert selected.kind is Kind.MEANWHILE
    env = selected.env
    state, seen = env.init(jax.random.key(key))
    return env, jax.jit(env.step), state, seen, env._pool.config["env_seed"]


def one_by_one(env, seeds, time_limit=None):
    """Return each of these environments by itself, on the host, and what it shows first."""
    alone = [select(env, num_envs=1, backend="gymnasium", time_limit=time_limit).env for _ in seeds]
    assert all(isinstance(env, GymnasiumEnv) for env in alone)
    shown = []
    for one, seed in zip(alone, seeds, strict=True):
        with pytest.MonkeyPatch.context() as patch:  # the pool's own seed, not one made of it
            patch.setattr("qlax.envs.gymnasium.env_seeds", lambda *_, own=seed: [own])
            shown.append(one.reset(0))
    return alone, shown


@pytest.mark.parametrize(
    ("env", "time_limit"),
    [
        ("EnvPool/CartPole-v1", 20),
        ("EnvPool/FrozenLake-v1", None),
        ("EnvPool/MiniGrid-Empty-5x5-v0", 15),
        ("EnvPool/Snake-v1", None),
    ],
)
def test_many_environments_are_each_one_of_them(env, time_limit):
    """In order; ends of both kinds, first observations and masks are where they should be."""
    ours, step, state, seen, seeds = begun(env, 3, time_limit)
    alone, shown = one_by_one(env, seeds, time_limit)
    ends = np.zeros(2, int)
    actions = np.random.default_rng(0).integers(0, ours.spec.num_actions, (90, 3), np.int32)
    for action in actions:
        together = jax.tree.map(lambda *parts: np.concatenate(parts), *shown)
        jax.tree.map(np.testing.assert_array_equal, seen, together)
        assert not seen.reward[seen.first].any()
        ends += seen.terminated.sum(), seen.truncated.sum()
        before = seen
        state, seen = step(state, action)
        np.testing.assert_array_equal(seen.first, before.done)
        shown = [one.step(act[None]) for one, act in zip(alone, action, strict=True)]
    assert ends.any()
    if env == "EnvPool/CartPole-v1":
        assert ends.all()


def test_a_game_ends_with_a_life_and_its_stack_begins_anew():
    env = "EnvPool/Breakout-v5"
    _, step, state, seen, seeds = begun(env, 1)
    (theirs,), (shown,) = one_by_one(env, seeds)
    fresh, lost, paid, games = 0, 0, np.zeros(2), 0
    actions = np.random.default_rng(1).choice([FIRE, 2, 3], 600)
    for action in actions:
        known = min(fresh, atari.STACK - 1) + 1
        ours, full = seen.observation[0], shown.observation[0]
        np.testing.assert_array_equal(ours[-known:], full[-known:])
        assert (np.asarray(ours[:-known]) == ours[-known]).all()
        life_lost = bool(seen.terminated[0]) and not shown.terminated[0]
        lost, games = lost + life_lost, games + shown.terminated[0]
        if shown.first[0]:
            np.testing.assert_array_equal(ours, full)
        fresh = 0 if seen.done[0] else fresh + 1
        state, seen = step(state, np.full(1, action, np.int32))
        shown = theirs.step(np.full(1, action))
        paid += (seen.reward[0], 0.0 if life_lost else shown.reward[0])
        assert bool(shown.done[0]) <= bool(seen.done[0])
    assert paid[0] == paid[1] > 0
    assert games >= 1
    assert lost >= 4


def test_stacks_are_remembered_as_they_were_shown():
    ours, step, state, seen, _ = begun("EnvPool/Breakout-v5", 2, time_limit=60)
    space = ours.spec.observation
    assert (space.shape, space.frames, space.padding) == ((4, 84, 84), 4, "first")
    agent = agent_for_probes(
        network=CNN(channels=(4,), kernels=(8,), strides=(8,), hidden=()),
        observation=Pixels(),
        num_envs=2,
        replay=Uniform(capacity=256, batch_size=128),
    )
    train_state = agent.init(jax.random.key(0), ours.spec, seen)
    assert train_state.replay.seen.observation.shape[1:] == (2, 84, 84)
    observe = jax.jit(functools.partial(playing.observe, agent))
    shown, ends = {np.asarray(one).tobytes() for one in seen.observation}, 0
    for _ in range(120):
        action = jnp.full(2, FIRE, jnp.int32)
        state, following = step(state, action)
        train_state = observe(train_state, seen, action, following)
        seen = following
        shown |= {np.asarray(one).tobytes() for one in seen.observation}
        ends += int(seen.done.sum())
    sample = jax.jit(agent.replay.sample, static_argnames="next_action")
    batch, _ = sample(
        train_state.replay, jax.random.key(1), train_state.learner.discount, next_action=False
    )
    counts = np.asarray(batch.weight) > 0
    assert ends > 2
    for stacks in (batch.now.observation, batch.next.observation):
        drawn = {one.tobytes() for one in np.asarray(stacks)[counts]}
        assert len(drawn) > 30
        assert drawn <= shown


def test_time_limits_count_steps():
    _, step, state, seen, _ = begun("EnvPool/Pong-v5", 1, time_limit=20)
    steps = 0
    while not seen.done[0]:
        state, seen = step(state, np.zeros(1, np.int32))
        steps += 1
    assert steps == 20
    assert seen.truncated[0]
    assert not seen.terminated[0]


def test_limits_and_thresholds_are_envpools():
    cart, pong = describe("EnvPool/CartPole-v1"), describe("EnvPool/Pong-v5")
    assert (cart.time_limit, cart.reward_threshold, pong.time_limit) == (500, 475.0, 27_000)
    assert describe("EnvPool/CartPole-v1", 1_000).time_limit == 1_000
    assert describe("EnvPool/Blackjack-v1").time_limit is None


def test_the_seed_is_all_there_is_to_chance():
    runs = []
    for key in (0, 0, 1):
        _, step, state, seen, _ = begun("EnvPool/CartPole-v1", 4, key=key)
        for _ in range(40):
            state, seen = step(state, np.zeros(4, np.int32))
        runs.append(np.asarray(seen.observation))
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0] != runs[2]).any()
    assert len({tuple(row) for row in runs[0]}) == 4


def test_a_pool_that_is_gone_is_not_stepped():
    env, _, old, _, _ = begun("EnvPool/CartPole-v1", 1)
    new = env.reopened(jax.random.key(1))
    state, seen = jax.jit(env.step)(new, np.zeros(1, np.int32))
    assert seen.first[0]
    assert not seen.reward[0]
    with pytest.raises(UsageError, match="begun anew or closed"):
        env.step(old, np.zeros(1, np.int32))
    env.close()
    with pytest.raises(UsageError, match="begun anew or closed"):
        jax.jit(env.step)(state, np.ones(1, np.int32))


def test_what_was_sent_before_a_pool_was_closed_blocks_nothing():
    env, _, state, _, _ = begun("EnvPool/CartPole-v1", 2)
    jax.block_until_ready(jax.jit(env.send)(state, jnp.zeros(2, jnp.int32)).handle)
    state = env.reopened(jax.random.key(0))
    _, seen = jax.jit(env.step)(state, np.zeros(2, np.int32))
    assert seen.first.all()
    env.close()


def test_a_closed_pool_is_released():
    env, step, state, _, _ = begun("EnvPool/CartPole-v1", 2)
    jax.block_until_ready(step(state, np.zeros(2, np.int32)))
    pool = weakref.ref(env._pool)
    env.close()
    gc.collect()
    assert pool() is None


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ("EnvPool/Brekout-v5", "Did you mean EnvPool/Breakout-v5"),
        ("EnvPool/Pendulum-v1", "has continuous actions"),
        ("EnvPool/Go9x9-v1", "2 players"),
    ],
)
def test_what_cannot_be_taken_is_said(env, sentence):
    with pytest.raises(UsageError, match=sentence):
        select(env, num_envs=1)


def test_a_limit_that_a_task_ignores_is_refused():
    assert describe("EnvPool/Snake-v1").time_limit == 4_000
    with pytest.raises(UsageError, match="leave it at None"):
        select("EnvPool/Snake-v1", num_envs=1, time_limit=9)
    assert describe("EnvPool/Blackjack-v1", 9).time_limit == 9


def small(**parts):
    return agent_for_probes(
        **{
            "network": MLP(hidden=(8,)),
            "replay": Uniform(capacity=256, batch_size=8, n_step=2),
            "num_envs": 2,
            "learning_starts": 32,
            **parts,
        }
    )


@one_in(4, 3)
def test_a_run_goes_on_in_new_episodes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = qlax.train("EnvPool/CartPole-v1", small(), steps=400, eval_episodes=3, out="run")
    assert run.result["backend"] == "envpool"
    assert run.result["eval"]["episodes"] == 3
    again = qlax.train("EnvPool/CartPole-v1", small(), steps=400, eval_episodes=3, out="again")
    assert run.result["eval"] == again.result["eval"]
    on = qlax.resume("run", steps=600)
    assert on.result["env_steps"] == 600
    assert on.result["updates"] > run.result["updates"]


@one_in(4, 0)
def test_seeds_are_trained_one_after_another(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    agent, options = small(time_limit=20), {"steps": 200, "eval_episodes": 5}
    both = qlax.train_seeds("EnvPool/CartPole-v1", agent, **options, seeds=[0, 1], out="both")
    alone = qlax.train("EnvPool/CartPole-v1", agent, **options, seed=1, out="alone")
    assert both[1].result["eval"]["returns"] == alone.result["eval"]["returns"]


@pytest.mark.exhaustive
def test_it_learns_to_balance(tmp_path, monkeypatch):
    """A policy that does not look falls over after 9 steps, a random one after 22."""
    monkeypatch.chdir(tmp_path)
    agent = small(
        network=MLP(hidden=(64,)),
        optimizer=Adam(learning_rate=1e-3),
        replay=Uniform(capacity=10_000, batch_size=64),
        num_envs=4,
        learning_starts=500,
        discount=0.99,
        time_limit=200,
    )
    run = qlax.train("EnvPool/CartPole-v1", agent, steps=20_000, eval_episodes=10)
    assert run.result["eval"]["mean"] > 100
