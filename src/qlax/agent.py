"""The agent: the pure functions that make a choice of parts run."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from qlax.bootstraps.of_prediction import backup_of
from qlax.envs.core import TimeStep
from qlax.explorers import Clock, KnowsItsPolicy, Situation, of_factors
from qlax.heads import Loss
from qlax.heads.core import loss_of
from qlax.heads.joint import joined
from qlax.maths.bootstrap import chosen
from qlax.maths.counting import Count
from qlax.maths.factors import best_value, is_greedy
from qlax.memories.previous import observation_in, sees_previous, shown_to, space_shown
from qlax.optimizers import Signal
from qlax.parts import Parts
from qlax.precision import computes_in_32_bits
from qlax.protocols.answers import check_answers
from qlax.q_network import Evaluator
from qlax.replay import Batch, Seen, Step
from qlax.rewards import Paid
from qlax.schedules import value_at
from qlax.spaces import EnvSpec, legal_values
from qlax.states import ActingParams, ActorState, LearnerState, TrainState
from qlax.targets import FinishesApart

Metrics = dict[str, jax.Array]
LEARNING = ("loss", "q_value", "q_max", "td_error")
"""The metrics of an update."""
Objective = Callable[[Any], tuple[jax.Array, tuple[Loss, jax.Array]]]


@computes_in_32_bits
@dataclass(frozen=True, kw_only=True, repr=False)
class Agent(Parts):
    """Q-learning with the parts you choose.

    Every agent learns from the one equation

        target = r + b + d · Σ_a π(a) · [ Z(s′, a) − e(a) ]

    in which the bootstrap gives π, e and b, the head gives Z and its loss, the replay gives r and
    d = γᵏ (1 − terminated), and the target network says whose Z it is.
    """

    # --- the beginning ------------------------------------------------------------------------

    def init(self, key: jax.Array, spec: EnvSpec, timestep: TimeStep) -> TrainState:
        """Return a fresh agent that has seen the first observations of its environments."""
        actor = self.init_actor(key, spec)
        seen = self.seen_first(actor, timestep)
        return TrainState(actor, *self.init_learner(key, spec, seen))

    def seen_first(self, actor: ActorState, timestep: TimeStep) -> Seen:
        """Return what the first observations tell the learner, before any step."""
        observation, legal = jax.tree.map(jnp.asarray, (timestep.observation, timestep.legal))
        known = None, None, None, actor.spec.num_actions, actor.spec.factors
        shown = shown_to(self.memory, observation, *known)
        return Seen(shown, legal, actor.memory)

    def init_actor(self, key: jax.Array, spec: EnvSpec) -> ActorState:
        """Return what acts, before its first step; the key is that of `init`."""
        actor_key, _ = jax.random.split(key)
        return ActorState(
            spec=spec,
            explorer=of_factors.begun(self.explorer, self.num_envs, spec),
            memory=None if self.memory is None else self.memory.init(self.num_envs),
            action=(
                jnp.zeros((self.num_envs, *spec.action_shape), jnp.int32)
                if sees_previous(self.memory)
                else None
            ),
            probability=jnp.ones(self.num_envs) if self.replay.uses_probability else None,
            key=actor_key,
            clock=Clock.start(self.num_envs),
        )

    def init_learner(self, key: jax.Array, spec: EnvSpec, seen: Seen) -> tuple[LearnerState, Any]:
        """Return what learns, and the replay, which know what was seen first; key as in `init`."""
        check_answers(self, self.q_network(spec), spec, seen)
        _, learner_key = jax.random.split(key)
        key, params_key = jax.random.split(learner_key)
        stage = self.observation.init(spec.observation)
        observation = observation_in(self.memory, seen.observation)
        stage = self.observation.update(stage, observation, spec.observation)
        params = self.init_params(params_key, spec, observation)
        learner = LearnerState(
            spec=spec,
            params=params,
            target=self.target.init(params),
            optimizer=self.optimizer.transformation().init(params),
            stage=stage,
            reward=self.reward.init(jax.random.fold_in(params_key, 1), spec, self.num_envs),
            key=key,
            updates=Count.of(0),
            discount=jnp.float32(self.discount),
            learning_rate=jnp.float32(1.0),
        )
        shown = space_shown(self.memory, spec.observation, spec.num_actions, spec.factors)
        return learner, self.replay.init(seen, dataclasses.replace(spec, observation=shown))

    def init_params(self, key: jax.Array, spec: EnvSpec, observation: Any) -> Any:
        """Return fresh network parameters, given a batch of observations."""
        stage = self.observation.init(spec.observation)
        return self.q_network(spec).fresh_params(key, stage, observation)

    # --- the actor's half ---------------------------------------------------------------------

    def act(
        self, actor: ActorState, params: ActingParams, timestep: TimeStep
    ) -> tuple[jax.Array, ActorState]:
        """Return an action for each environment, int32 of shape [N]; [N, F] of several factors."""
        key, explore_key = jax.random.split(actor.key)
        prediction, memory = self.predict(
            params,
            actor.spec,
            timestep.observation,
            actor.memory,
            timestep.first,
            jax.random.fold_in(explore_key, 1),
            (actor.action, timestep.reward),
        )
        q_values = self.head.q_values(prediction)
        legal = legal_values(actor.spec, timestep.legal, self.num_envs)
        situation = Situation(
            q_values=q_values,
            prediction=prediction,
            head=self.head,
            legal=legal,
            observation=timestep.observation,
            first=timestep.first,
            done=timestep.done,
            clock=actor.clock,
        )
        factors = actor.spec.factors
        action, explorer = of_factors.act(
            self.explorer, actor.explorer, explore_key, situation, factors
        )
        probability = None
        if actor.probability is not None:
            policy = self._behaviour(q_values, legal, actor.clock, factors)
            assert policy is not None, "the replay's check requires probabilities"
            probability = of_factors.probability_of(policy, action)
        return action, actor.replace(
            explorer=explorer, memory=memory, probability=probability, key=key
        )

    def experience(
        self, actor: ActorState, timestep: TimeStep, action: jax.Array, next_timestep: TimeStep
    ) -> tuple[Step, ActorState]:
        """Return the step that an action was, for the learner, and the actor that counted it."""
        shown = shown_to(
            self.memory,
            next_timestep.observation,
            action,
            next_timestep.reward,
            next_timestep.first,
            actor.spec.num_actions,
            actor.spec.factors,
        )
        step = Step(
            action=action,
            reward=next_timestep.reward,
            terminated=next_timestep.terminated,
            truncated=next_timestep.truncated,
            valid=~timestep.done,
            first=timestep.first,
            next=Seen(shown, next_timestep.legal, actor.memory),
            probability=actor.probability,
        )
        last = None if actor.action is None else action
        return step, actor.replace(action=last, clock=actor.clock.after(step.done))

    # --- the learner's half -------------------------------------------------------------------

    def remember(self, learner: LearnerState, replay: Any, step: Step) -> tuple[LearnerState, Any]:
        """Return what learns and the replay after a step of the environments."""
        seen = observation_in(self.memory, step.next.observation)
        reward, reward_state = self.reward(
            learner.reward, Paid(step.reward, step.done, step.valid, seen, learner.discount)
        )
        stage = self.observation.update(learner.stage, seen, learner.spec.observation)
        learner = learner.replace(stage=stage, reward=reward_state)
        return learner, self.replay.add(replay, step._replace(reward=reward))

    def learn(
        self, learner: LearnerState, replay: Any, clock: Clock
    ) -> tuple[LearnerState, Any, Metrics]:
        """Draw a batch and take one gradient step.

        A batch none of whose samples counts, such as a step that only started an episode, is no
        update: nothing that learns moves, be it by momentum.

        Args:
            learner: What learns.
            replay: What is remembered.
            clock: How far training is, for targets that follow the explorer's probabilities.

        Returns:
            What learns, the replay after it, and what `LEARNING` names: the loss, the mean and the
            maximum over states of max_a Q(s, a), and the mean of |δ| over samples that count.
        """
        key, sample_key = jax.random.split(learner.key)
        batch, replay = self.replay.sample(
            replay, sample_key, learner.discount, next_action=self.bootstrap.uses_next_action
        )
        objective = self.objective(learner, batch, sample_key, clock)
        factors, rows = learner.spec.factors, batch.action.shape[0]
        legal = legal_values(learner.spec, batch.legal[0], rows)
        counts = batch.weight > 0
        gradient, (result, q_values) = jax.grad(objective, has_aux=True)(learner.params)
        best = best_value(q_values, legal, factors)
        direction, optimizer = self.optimizer.transformation().update(
            gradient,
            learner.optimizer,
            learner.params,
            signal=Signal(
                error=result.error,
                discount=learner.discount,
                counts=counts,
                greedy=(
                    chosen(q_values, batch.action) >= best
                    if factors is None
                    else is_greedy(q_values, batch.action, legal)
                ),
            ),
        )
        rate = learner.learning_rate * value_at(
            self.optimizer.learning_rate, learner.updates.clipped
        )
        params = jax.tree.map(lambda p, step: p - rate * step, learner.params, direction)
        updates = learner.updates.after(1)
        params, target = self.target.update(learner.target, params, updates.low)
        params, target, updates = jax.tree.map(
            lambda after, before: jnp.where(counts.any(), after, before),
            (params, target, updates),
            (learner.params, learner.target, learner.updates),
        )
        learner = learner.replace(
            params=params, target=target, optimizer=optimizer, key=key, updates=updates
        )
        replay = self.replay.update_priorities(replay, batch, result.error)
        errors = jnp.where(counts, jnp.abs(result.error), 0.0)
        return (
            learner,
            replay,
            {
                "loss": (batch.weight * result.loss).mean(),
                "q_value": best.mean(),
                "q_max": best.max(),
                "td_error": errors.sum() / jnp.maximum(counts.sum(), 1),
            },
        )

    def objective(
        self, learner: LearnerState, batch: Batch, key: jax.Array, clock: Clock
    ) -> Objective:
        """Return the function of the online parameters whose gradient an update follows.

        Args:
            learner: What learns.
            batch: What it learns from.
            key: The key that the batch was drawn with.
            clock: How far training is, for targets that follow the explorer's probabilities.

        Returns:
            parameters → the objective; and beside it the loss, and the action values of s, [M, A].
        """
        # Folded in, not split off: where no part of the network is random, they cost nothing.
        online_key, target_key = (jax.random.fold_in(key, index) for index in (1, 2))
        target_params = self.target.params(learner.target, learner.params)
        target_now, target_next = batch.predictions(
            self.evaluator(target_params, learner, target_key)
        )
        q_target = self.head.q_values(target_next)
        head, factors = joined(self.head, learner.spec.factors), learner.spec.factors
        rows = batch.action.shape[0]
        legal_now, legal_next = (legal_values(learner.spec, mask, rows) for mask in batch.legal)

        def objective(params: Any) -> tuple[jax.Array, tuple[Loss, jax.Array]]:
            online_now, online_next = batch.predictions(self.evaluator(params, learner, online_key))
            backup = backup_of(
                self.bootstrap,
                head,
                factors=factors,
                online_next=online_next,
                target_next=target_next,
                target_now=target_now,
                action=batch.action,
                next_action=batch.next_action,
                behaviour_next=self._behaviour(q_target, legal_next, clock, factors),
                legal_now=legal_now,
                legal_next=legal_next,
            )
            target = jax.lax.stop_gradient(batch.target(head, target_next, backup))
            result = loss_of(head, online_now, batch.action, target, batch.number)
            losses = self.optimizer.objective(result)
            return (batch.weight * losses).mean(), (result, self.head.q_values(online_now))

        return objective

    def acting_params(self, learner: LearnerState) -> ActingParams:
        """Return what the actor acts with while training."""
        params = self.target.acting_params(learner.target, learner.params)
        return ActingParams(params, learner.stage)

    def policy_params(self, learner: LearnerState) -> ActingParams:
        """Return what the finished policy acts with."""
        if self.policy == "online":
            return self.acting_params(learner)
        if isinstance(self.target, FinishesApart):
            params = self.target.finished_params(learner.target)
        else:
            params = self.target.params(learner.target, learner.params)
        return ActingParams(params, learner.stage)

    # --- what drivers and policies ask --------------------------------------------------------

    def predict(
        self,
        params: ActingParams,
        spec: EnvSpec,
        observation: Any,
        memory: Any = None,
        first: jax.Array | None = None,
        key: jax.Array | None = None,
        previous: tuple[jax.Array | None, jax.Array | None] = (None, None),
    ) -> tuple[Any, Any]:
        """Return the head's predictions of a batch of observations and the memory after.

        Args:
            params: What to evaluate with.
            spec: The environment's description.
            observation: What it shows, each array [B, …].
            memory: The memory's state before it, if the agent has a memory.
            first: Which observations begin an episode, bool, [B]; likewise.
            key: Of the network's own noise; None for the network without noise.
            previous: The action before, int32, [B], and what it paid, [B], for a memory that sees
                them; nothing was done before if they are None.

        Returns:
            What the head predicts, and the memory's state, None without one.
        """
        network = self.q_network(spec)
        random = {} if key is None else network.keys_for("acting", key)
        evaluator = Evaluator(network, params.network, params.stage, random)
        known = *previous, first, spec.num_actions, spec.factors
        shown = shown_to(self.memory, observation, *known)
        return evaluator.now(shown, memory, first)

    def values(
        self,
        params: ActingParams,
        spec: EnvSpec,
        observation: Any,
        memory: Any = None,
        first: jax.Array | None = None,
        key: jax.Array | None = None,
        previous: tuple[jax.Array | None, jax.Array | None] = (None, None),
    ) -> tuple[jax.Array, Any]:
        """Return the mean action values of a batch of observations, [B, A], and the memory after.

        The arguments are those of `predict`.
        """
        known = observation, memory, first, key, previous
        prediction, memory = self.predict(params, spec, *known)
        return self.head.q_values(prediction), memory

    def _behaviour(
        self, q_values: jax.Array, legal: jax.Array | None, clock: Clock, factors: int | None
    ) -> jax.Array | None:
        """Return the explorer's probabilities by the given values, if it knows them."""
        if not isinstance(self.explorer, KnowsItsPolicy):
            return None
        return of_factors.probabilities(self.explorer, q_values, legal, clock, factors)

    def evaluator(self, params: Any, learner: LearnerState, key: jax.Array) -> Evaluator:
        """Return the network with parameters and, for learning, random streams of its own."""
        network = self.q_network(learner.spec)
        return Evaluator(network, params, learner.stage, network.keys_for("learning", key))
