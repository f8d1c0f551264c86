"""Episodes played greedily inside a program."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from qlax.agent import Agent
from qlax.envs.core import CompiledEnv, TimeStep
from qlax.evaluation.forecasts import can_be_compared, learned_from
from qlax.maths.factors import best_value, greedy_of
from qlax.memories.previous import sees_previous
from qlax.spaces import legal_values
from qlax.states import ActingParams


class Played(NamedTuple):
    """The first episode of each of N environments."""

    returns: jax.Array
    """Undiscounted returns, float32, [N]."""
    lengths: jax.Array
    """Steps, int32, [N]."""
    value: jax.Array | None
    """max_a Q(s, a) in the first state, float32, [N]; None where rewards are learned."""
    discounted: jax.Array | None
    """What it should be: see `forecasts`, float32, [N]."""


class _Game(NamedTuple):
    """Episodes under way."""

    env: Any
    timestep: TimeStep
    memory: Any
    action: jax.Array
    over: jax.Array
    """Which environments have finished their episode, bool, [N]."""
    cut: jax.Array
    """Which of them a time limit ended with the last step, bool, [N]."""
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
    action = jnp.zeros((env.num_envs, *spec.action_shape), jnp.int32)

    def step(game: _Game) -> _Game:
        seen = game.timestep
        previous = (game.action, seen.reward) if sees_previous(agent.memory) else (None, None)
        known = seen.observation, game.memory, seen.first
        values, memory = agent.values(params, spec, *known, previous=previous)
        legal = legal_values(spec, seen.legal, env.num_envs)
        action = greedy_of(values, legal, spec.factors)
        state, timestep = env.step(game.env, action)
        counts = ~game.over
        best = best_value(values, legal, spec.factors)
        played = _counted(agent, game, timestep, best)
        cut = counts & timestep.truncated & ~timestep.terminated
        over = game.over | timestep.done
        return _Game(state, timestep, memory, action, over, cut, game.steps + 1, played)

    state, timestep = env.init(key)
    memory = None if agent.memory is None else agent.memory.init(env.num_envs)
    zero = jnp.zeros(env.num_envs)
    both = (zero, zero) if can_be_compared(agent) else (None, None)
    game = _Game(
        state, timestep, memory, action, no > 0, no > 0, jnp.int32(0), Played(zero, no, *both)
    )

    def goes_on(game: _Game) -> jax.Array:
        return (~game.over.all() | game.cut.any()) & (game.steps < longest)

    return jax.lax.while_loop(goes_on, step, game).played


def _counted(agent: Agent, game: _Game, after: TimeStep, best: jax.Array) -> Played:
    """Return the episodes with one more step; `best` is what the policy expected before it, [N]."""
    returns, lengths, value, discounted = game.played
    counts = ~game.over
    if value is not None and discounted is not None:
        reward = learned_from(agent, after.reward, after.done, after.observation)
        value = jnp.where(counts & (lengths == 0), best, value)
        discounted += agent.discount**lengths * (counts * reward + game.cut * best)
    return Played(returns + counts * after.reward, lengths + counts, value, discounted)
