"""Episodes played greedily inside a program."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from qlax.agent import Agent
from qlax.envs.core import CompiledEnv, TimeStep
from qlax.maths.policies import greedy_action
from qlax.memories.previous import sees_previous
from qlax.states import ActingParams


class Played(NamedTuple):
    """The first episode of each of N environments."""

    returns: jax.Array
    """Undiscounted returns, float32, [N]."""
    lengths: jax.Array
    """Steps, int32, [N]."""


class _Game(NamedTuple):
    """Episodes under way."""

    env: Any
    timestep: TimeStep
    memory: Any
    action: jax.Array
    over: jax.Array
    """Which environments have finished their episode, bool, [N]."""
    steps: jax.Array
    """Steps taken, int32."""
    played: Played


def play(
    agent: Agent, env: CompiledEnv, params: ActingParams, key: jax.Array, longest: int
) -> Played:
    """Play an episode in each of N environments; it can be compiled.

    Args:
        agent: Who plays.
        env: Where.
        params: What its policy acts with.
        key: Of the episodes.
        longest: Steps after which an episode is cut, whatever the environment says.
    """
    spec = env.spec
    no = jnp.zeros(env.num_envs, jnp.int32)

    def step(game: _Game) -> _Game:
        seen = game.timestep
        previous = (game.action, seen.reward) if sees_previous(agent.memory) else (None, None)
        known = seen.observation, game.memory, seen.first
        values, memory = agent.values(params, spec, *known, previous=previous)
        action = greedy_action(values, seen.legal)
        state, timestep = env.step(game.env, action)
        counts = ~game.over
        played = Played(
            game.played.returns + counts * timestep.reward, game.played.lengths + counts
        )
        return _Game(
            state, timestep, memory, action, game.over | timestep.done, game.steps + 1, played
        )

    state, timestep = env.init(key)
    memory = None if agent.memory is None else agent.memory.init(env.num_envs)
    nothing = Played(jnp.zeros(env.num_envs), no)
    game = _Game(state, timestep, memory, no, no > 0, jnp.int32(0), nothing)

    def goes_on(game: _Game) -> jax.Array:
        return ~game.over.all() & (game.steps < longest)

    return jax.lax.while_loop(goes_on, step, game).played
