"""MinAtar's five games, compiled: gymnax's, mended where they are not the package's own.

Reference: Young and Tian (2019), "MinAtar", arXiv 1903.03176. Transition by transition, gymnax
1.0.1 plays Breakout and Space Invaders as minatar 1.0.15 does. The others differ in this, and are
put right here:

- Asterix: whoever appears takes any free row with the same chance, and nobody does where none is.
  gymnax never looks at the first row it draws, and where it finds none empties a row that is taken.
- Freeway ends after 2,501 steps, as a terminal state. gymnax truncates it after 2,500.
- Seaquest: of divers who meet the submarine at once the newest is taken in first, an enemy that is
  shot in the moment of shooting has shot, and who surfaces with nobody on board, which ends the
  game, gets no air.

None of gymnax's has sticky actions, which are here. One difference stays: in the package an action
may stick from one episode into the next; here the first action of an episode sticks to no action.
"""

import types
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from qlax.envs.core import Transition
from qlax.pytree import Pytree
from qlax.spaces import EnvSpec

_FREEWAY_STEPS = 2_501
_MOST_DIVERS = 6

# The package's name of each game: gymnax's module and class.
GAMES = {
    "asterix": ("minatar.asterix", "MinAsterix"),
    "breakout": ("minatar.breakout", "MinBreakout"),
    "freeway": ("minatar.freeway", "MinFreeway"),
    "seaquest": ("minatar.seaquest", "MinSeaquest"),
    "space_invaders": ("minatar.space_invaders", "MinSpaceInvaders"),
}
OPTIONS = {"sticky_action_prob", "use_minimal_action_set"}
"""Arguments of a game that the compiled one takes too."""


class GameState(Pytree):
    """A game, and the action that may stick."""

    game: Any
    """gymnax's state of it."""
    last_action: jax.Array
    """The action that was taken last, int32 scalar."""


class MinAtarGame:
    """One of the games as a `Dynamics`."""

    def __init__(
        self,
        spec: EnvSpec,
        options: Mapping[str, Any],
        load: Callable[[str], types.ModuleType],
    ) -> None:
        """Take a game as the package describes it.

        Args:
            spec: Its description.
            options: The arguments that the package makes it with.
            load: Imports a module of gymnax's environments.
        """
        self.spec = spec
        module, name = GAMES[options["game"]]
        loaded = load(module)
        mended = _MENDED.get(options["game"], lambda module: getattr(module, name))(loaded)
        minimal = bool(options.get("use_minimal_action_set", False))
        self._game = mended(use_minimal_action_set=minimal)
        self._params = self._game.default_params
        self._sticky = float(options.get("sticky_action_prob", 0.1))

    def reset(self, key: jax.Array) -> tuple[GameState, Any]:
        """Return the state and observation an episode begins with."""
        observation, game = self._game.reset_env(key, self._params)
        return GameState(_as_arrays(game), jnp.int32(0)), observation.astype(bool)

    def step(self, state: GameState, action: jax.Array, key: jax.Array) -> Transition:
        """Return what follows from an action, or from the last one, which may stick."""
        stick_key, game_key = jax.random.split(key)
        sticks = jax.random.uniform(stick_key) < self._sticky
        action = jnp.where(sticks, state.last_action, action).astype(jnp.int32)
        observation, game, reward, terminated, _ = self._game.step_env(
            game_key, state.game, action, self._params
        )
        return Transition(
            state=GameState(_as_arrays(game), action),
            observation=observation.astype(bool),
            reward=jnp.asarray(reward, jnp.float32),
            terminated=jnp.asarray(terminated, bool),
        )


def _as_arrays(state: Any) -> Any:
    """Return a state whose leaves have the same types when it begins and after a step."""
    kinds = {"b": jnp.bool_, "i": jnp.int32, "u": jnp.int32, "f": jnp.float32}
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, kinds[jnp.result_type(leaf).kind]), state)


def _asterix(module: Any) -> type:
    class Asterix(module.MinAsterix):
        """With appearances as in the package."""

        def step_env(
            self, key: jax.Array, state: Any, action: jax.Array, params: Any
        ) -> tuple[Any, ...]:
            appears = state.spawn_timer == 0
            state = state.replace(
                entities=jnp.where(appears, _with_another(key, state.entities), state.entities),
                spawn_timer=jnp.where(appears, state.spawn_speed, state.spawn_timer),
            )
            state = module.step_agent(state, self.action_set[action])
            state, reward, done = module.step_entities(state)
            state = module.step_timers(state, params)
            state = state.replace(time=state.time + 1, terminal=done)
            return self.get_obs(state), state, reward, done, {}

    return Asterix


