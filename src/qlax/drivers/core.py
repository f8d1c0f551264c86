"""What both drivers share: the state of the loop, its statistics, and the body of an iteration.

An iteration is one step of every environment:

    act → environment → observe → learn (as often as is due)

Environments that step by themselves (`AsyncEnv`) do so while the agent learns:

    act → send → learn (as often as was due after the iteration before) → receive → observe

Every update then comes with the same memories as above, but one action later: the action after a
phase of learning is still the one that the network before it would take, and the last phase of a
run is left out.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from qlax.agent import LEARNING, Agent
from qlax.envs.core import TimeStep
from qlax.maths.counting import clipped_sum
from qlax.pytree import Pytree
from qlax.spaces import EnvSpec, zeros
from qlax.states import ActingParams, LearnerState, TrainState

MetricsRow = dict[str, float | None]
"""The metrics of a stretch of training by name; None for the mean of nothing."""


class Statistics(Pytree):
    """Running sums since the last report, and the episodes under way."""

    episode_return: jax.Array
    """Return so far of the episode under way, float32, shape [N]."""
    episode_length: jax.Array
    """Its steps so far, at most 2³¹ − 1, int32, shape [N]."""
    episodes: jax.Array
    """Episodes finished since the last report, int32 scalar."""
    return_sum: jax.Array
    """Sum of their returns, float32 scalar."""
    length_sum: jax.Array
    """Sum of their lengths, float32 scalar."""
    updates: jax.Array
    """Gradient updates since the last report, int32 scalar."""
    learning: dict[str, jax.Array]
    """Sums over those updates of what `Agent.learn` reports, float32 scalars."""


class LoopState(Pytree):
    """Everything a run is: saved and restored whole."""

    agent: TrainState
    env: Any
    """State of a compiled environment; empty for one on the host."""
    timestep: TimeStep
    """What the environments show now."""
    statistics: Statistics


_Learning = tuple[LearnerState, Any, Statistics]
"""What updates change: the learner, the replay, and what is counted."""


class Driver(Protocol):
    """Makes and advances the state of a loop; one state may hold the runs of several seeds."""

    @property
    def agent(self) -> Agent:
        """The agent it runs."""
        ...

    def init(self, seeds: Sequence[int]) -> LoopState:
        """Return the state before the first step."""
        ...

    def compile(self, state: LoopState) -> None:
        """Compile everything `advance` needs, so that its time is all run time."""
        ...

    def advance(self, state: LoopState, start: int, stop: int) -> LoopState:
        """Return the state after iterations start … stop − 1; the old one is used up."""
        ...

    def report(self, state: LoopState) -> tuple[list[MetricsRow], LoopState]:
        """Return what happened since the last report, for each seed, and the state to go on from.

        Training may stop and go on between reports as it likes: nothing is lost or counted twice.
        """
        ...

    def policies(self, state: LoopState) -> list[ActingParams]:
        """Return what the policy of each seed acts with so far, as copies on the host."""
        ...

    def shape(self, seed: int) -> LoopState:
        """Return the shapes and dtypes of the state of a single seed."""
        ...

    def split(self, state: LoopState) -> list[LoopState]:
        """Return the state of each seed by itself, to be saved."""
        ...

    def join(self, states: Sequence[LoopState]) -> LoopState:
        """Return saved states as one, fit to go on from."""
        ...


def keys(seed: int | jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return the environment's and the agent's key."""
    env_key, agent_key = jax.random.split(jax.random.key(seed))
    return env_key, agent_key


def resumed_env_key(state: LoopState) -> jax.Array:
    """Return the key of the environments that a resumed run begins anew: its own at every step."""
    actor = state.agent.actor
    return jax.random.fold_in(actor.key, actor.clock.taken.low)


def first_statistics(num_envs: int) -> Statistics:
    """Return statistics of nothing."""
    return Statistics(
        episode_return=jnp.zeros(num_envs),
        episode_length=jnp.zeros(num_envs, jnp.int32),
        episodes=jnp.int32(0),
        return_sum=jnp.float32(0),
        length_sum=jnp.float32(0),
        updates=jnp.int32(0),
        learning=dict.fromkeys(LEARNING, jnp.float32(0)),
    )


def since_report(statistics: Statistics) -> Statistics:
    """Return the statistics with all sums at zero; episodes under way go on."""
    return first_statistics(statistics.episode_return.shape[0]).replace(
        episode_return=statistics.episode_return, episode_length=statistics.episode_length
    )


