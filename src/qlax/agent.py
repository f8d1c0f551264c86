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
from qlax.explorers import Clock, EpsilonGreedy, Explorer, KnowsItsPolicy, Situation
from qlax.heads import Head, Loss, Scalar
from qlax.maths.bootstrap import chosen
from qlax.maths.policies import only_legal
from qlax.memories import Memory
from qlax.networks import MLP, Network
from qlax.observations import Observation, ScaleToBounds
from qlax.optimizers import Adam, Optimizer, Signal
from qlax.pytree import Pytree, static
from qlax.q_network import Evaluator, QNetwork
from qlax.replay import Replay, Seen, Step, Uniform
from qlax.rewards import Paid, Reward, Unchanged
from qlax.schedules import for_run, value_at
from qlax.spaces import EnvSpec
from qlax.targets import FinishesApart, Periodic, Target
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
    stage: Any
    """What the observation stage knows."""
    reward: Any
    """What the reward stage knows."""
    memory: Any
    """The memory's state in each environment, before the next observation; None without one."""
    probability: jax.Array | None
    """How likely the explorer was to take the last actions, [N]; None if nobody asks."""
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


class ActingParams(Pytree):
    """What actions are chosen with: all a finished policy needs."""

    network: Any
    """The network's parameters."""
    stage: Any
    """What the observation stage knows."""


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
    memory: Memory | None = None
    """What the network remembers from step to step: `LSTM`, `GRU` or None."""
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
    """Whose parameters the finished policy has: `target` of `Polyak` or `Averaged` is a mean."""

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
        for part in dataclasses.fields(self):
            check = getattr(getattr(self, part.name), "check", None)
            if check is not None:
                check(self)

    def __repr__(self) -> str:
        return pasteable(self)

    def replace(self, **parts: Any) -> "Agent":
        """Return the agent with some parts exchanged; it is checked anew."""
        known = {part.name for part in dataclasses.fields(self)}
        for name in parts:
            if name not in known:
                raise UsageError(f"Agent has no part {name!r}; it has {', '.join(sorted(known))}.")
        return dataclasses.replace(self, **parts)

    def for_run(self, steps: int) -> "Agent":
        """Return the agent with a length for every schedule that ends with the run.

        `train`, `resume` and `sweep` do so themselves. The optimiser's schedules count updates,
        all others environment steps.

        Args:
            steps: Environment steps of the run, of all environments together.
        """
        updates = steps // (self.num_envs * self.update_every) * self.updates
        slots = {part.name: getattr(self, part.name) for part in dataclasses.fields(self)}
        return dataclasses.replace(
            self,
            **{
                slot: for_run(part, updates if slot == "optimizer" else steps)
                for slot, part in slots.items()
            },
        )

    # --- the four functions -------------------------------------------------------------------

    def init(self, key: jax.Array, spec: EnvSpec, timestep: TimeStep) -> TrainState:
        """Return a fresh agent that has seen the first observations of its environments."""
        key, params_key = jax.random.split(key)
        observation = jax.tree.map(jnp.asarray, timestep.observation)
        stage = self.observation.update(
            self.observation.init(spec.observation), observation, spec.observation
        )
        params = self.init_params(params_key, spec, observation)
        memory = None if self.memory is None else self.memory.init(self.num_envs)
        legal = None if timestep.legal is None else jnp.asarray(timestep.legal)
        asked = self.replay.uses_probability
        return TrainState(
            spec=spec,
            params=params,
            target=self.target.init(params),
            optimizer=self.optimizer.transformation().init(params),
            replay=self.replay.init(Seen(observation, legal, memory), spec),
            explorer=self.explorer.init(self.num_envs, spec),
            stage=stage,
            reward=self.reward.init(jax.random.fold_in(params_key, 1), spec, self.num_envs),
            memory=memory,
            probability=jnp.ones(self.num_envs) if asked else None,
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
        params = self.target.acting_params(state.target, state.params)
        q_values, memory = self.values(
            ActingParams(params, state.stage),
            state.spec,
            timestep.observation,
            state.memory,
            timestep.first,
            jax.random.fold_in(explore_key, 1),
        )
        situation = Situation(
            q_values, timestep.legal, timestep.observation, timestep.first, self.clock(state)
        )
        action, explorer = self.explorer.act(state.explorer, explore_key, situation)
        probability = None
        if state.probability is not None:
            policy = self._behaviour(q_values, timestep.legal, state)
            assert policy is not None, "the replay's check requires probabilities"
            probability = chosen(policy, action)
        return action, state.replace(
            explorer=explorer, memory=memory, probability=probability, key=key
        )

    def observe(
        self, state: TrainState, timestep: TimeStep, action: jax.Array, next_timestep: TimeStep
    ) -> TrainState:
        """Remember what an action led to."""
        following, done, valid = next_timestep.observation, next_timestep.done, ~timestep.done
        reward, reward_state = self.reward(
            state.reward, Paid(next_timestep.reward, done, valid, following)
        )
        step = Step(
            action=action,
            reward=reward,
            terminated=next_timestep.terminated,
            truncated=next_timestep.truncated,
            valid=valid,
            first=timestep.first,
            next=Seen(following, next_timestep.legal, state.memory),
            probability=state.probability,
        )
        return state.replace(
            replay=self.replay.add(state.replay, step),
            stage=self.observation.update(state.stage, following, state.spec.observation),
            reward=reward_state,
            env_steps=state.env_steps + self.num_envs,
            episodes=state.episodes + done,
        )

    def learn(self, state: TrainState) -> tuple[TrainState, Metrics]:
        """Draw a batch and take one gradient step."""
        key, sample_key = jax.random.split(state.key)
        # Folded in, not split off: where no part of the network is random, they cost nothing.
        online_key, target_key = (jax.random.fold_in(sample_key, index) for index in (1, 2))
        batch, replay = self.replay.sample(
            state.replay, sample_key, state.discount, next_action=self.bootstrap.uses_next_action
        )
        target_params = self.target.params(state.target, state.params)
        target_now, target_next = batch.predictions(
            self._evaluator(target_params, state, target_key)
        )
        q_target = self.head.q_values(target_next)
        legal_now, legal_next = batch.legal

        def objective(params: Any) -> tuple[jax.Array, tuple[Loss, jax.Array]]:
            online_now, online_next = batch.predictions(self._evaluator(params, state, online_key))
            backup = self.bootstrap(
                NextValues(
                    online_next=self.head.q_values(online_next),
                    target_next=q_target,
                    target_now=self.head.q_values(target_now),
                    action=batch.action,
                    next_action=batch.next_action,
                    behaviour_next=self._behaviour(q_target, legal_next, state),
                    legal_now=legal_now,
                    legal_next=legal_next,
                )
            )
            target = jax.lax.stop_gradient(batch.target(self.head, target_next, backup))
            result = self.head.loss(online_now, batch.action, target)
            losses = self.optimizer.objective(result)
            return (batch.weight * losses).mean(), (result, self.head.q_values(online_now))

        gradient, (result, q_values) = jax.grad(objective, has_aux=True)(state.params)
        direction, optimizer = self.optimizer.transformation().update(
            gradient,
            state.optimizer,
            state.params,
            signal=Signal(
                error=result.error,
                discount=state.discount,
                counts=batch.weight > 0,
                greedy=chosen(q_values, batch.action) >= only_legal(q_values, legal_now).max(-1),
            ),
        )
        rate = state.learning_rate * value_at(self.optimizer.learning_rate, state.updates)
        params = jax.tree.map(lambda p, step: p - rate * step, state.params, direction)
        updates = state.updates + 1
        params, target = self.target.update(state.target, params, updates)
        state = state.replace(
            params=params,
            target=target,
            optimizer=optimizer,
            replay=self.replay.update_priorities(replay, batch, result.error),
            key=key,
            updates=updates,
        )
        loss = (batch.weight * result.loss).mean()
        return state, {"loss": loss, "q_value": q_values.max(-1).mean()}

    # --- what the drivers and policies ask ----------------------------------------------------

    def init_params(self, key: jax.Array, spec: EnvSpec, observation: Any) -> Any:
        """Return fresh network parameters, given a batch of observations."""
        stage = self.observation.init(spec.observation)
        inputs = [stage, observation]
        if self.memory is not None:
            num_envs = jax.tree.leaves(observation)[0].shape[0]
            in_time = jax.tree.map(lambda array: array[None], observation)
            inputs = [stage, in_time, self.memory.init(num_envs), jnp.ones((1, num_envs), bool)]
        return self._network(spec).init(key, *inputs)

    def values(
        self,
        params: "ActingParams",
        spec: EnvSpec,
        observation: Any,
        memory: Any = None,
        first: jax.Array | None = None,
        key: jax.Array | None = None,
    ) -> tuple[jax.Array, Any]:
        """Return the mean action values of a batch of observations and the memory after.

        Args:
            params: What to evaluate with.
            spec: The environment's description.
            observation: What it shows, each array [B, …].
            memory: The memory's state before it, if the agent has a memory.
            first: Which observations begin an episode, bool, [B]; likewise.
            key: Of the network's own noise; None for the network without noise.

        Returns:
            Values of shape [B, A], and the memory's state, None without one.
        """
        random = {} if key is None else {"own_noise": key}
        evaluator = Evaluator(self._network(spec), params.network, params.stage, random)
        if self.memory is None:
            return self.head.q_values(evaluator(observation)), None
        assert first is not None
        in_time = jax.tree.map(lambda array: array[None], observation)
        prediction, memory = evaluator.unroll(in_time, memory, first[None])
        now = jax.tree.map(lambda array: array[0], prediction)
        return self.head.q_values(now), memory

    def updates_due(self, iteration: Any) -> Any:
        """Return how many updates follow step number `iteration` of each environment (from 1).

        A number for a number, an array for an array.
        """
        ready = iteration * self.num_envs >= self.learning_starts
        return self.updates * (ready & (iteration % self.update_every == 0))

    def clock(self, state: TrainState) -> Clock:
        """Return how far training is, for schedules."""
        return Clock(state.env_steps, state.episodes)

    def policy_params(self, state: TrainState) -> "ActingParams":
        """Return what the finished policy acts with."""
        if self.policy == "online":
            params = self.target.acting_params(state.target, state.params)
        elif isinstance(self.target, FinishesApart):
            params = self.target.finished_params(state.target)
        else:
            params = self.target.params(state.target, state.params)
        return ActingParams(params, state.stage)

    def _behaviour(
        self, q_values: jax.Array, legal: jax.Array | None, state: TrainState
    ) -> jax.Array | None:
        """Return the explorer's probabilities by the given values, if it knows them."""
        if not isinstance(self.explorer, KnowsItsPolicy):
            return None
        return self.explorer.probabilities(q_values, legal, self.clock(state))

    def _evaluator(self, params: Any, state: TrainState, key: jax.Array) -> Evaluator:
        """Return the network with parameters and random streams of its own."""
        random = {"noise": key, "quantiles": jax.random.fold_in(key, 1)}
        return Evaluator(self._network(state.spec), params, state.stage, random)

    def _network(self, spec: EnvSpec) -> QNetwork:
        return QNetwork(
            observation=self.observation,
            network=self.network,
            memory=self.memory,
            head=self.head,
            space=spec.observation,
            num_actions=spec.num_actions,
        )
