"""MinAtar's compiled games are the package's: the same transitions, and the same law of chance."""

import copy
import dataclasses
import importlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax.envs.backends import Kind
from qlax.envs.backends.gymnax import _import_environment
from qlax.envs.opening import describe, opened
from qlax.envs.select import select
from qlax.envs.worlds.minatar import GAMES, GameState, MinAtarGame
from tests.tiers import in_turn

pytest.importorskip("minatar")

IDS = {name: f"MinAtar/{name.title().replace('_', '')}-v1" for name in GAMES}
NOTHING = {"game": None, "sticky_action_prob": 0.0, "use_minimal_action_set": False}
# Seaquest's lists, how many numbers an entry has, and what gymnax calls their length.
LISTS = {
    "f_bullets": (3, "f_bullet_count"),
    "e_bullets": (3, "e_bullet_count"),
    "e_fish": (4, "e_fish_count"),
    "e_subs": (5, "e_subs_count"),
    "divers": (4, "divers_count"),
}
MOST = 100


def compiled(name, **options):
    made = MinAtarGame(describe(IDS[name]), NOTHING | {"game": name} | options, _import_environment)
    return made, made.reset(jax.random.key(0))[0].game


def original(name, seed):
    game = importlib.import_module(f"minatar.environments.{name}").Env()
    game.random = np.random.RandomState(seed)
    game.reset()
    return game


def state_of(name, game, fields):
    """Return the package's state under gymnax's names."""
    state = {"time": 0, "ramping": True}
    if name == "freeway":
        state |= {"cars": game.cars, "time": 2_500 - game.terminate_timer}
    if name == "asterix":
        rows = ([*map(int, row), 1] if row is not None else [0] * 5 for row in game.entities)
        state["entities"] = list(rows)
    if name == "seaquest":
        for list_name, (width, count) in LISTS.items():
            entries = getattr(game, list_name)
            padded = np.zeros((MOST, width), int)
            padded[: len(entries)] = np.reshape(entries, (-1, width))
            state |= {list_name: padded, count: len(entries)}
    return {
        field: np.array(state[field] if field in state else copy.copy(getattr(game, field)))
        for field in fields
    }


def player(name):
    """Return who plays well enough to see most of a game."""

    def play(game, rng):
        if rng.random() < 0.15:
            return rng.integers(6)
        if name == "breakout":
            return 1 if game.ball_x < game.pos else 3 if game.ball_x > game.pos else 0
        if name == "freeway":
            return 2
        if name == "space_invaders":
            return rng.choice([1, 3, 5, 5])
        if name == "seaquest":
            return swim(game, rng)
        return rng.integers(6)

    return play


def swim(game, rng):
    if game.oxygen < 40 and game.diver_count > 0:
        return 2
    if game.sub_y < 2:
        return 4
    if not game.divers:
        return rng.choice([1, 3, 4, 5])
    x, y = game.divers[0][:2]
    if y != game.sub_y:
        return 4 if y > game.sub_y else 2
    return 5 if x == game.sub_x else 3 if x > game.sub_x else 1


def transitions(name, fields, count, hurried):
    """Return states, actions, what followed, and where chance had a part."""
    game, rng, play = original(name, 1), np.random.default_rng(1), player(name)
    before, actions, rewards, ends, shown, chance = [], [], [], [], [], []
    for _ in range(count):
        if hurried:
            game.e_spawn_speed = 2
        action, drawn = int(play(game, rng)), game.random.get_state()[2]
        before.append(state_of(name, game, fields))
        reward, ended = game.act(action)
        actions.append(action)
        rewards.append(reward)
        ends.append(ended)
        shown.append(game.state())
        chance.append(drawn != game.random.get_state()[2])
        if ended:
            game.reset()
    states = {field: np.stack([state[field] for state in before]) for field in fields}
    columns = (actions, rewards, ends, shown, chance)
    return states, *(np.array(column) for column in columns)


def batch_of(like, states):
    arrays = {
        name: jnp.asarray(column, getattr(like, name).dtype) for name, column in states.items()
    }
    return like.replace(**arrays)


def stepped(game, states, actions, seed=0):
    count = len(actions)
    keys = jax.random.split(jax.random.key(seed), count)
    moved = jax.jit(jax.vmap(game.step))(
        GameState(states, jnp.zeros(count, jnp.int32)), jnp.asarray(actions), keys
    )
    return jax.tree.map(np.asarray, moved)


CASES = [(name, False) for name in sorted(GAMES)] + [("seaquest", True)]


@pytest.mark.parametrize(("name", "hurried"), in_turn(CASES, 5))
def test_transitions_are_the_packages(name, hurried):
    game, like = compiled(name)
    fields = [field.name for field in dataclasses.fields(like)]
    count = 9_000 if name == "freeway" else 6_000
    states, actions, rewards, ends, shown, chance = transitions(name, fields, count, hurried)
    moved = stepped(game, batch_of(like, states), actions)
    sure = ~chance
    assert ends.any()
    assert sure.sum() > count / 2
    np.testing.assert_array_equal(moved.terminated[sure], ends[sure])
    np.testing.assert_array_equal(moved.reward[sure], rewards[sure])
    np.testing.assert_array_equal(moved.observation[sure], shown[sure])