def nothing_seen(spec: EnvSpec, num_envs: int) -> TimeStep:
    """Return a time step of zeros, for its shapes and dtypes."""
    no = np.zeros(num_envs, bool)
    legal = np.ones((num_envs, spec.num_actions), bool) if spec.has_mask else None
    seen = zeros(spec.observation, (num_envs,))
    return TimeStep(seen, np.zeros(num_envs, np.float32), no, no, no, legal)


def begun(agent: Agent, spec: EnvSpec, seed: jax.Array, timestep: TimeStep) -> LoopState:
    """Return the state after environments outside of it showed their first observations."""
    _, agent_key = keys(seed)
    timestep = jax.tree.map(jnp.asarray, timestep)
    train_state = agent.init(agent_key, spec, timestep)
    return LoopState(train_state, (), timestep, first_statistics(agent.num_envs))


def act(agent: Agent, state: LoopState) -> tuple[jax.Array, LoopState]:
    """Return an action for each environment, int32 of shape [N], and the loop after it."""
    params = agent.acting_params(state.agent.learner)
    action, actor = agent.act(state.agent.actor, params, state.timestep)
    return action, state.replace(agent=state.agent.replace(actor=actor))


def observe(agent: Agent, state: LoopState, action: jax.Array, timestep: TimeStep) -> LoopState:
    """Return the loop after the environments answered: remembered and counted.

    Args:
        agent: The agent.
        state: The loop before.
        action: What was done, int32, shape [N].
        timestep: What it led to.
    """
    step, actor = agent.experience(state.agent.actor, state.timestep, action, timestep)
    learner, replay = agent.remember(state.agent.learner, state.agent.replay, step)
    return state.replace(
        agent=TrainState(actor, learner, replay),
        timestep=timestep,
        statistics=_count(state.statistics, state.timestep, timestep),
    )


def learn(agent: Agent, state: LoopState, updates: int | jax.Array) -> LoopState:
    """Return the loop after the gradient updates that are due, 0 or more."""
    actor = state.agent.actor

    def update(_: Any, carry: _Learning) -> _Learning:
        before, replay, statistics = carry
        learner, replay, metrics = agent.learn(before, replay, actor.clock)
        # 0 where the batch held nothing to learn from.
        done = (learner.updates.low != before.updates.low).astype(jnp.int32)
        sums = {name: total + done * metrics[name] for name, total in statistics.learning.items()}
        statistics = statistics.replace(learning=sums, updates=statistics.updates + done)
        return learner, replay, statistics

    carry = state.agent.learner, state.agent.replay, state.statistics
    if isinstance(updates, int) and updates <= 1:
        carry = update(None, carry) if updates else carry
    else:
        # A loop of zero or more turns, not a conditional: under vmap a conditional would copy all
        # it carries, the replay included, while the number of turns depends on no batched value.
        carry = jax.lax.fori_loop(0, updates, update, carry)
    learner, replay, statistics = carry
    return state.replace(agent=TrainState(actor, learner, replay), statistics=statistics)


def interrupted(agent: Agent, state: LoopState) -> LoopState:
    """Return a saved state whose episodes were cut, since nobody could save them.

    They count as truncated where the checkpoint was made: nothing is learned across the gap.
    """
    train_state = state.agent.replace(replay=agent.replay.interrupt(state.agent.replay))
    timestep = state.timestep.replace(truncated=~state.timestep.terminated)
    return state.replace(agent=train_state, timestep=timestep)


def on_host(tree: Any) -> Any:
    """Return a tree of arrays as copies on the host, which outlive a state that is used up."""
    return jax.tree.map(np.array, tree)


def _count(statistics: Statistics, before: TimeStep, after: TimeStep) -> Statistics:
    """Return the statistics with one more step of every environment."""
    stepped = ~before.done
    returns = jnp.where(stepped, statistics.episode_return + after.reward, 0.0)
    lengths = jnp.where(stepped, clipped_sum(statistics.episode_length, 1), 0)
    return statistics.replace(
        episode_return=returns,
        episode_length=lengths,
        episodes=statistics.episodes + after.done.sum(),
        return_sum=statistics.return_sum + (returns * after.done).sum(),
        length_sum=statistics.length_sum + (lengths * after.done).sum(),
    )
