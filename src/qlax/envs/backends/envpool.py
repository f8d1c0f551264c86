"""EnvPool's environments inside the compiled loop, by its own XLA interface.

They step in EnvPool's threads, from when actions are sent until what they led to is received:
see `AsyncEnv`. A parity test holds them to EnvPool's own Gymnasium interface.

EnvPool begins the next episode with the step after an end, whose action it ignores, as `TimeStep`
says it. Its programs name one pool in memory, and a pool takes its seeds when it is made, so that
other seeds are another pool and other programs: the state says which.
"""

import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.envs.conversion import MASK
from qlax.envs.core import TimeStep
from qlax.envs.source import Source
from qlax.envs.worlds import ENVPOOL, envpool_tasks
from qlax.errors import UsageError
from qlax.pytree import Pytree, static
from qlax.spaces import Box, Composite, EnvSpec, Space

_MOST_SEED = 2**31 - 1


def opens(source: Source) -> bool:
    """Return whether it is one of its tasks, as it is; the interface is Linux's alone."""
    return sys.platform == "linux" and source.belongs_to(ENVPOOL) and not source.own_kwargs


def opened(source: Source, num_envs: int, spec: EnvSpec) -> "PooledEnvs":
    """Return N environments of the task."""
    source.close()  # a pool of its own is as much to hold as another
    return PooledEnvs(spec, num_envs, source.record.kwargs["task"])


class PoolState(Pytree):
    """Where the environments are: outside, so that this cannot be saved."""

    pool: int = static()
    """Which pool they are in: programs for another one are others."""
    handle: jax.Array
    """What every call returns and the next one takes, uint8, shape [8]: it keeps them in order."""
    done: jax.Array
    """Which episodes have ended, bool, shape [N]: the next step begins another."""
    lives: jax.Array
    """Lives that are left in each Atari game, int32, shape [N]; 0 of anything else."""
    age: jax.Array
    """Steps since each episode began, as far as stacks go back, int32, shape [N]."""


class PooledEnvs:
    """N environments of one of EnvPool's tasks, as an `AsyncEnv`.

    In Atari games an episode of training ends with a life, and the next one goes on in the same
    game. Stacks of pictures do not reach back into the episode before.
    """

    def __init__(self, spec: EnvSpec, num_envs: int, task: str) -> None:
        self.spec, self.num_envs = spec, num_envs
        self._task = task
        self._is_atari = envpool_tasks.is_atari(self._task)
        self._opened = 0
        self._pool: Any = None
        self._calls: Any = None

    def init(self, key: jax.Array) -> tuple[PoolState, TimeStep]:
        """Return the environments at their beginning, and what they show first."""
        state = self.reopened(key)
        seen, info = self._pool.reset()
        no = jnp.zeros(self.num_envs, bool)
        state = state.replace(lives=self._lives(info))
        return self._shown(state, seen, jnp.zeros(self.num_envs), no, no, ~no)

    def reopened(self, key: jax.Array) -> PoolState:
        """Return a new pool: the first step in it takes no action. The one before is gone."""
        bits = jax.random.randint(key, (self.num_envs,), 0, _MOST_SEED, jnp.int32)
        self._pool = envpool_tasks.pool_of(
            self._task, self.spec.time_limit, num_envs=self.num_envs, seed=np.asarray(bits).tolist()
        )
        handle, *self._calls = self._pool.xla()
        self._opened += 1
        return PoolState(
            pool=self._opened,
            handle=jnp.array(handle),
            done=jnp.ones(self.num_envs, bool),
            lives=jnp.zeros(self.num_envs, jnp.int32),
            age=jnp.zeros(self.num_envs, jnp.int32),
        )

    def send(self, state: PoolState, action: jax.Array) -> PoolState:
        """Let every environment take one step, by itself from now on."""
        self._check(state)
        _, send, _ = self._calls
        return state.replace(handle=send(state.handle, self.spec.own_action(action)))

    def receive(self, state: PoolState) -> tuple[PoolState, TimeStep]:
        """Wait until all have, and return what that led to."""
        self._check(state)
        receive, _, _ = self._calls
        handle, (seen, reward, terminated, truncated, info) = receive(state.handle)
        lives = self._lives(info)
        life_lost = (lives < state.lives) & (lives > 0)
        first = state.done
        return self._shown(
            state.replace(handle=handle, lives=lives),
            seen,
            jnp.where(first, 0.0, reward.astype(jnp.float32)),
            terminated | life_lost,
            truncated & ~life_lost,
            first,
        )

    def step(self, state: PoolState, action: jax.Array) -> tuple[PoolState, TimeStep]:
        """Take one step in every environment."""
        return self.receive(self.send(state, action))

    def close(self) -> None:
        """Release the environments."""
        self._pool = self._calls = None

    def _check(self, state: PoolState) -> None:
        """Refuse, when a program is made, a state whose pool is gone."""
        if self._pool is None or state.pool != self._opened:
            raise UsageError(
                f"{self.spec.id} was begun anew or closed: an older state is of no use."
            )

    def _lives(self, info: dict[str, Any]) -> jax.Array:
        if not self._is_atari:
            return jnp.zeros(self.num_envs, jnp.int32)
        return jnp.asarray(info["lives"], jnp.int32)

    def _shown(
        self,
        state: PoolState,
        seen: Any,
        reward: jax.Array,
        terminated: jax.Array,
        truncated: jax.Array,
        first: jax.Array,
    ) -> tuple[PoolState, TimeStep]:
        """Return what an agent sees: its own dtypes, the mask apart, stacks of this episode."""
        space, legal = self.spec.observation, None
        if self.spec.has_mask:
            legal = jnp.asarray(seen[MASK], bool)
            seen = {name: inner for name, inner in seen.items() if name != MASK}
            if not isinstance(space, Composite):
                (seen,) = seen.values()
        oldest = space.frames - 1 if isinstance(space, Box) else 0
        age = jnp.where(first, 0, jnp.minimum(state.age + 1, oldest))
        observation = self._read(seen, space)
        if oldest:
            observation = _since(age, observation)
        state = state.replace(done=terminated | truncated, age=age)
        return state, TimeStep(observation, reward, terminated, truncated, first, legal)

    def _read(self, seen: Any, space: Space) -> Any:
        """Return observations in the shapes and dtypes of the spec."""
        if isinstance(space, Composite):
            return {name: self._read(seen[name], inner) for name, inner in space.entries}
        return jnp.asarray(seen, space.dtype).reshape((self.num_envs, *space.shape))


def _since(age: jax.Array, stacks: jax.Array) -> jax.Array:
    """Return stacks, [N, k, …], in which copies of an episode's first picture stand before it."""
    pictures = [stacks[:, -1]]
    for back in range(1, stacks.shape[1]):
        known = (age >= back).reshape((-1,) + (1,) * (stacks.ndim - 2))
        pictures.append(jnp.where(known, stacks[:, -1 - back], pictures[-1]))
    return jnp.stack(pictures[::-1], 1)