def crowded(name):
    """Return the package's game in a state that is about to draw."""
    game = original(name, 0)
    if name == "asterix":
        game.entities[2], game.entities[5] = [4, 3, True, False], [6, 6, False, True]
        game.spawn_timer = 0
    if name == "seaquest":
        game.sub_y, game.e_spawn_timer, game.d_spawn_timer = 4, 0, 0
        game.surface, game.e_fish = False, [[5, 2, True, 3]]
    if name == "freeway":
        game.pos, game.move_timer = 1, 0
    return game


@pytest.mark.parametrize("name", in_turn(["asterix", "seaquest", "freeway"], 3))
def test_chance_has_the_packages_law(name):
    """Each cell, and each pair of cells, is shown as often."""
    count, action = 6_000, 2
    game, like = compiled(name)
    fields = [field.name for field in dataclasses.fields(like)]
    start = crowded(name)
    one = {
        field: np.repeat(array[None], count, 0)
        for field, array in state_of(name, start, fields).items()
    }
    ours = stepped(game, batch_of(like, one), np.full(count, action)).observation.reshape(count, -1)
    theirs = np.zeros_like(ours)
    rng = np.random.RandomState(3)
    for index in range(count):
        again = copy.deepcopy(start)
        again.random = rng
        again.act(action)
        theirs[index] = again.state().reshape(-1)
    bound = 5 * (0.5 / count) ** 0.5  # five standard deviations of a difference, at most
    seen = np.flatnonzero(ours.any(0) | theirs.any(0))
    together = [
        one[:, seen].astype(float).T @ one[:, seen].astype(float) / count for one in (ours, theirs)
    ]
    assert np.abs(together[0] - together[1]).max() < bound
    np.testing.assert_array_equal(ours.any(0), theirs.any(0))


def test_nobody_appears_where_every_row_is_taken():
    game, like = compiled("asterix")
    full = jnp.array([[5, row, 1, 0, 1] for row in range(1, 9)])
    state = like.replace(
        entities=full, spawn_timer=jnp.int32(0), player_y=jnp.int32(8), player_x=jnp.int32(0)
    )
    moved = game.step(GameState(state, jnp.int32(0)), jnp.int32(0), jax.random.key(0))
    np.testing.assert_array_equal(moved.state.game.entities, full)
    assert int(moved.state.game.spawn_timer) == int(like.spawn_speed) - 1


def test_the_newest_of_divers_who_meet_is_taken_in_first():
    game, like = compiled("seaquest")
    divers = jnp.zeros((MOST, 4), jnp.int32).at[:2].set(jnp.array([[6, 1, 1, 0], [8, 1, 0, 0]]))
    state = like.replace(
        sub_x=jnp.int32(7),
        sub_y=jnp.int32(1),
        surface=jnp.bool_(False),
        diver_count=jnp.int32(5),
        divers=divers,
        divers_count=jnp.int32(2),
        d_spawn_timer=jnp.int32(9),
    )
    after = game.step(GameState(state, jnp.int32(0)), jnp.int32(0), jax.random.key(0)).state.game
    assert (int(after.diver_count), int(after.divers_count)) == (6, 1)
    assert after.divers[0].tolist() == [7, 1, 1, 5]


@pytest.mark.parametrize("name", sorted(GAMES))
def test_episodes_begin_as_the_packages_do(name):
    game, _ = compiled(name)
    shown = jax.vmap(lambda key: game.reset(key)[1])(jax.random.split(jax.random.key(0), 2_000))
    rng, theirs = np.random.RandomState(0), []
    again = original(name, 0)
    again.random = rng
    for _ in range(2_000):
        again.reset()
        theirs.append(again.state())
    assert np.abs(np.mean(shown, 0) - np.mean(theirs, 0)).max() < 5 * (0.5 / 2_000) ** 0.5


def test_actions_stick_as_often_as_the_package_says():
    game, like = compiled("breakout", sticky_action_prob=0.1)
    states = jax.tree.map(lambda leaf: jnp.repeat(leaf[None], 4_000, 0), like)
    keys = jax.random.split(jax.random.key(0), 4_000)
    last, action = jnp.full(4_000, 1), jnp.full(4_000, 3)
    moved = jax.vmap(game.step)(GameState(states, last), action, keys)
    stuck = np.asarray(moved.state.game.pos) == int(like.pos) - 1
    assert abs(stuck.mean() - 0.1) < 5 * (0.1 * 0.9 / 4_000) ** 0.5
    np.testing.assert_array_equal(np.asarray(moved.state.last_action), np.where(stuck, 1, 3))


@pytest.mark.parametrize(
    ("env", "kwargs", "actions", "backend"),
    [
        ("MinAtar/Breakout-v1", {}, 3, "gymnax"),
        ("MinAtar/Freeway-v0", {}, 6, "gymnax"),
        ("MinAtar/Seaquest-v1", {"sticky_action_prob": 0.0}, 6, "gymnax"),
        ("MinAtar/Asterix-v1", {"difficulty_ramping": False}, 5, "gymnasium"),
    ],
)
def test_a_compiled_game_is_chosen_where_there_is_one(env, kwargs, actions, backend):
    with opened(env, kwargs) as source:
        selected = select(source, num_envs=2)
        assert (selected.backend, selected.env.spec) == (backend, source.spec)
        assert selected.env.spec.num_actions == actions
        if selected.kind is Kind.HOST:
            selected.env.close()
            return
        state, seen = selected.env.init(jax.random.key(0))
        step = jax.jit(selected.env.step)
        for action in range(actions):
            state, seen = step(state, jnp.full(2, action, jnp.int32))
        assert seen.observation.dtype == bool
        assert seen.observation.shape == (2, *source.spec.observation.shape)
