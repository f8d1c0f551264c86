"""The agent: a choice of parts, and the four pure functions that make it run."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

import jax
import jax.numpy as jnp
from flax import linen as nn

from qlax.bootstraps import Bootstrap, Greedy, NextValues
from qlax.config import pasteable
from qlax.envs.core import TimeStep
from qlax.errors import UsageError, require
from qlax.explorers import Clock, EpsilonGreedy, Explorer
from qlax.heads import Head, Scalar
from qlax.networks import MLP, Network
from qlax.observations import Observation, ScaleToBounds
from qlax.optimizers import Adam, Optimizer
from qlax.pytree import Pytree, static
from qlax.q_network import QNetwork
from qlax.replay import Replay, Step, Uniform
from qlax.rewards import Reward, Unchanged
from qlax.schedules import value_at
from qlax.spaces import EnvSpec
from qlax.targets import Periodic, Target
from qlax.validation import check_types

Metrics = dict[str, jax.Array]


class TrainState(Pytree):
    """Everything that changes while an agent learns: one pytree, saved and restored whole."""

    spec: EnvSpec = static()
    """The environment it was made for."""
    params: Any
    """Parameters of the online network."""
    target: Any
    """State of the target network."""
    optimizer: Any
    """State of the optimiser."""
    replay: Any
    """Everything remembered."""
    explorer: Any
    """State of the explorer."""
    key: jax.Array
    """The key all further randomness comes from."""
    env_steps: jax.Array
    """Environment steps observed, of all environments together, int32 scalar."""
    episodes: jax.Array
    """Episodes finished in each environment, int32, shape [N]."""
    updates: jax.Array
    """Gradient updates done, int32 scalar."""
    discount: jax.Array
    """γ: data, so that it can be mapped over."""
    learning_rate: jax.Array
    """A factor on the optimiser's learning rate, 1 unless changed: data for the same reason."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Agent:
    """Q-learning with the parts you choose.

    Every agent learns from the one equation

        target = r + b + d · Σ_a π(a) · [ Z(s′, a) − e(a) ]

    in which the bootstrap gives π, e and b, the head gives Z and its loss, the replay gives r and
    d = γᵏ (1 − terminated), and the target network says whose Z it is.
    """

    network: Network | nn.Module = field(default_factory=MLP)
    """From observation to features: `MLP`, `Table`, `TileCoding` or your own Flax module."""
    head: Head = field(default_factory=Scalar)
    """What is predicted of the return, and its loss."""
    bootstrap: Bootstrap = field(default_factory=Greedy)
    """What the target assumes about the next action."""
    explorer: Explorer = field(default_factory=EpsilonGreedy)
    """Which action is taken while training."""
    replay: Replay = field(default_factory=Uniform)
    """What is remembered and how batches are drawn."""
    target: Target = field(default_factory=Periodic)
    """Whose parameters bootstrap."""
    optimizer: Optimizer = field(default_factory=Adam)
    """How a gradient becomes a step."""
    observation: Observation = field(default_factory=ScaleToBounds)
    """What is done to observations before the network, in acting and learning alike."""
    reward: Reward = field(default_factory=Unchanged)
    """What the learner is paid."""
    discount: float = 0.99
    """γ in [0, 1]: what a reward is worth one step later."""
    num_envs: int = 1
    """Environments stepped side by side; at least 1."""
    learning_starts: int = 1_000
    """Environment steps, of all environments together, before the first update."""
    update_every: int = 1
    """Steps of each environment between learning phases; at least 1."""
    updates: int = 1
    """Gradient updates in each learning phase; at least 1."""
    time_limit: int | None = None
    """Steps after which training episodes are truncated; None for the environment's own limit."""
    policy: Literal["online", "target"] = "online"
    """Whose parameters the finished policy has: `target` with `Polyak` is weight averaging."""

    def __post_init__(self) -> None:
        check_types(self)
        require(0.0 <= self.discount <= 1.0, "Agent.discount", self.discount, "in [0, 1]")
        for name in ("num_envs", "update_every", "updates"):
            require(getattr(self, name) >= 1, f"Agent.{name}", getattr(self, name), "at least 1")
        require(
            self.learning_starts >= 0, "Agent.learning_starts", self.learning_starts, "0 or more"
        )
        require(
            self.time_limit is None or self.time_limit >= 1,
            "Agent.time_limit",
            self.time_limit,
            "at least 1 or None",
        )
        self.replay.check(self.num_envs, self.learning_starts)

    def __repr__(self) -> str:
        return pasteable(self)

    def replace(self, **parts: Any) -> "Agent":
        """Return the agent with some parts exchanged; it is checked anew."""
        known = {part.name for part in dataclasses.fields(self)}
        for name in parts:
            if name not in known:
                raise UsageError(f"Agent has no part {name!r}; it has {', '.join(sorted(known))}.")
        return dataclasses.replace(self, **parts)

    # --- the four functions -------------------------------------------------------------------

    def init(self, key: jax.Array, spec: EnvSpec, timestep: TimeStep) -> TrainState:
        """Return a fresh agent that has seen the first observations of its environments."""
        key, params_key = jax.random.split(key)
        params = self.init_params(params_key, spec, jnp.asarray(timestep.observation))
        return TrainState(
            spec=spec,
            params=params,
            target=self.target.init(params),
            optimizer=self.optimizer.transformation().init(params),
            replay=self.replay.init(spec.observation, jnp.asarray(timestep.observation)),
            explorer=self.explorer.init(self.num_envs),
            key=key,
            env_steps=jnp.int32(0),
            episodes=jnp.zeros(self.num_envs, jnp.int32),
            updates=jnp.int32(0),
            discount=jnp.float32(self.discount),
            learning_rate=jnp.float32(1.0),
        )

    def act(self, state: TrainState, timestep: TimeStep) -> tuple[jax.Array, TrainState]:
        """Return an action for each environment, int32 of shape [N]."""
        key, explore_key = jax.random.split(state.key)
        q_values = self.q_values(state.params, state.spec, timestep.observation)
        action, explorer = self.explorer.act(
            state.explorer, explore_key, q_values, timestep.first, self.clock(state)
        )
        return action, state.replace(explorer=explorer, key=key)

    def observe(
        self, state: TrainState, timestep: TimeStep, action: jax.Array, next_timestep: TimeStep
    ) -> TrainState:
        """Remember what an action led to."""
        step = Step(
            action=action,
            reward=self.reward(next_timestep.reward, next_timestep.done),
            terminated=next_timestep.terminated,
            truncated=next_timestep.truncated,
            valid=~timestep.done,
            next_observation=next_timestep.observation,
        )
        return state.replace(
            replay=self.replay.add(state.replay, step),
            env_steps=state.env_steps + self.num_envs,
            episodes=state.episodes + next_timestep.done,
        )

    def learn(self, state: TrainState) -> tuple[TrainState, Metrics]:
        """Draw a batch and take one gradient step."""
        key, sample_key = jax.random.split(state.key)
        batch = self.replay.sample(state.replay, sample_key, state.discount)
        apply: Any = self._network(state.spec).apply
        target_params = self.target.params(state.target, state.params)
        next_prediction = apply(target_params, batch.next_observation)
        backup = self.bootstrap(
            NextValues(
                online_next=self.head.q_values(apply(state.params, batch.next_observation)),
                target_next=self.head.q_values(next_prediction),
                target_now=self.head.q_values(apply(target_params, batch.observation)),
                action=batch.action,
            )
        )
        target = self.head.backup(batch.reward, batch.discount, next_prediction, backup)

        def mean_loss(params: Any) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
            prediction = apply(params, batch.observation)
            losses, errors = self.head.loss(prediction, batch.action, target)
            return (batch.weight * losses).mean(), (errors, self.head.q_values(prediction))

        (loss, (errors, q_values)), gradient = jax.value_and_grad(mean_loss, has_aux=True)(
            state.params
        )
        direction, optimizer = self.optimizer.transformation().update(
            gradient, state.optimizer, state.params
        )
        rate = state.learning_rate * value_at(self.optimizer.learning_rate, state.updates)
        params = jax.tree.map(lambda p, step: p - rate * step, state.params, direction)
        updates = state.updates + 1
        state = state.replace(
            params=params,
            target=self.target.update(state.target, params, updates),
            optimizer=optimizer,
            replay=self.replay.update_priorities(state.replay, batch.source, errors),
            key=key,
            updates=updates,
        )
        return state, {"loss": loss, "q_value": q_values.max(-1).mean()}

    # --- what the drivers ask -----------------------------------------------------------------

    def init_params(self, key: jax.Array, spec: EnvSpec, observation: jax.Array) -> Any:
        """Return fresh network parameters, given a batch of observations."""
        return self._network(spec).init(key, observation)

    def q_values(self, params: Any, spec: EnvSpec, observation: jax.Array) -> jax.Array:
        """Return mean action values of a batch of observations, shape [B, A]."""
        apply: Any = self._network(spec).apply
        return self.head.q_values(apply(params, observation))

    def updates_due(self, iteration: jax.Array) -> jax.Array:
        """Return how many updates follow step number `iteration` of each environment (from 1)."""
        ready = iteration * self.num_envs >= self.learning_starts
        return jnp.where(ready & (iteration % self.update_every == 0), self.updates, 0)

    def clock(self, state: TrainState) -> Clock:
        """Return how far training is, for schedules."""
        return Clock(state.env_steps, state.episodes)

    def policy_params(self, state: TrainState) -> Any:
        """Return the parameters of the finished policy."""
        if self.policy == "online":
            return state.params
        return self.target.params(state.target, state.params)

    def _network(self, spec: EnvSpec) -> QNetwork:
        return QNetwork(
            observation=self.observation,
            network=self.network,
            head=self.head,
            space=spec.observation,
            num_actions=spec.num_actions,
        )
