"""Atari games inside the compiled loop, by the Arcade Learning Environment's own XLA interface.

A parity test holds them to Gymnasium's: same pictures, scores and ends under the same actions.
"""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from qlax.envs.core import TimeStep
from qlax.envs.source import Source
from qlax.envs.threads import usable_cores
from qlax.envs.worlds import ATARI, atari
from qlax.pytree import Pytree
from qlax.spaces import EnvSpec

_OPTIONS = {"repeat_action_probability", "full_action_space"}
"""Arguments of a game that the interface takes too."""


def opens(source: Source) -> bool:
    """Return whether it is one of its games, with arguments that the interface takes."""
    return source.belongs_to(ATARI) and source.own_kwargs.keys() <= _OPTIONS


def opened(source: Source, num_envs: int, spec: EnvSpec) -> "AtariGames":
    """Return N games."""
    source.close()  # a game of its own is as much to hold as another
    return AtariGames(spec, num_envs, source.record.kwargs)


class GamesState(Pytree):
    """Where the games are: outside, so that this cannot be saved."""

    handle: jax.Array
    """What the games are reached by, uint8, shape [8]."""
    begins: jax.Array
    """Whether all games are to begin anew with the next step, bool scalar."""
    seeds: jax.Array
    """With which seeds they do, int32, shape [N]."""
    done: jax.Array
    """Which episodes have ended, bool, shape [N]."""
    age: jax.Array
    """Steps since each episode began, as far as stacks go back, int32, shape [N]."""


class AtariGames:
    """N games of one kind, stepped by the ALE's own threads, as an `OutsideEnv`.

    An episode of training ends with a life, and the next one goes on in the same game. Stacks of
    pictures do not reach back into the episode before.
    """

    def __init__(self, spec: EnvSpec, num_envs: int, options: Mapping[str, Any]) -> None:
        from ale_py.vector_env import AtariVectorEnv

        self.spec, self.num_envs = spec, num_envs
        limit: dict[str, Any] = {}
        if spec.time_limit is not None:
            limit = {"max_num_frames_per_episode": spec.time_limit * atari.FRAME_SKIP}
        self._games = AtariVectorEnv(
            options["game"],
            num_envs,
            num_threads=min(num_envs, usable_cores()),
            repeat_action_probability=options["repeat_action_probability"],
            full_action_space=options["full_action_space"],
            img_height=atari.SIZE,
            img_width=atari.SIZE,
            stack_num=atari.STACK,
            frameskip=atari.FRAME_SKIP,
            noop_max=atari.MOST_NOOPS,
            life_loss_info=True,
            reward_clipping=False,
            use_fire_reset=False,
            **limit,
        )
        self._handle, self._reset, self._step = self._games.xla()

    def init(self, key: jax.Array) -> tuple[GamesState, TimeStep]:
        """Return the games at their beginning, and their first pictures."""
        begun: tuple[GamesState, TimeStep] = jax.jit(self._begun)(self.reopened(key))
        return begun

    def reopened(self, key: jax.Array) -> GamesState:
        """Return games that will begin with the next step, which takes no action."""
        return GamesState(
            handle=self._handle,
            begins=jnp.bool_(True),
            seeds=jax.random.randint(key, (self.num_envs,), 0, 2**31 - 1, jnp.int32),
            done=jnp.zeros(self.num_envs, bool),
            age=jnp.zeros(self.num_envs, jnp.int32),
        )

    def step(self, state: GamesState, action: jax.Array) -> tuple[GamesState, TimeStep]:
        """Take one step in every game."""

        def begin(handle: jax.Array) -> tuple[Any, ...]:
            handle, (pictures, _) = self._reset(handle, state.seeds)
            no = jnp.zeros(self.num_envs, bool)
            return handle, pictures, jnp.zeros(self.num_envs, jnp.int32), no, no

        def play(handle: jax.Array) -> tuple[Any, ...]:
            handle, (pictures, reward, terminated, truncated, _) = self._step(handle, action)
            return handle, pictures, reward, terminated, truncated

        handle, pictures, reward, terminated, truncated = jax.lax.cond(
            state.begins, begin, play, state.handle
        )
        first = state.done | state.begins
        state = state.replace(handle=handle, begins=jnp.bool_(False))
        paid = jnp.where(first, 0.0, reward.astype(jnp.float32))
        return self._shown(state, pictures, paid, terminated, truncated & ~terminated, first)

    def close(self) -> None:
        """Release the games."""
        self._games.close()

    def _begun(self, state: GamesState) -> tuple[GamesState, TimeStep]:
        handle, (pictures, _) = self._reset(state.handle, state.seeds)
        no = jnp.zeros(self.num_envs, bool)
        state = state.replace(handle=handle, begins=jnp.bool_(False))
        return self._shown(state, pictures, jnp.zeros(self.num_envs), no, no, ~no)

    def _shown(
        self,
        state: GamesState,
        pictures: jax.Array,
        reward: jax.Array,
        terminated: jax.Array,
        truncated: jax.Array,
        first: jax.Array,
    ) -> tuple[GamesState, TimeStep]:
        """Return what an agent sees: of a stack, the pictures of this episode."""
        oldest = atari.STACK - 1
        age = jnp.where(first, 0, jnp.minimum(state.age + 1, oldest))
        known = age[:, None] >= jnp.arange(oldest, -1, -1)
        seen = jnp.where(known[:, :, None, None], pictures, jnp.uint8(0))
        after = state.replace(done=terminated | truncated, age=age)
        return after, TimeStep(seen, reward, terminated, truncated, first)