def _with_another(key: jax.Array, entities: jax.Array) -> jax.Array:
    """Return the rows with one more taken: a treasure with 1/3, from the left with 1/2."""
    left_key, gold_key, row_key = jax.random.split(key, 3)
    from_left = jax.random.bernoulli(left_key).astype(entities.dtype)
    is_gold = jax.random.bernoulli(gold_key, 1.0 / 3.0).astype(entities.dtype)
    is_free = entities[:, 4] == 0
    row = jax.random.categorical(row_key, jnp.where(is_free, 0.0, -jnp.inf))
    new = jnp.stack([9 * (1 - from_left), row + 1, from_left, is_gold, 1]).astype(entities.dtype)
    return jnp.where(is_free.any(), entities.at[row].set(new), entities)


def _freeway(module: Any) -> type:
    class Freeway(module.MinFreeway):
        """With the package's end."""

        def is_terminated(self, state: Any, params: Any) -> jax.Array:  # noqa: ARG002
            return jnp.asarray(state.time >= _FREEWAY_STEPS)

    return Freeway


def _seaquest(module: Any) -> type:
    class Seaquest(module.MinSeaquest):
        """With divers and enemies in the package's order."""

        def _step_divers(self, state: Any, params: Any) -> Any:
            divers = state.divers
            active = module.active_mask(state.divers_count)
            ready = active & (divers[:, 3] == 0)
            moved = divers[:, 0] + jnp.where(divers[:, 2] != 0, 1, -1)
            x = jnp.where(ready, moved, divers[:, 0])
            meets = (divers[:, 1] == state.sub_y) & (
                (divers[:, 0] == state.sub_x) | (x == state.sub_x)
            )
            meets &= active
            newer = jnp.cumsum(meets[::-1].astype(jnp.int32))[::-1] - 1
            taken = meets & (newer < _MOST_DIVERS - state.diver_count)
            timer = jnp.where(ready, params.diver_move_interval, jnp.maximum(divers[:, 3] - 1, 0))
            inside = (x >= 0) & (x < module.BOARD_SIZE)
            moved_on = divers.at[:, 0].set(x).at[:, 3].set(timer)
            divers, count = module.compact(moved_on, active & ~taken & inside)
            return state.replace(
                divers=divers,
                divers_count=count,
                diver_count=state.diver_count + taken.sum(dtype=jnp.int32),
            )

        def _step_enemy_subs(self, state: Any, params: Any) -> tuple[Any, jax.Array, jax.Array]:
            subs, active = state.e_subs, module.active_mask(state.e_subs_count)
            shoots = active & (subs[:, 4] == 0)
            moves = active & (subs[:, 3] == 0)
            x = subs[:, 0] + jnp.where(moves, jnp.where(subs[:, 2] != 0, 1, -1), 0)
            shots = jnp.stack([x, subs[:, 1], subs[:, 2]], axis=1)
            inside = (x >= 0) & (x < module.BOARD_SIZE)
            bullets, count = module.append_many(
                state.e_bullets, state.e_bullet_count, shots, shoots & inside
            )
            # What is left for the game's own step shoots no more, but counts the time.
            rested = jnp.where(shoots, params.enemy_shot_interval + 1, subs[:, 4])
            silent = state.replace(e_subs=subs.at[:, 4].set(rested))
            after, reward, terminal = super()._step_enemy_subs(silent, params)
            return after.replace(e_bullets=bullets, e_bullet_count=count), reward, terminal

        def _step_timers(self, state: Any, params: Any) -> tuple[Any, jax.Array, jax.Array]:
            after, reward, terminal = super()._step_timers(state, params)
            alone = (state.sub_y == 0) & ~state.surface & (state.diver_count == 0)
            after = after.replace(
                oxygen=jnp.where(alone, state.oxygen, after.oxygen),
                diver_count=jnp.where(alone, 0, after.diver_count),
            )
            return after, reward, terminal

    return Seaquest


_MENDED: dict[str, Callable[[Any], type]] = {
    "asterix": _asterix,
    "freeway": _freeway,
    "seaquest": _seaquest,
}
