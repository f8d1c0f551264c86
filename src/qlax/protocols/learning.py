"""What an update calls: replay, bootstrap, head, optimiser and target."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp

from qlax.bootstraps import NextValues
from qlax.bootstraps.of_prediction import backup_of
from qlax.envs.core import TimeStep
from qlax.errors import UsageError
from qlax.explorers import KnowsItsPolicy
from qlax.heads import Loss
from qlax.heads.core import loss_of
from qlax.heads.joint import joined
from qlax.maths.bootstrap import Backup
from qlax.maths.shapes import ShapeError
from qlax.memories.previous import shown_to, space_shown
from qlax.optimizers import Signal
from qlax.protocols.shapes import (
    SAME_STATE,
    described,
    name_of,
    require_action_values,
    require_array,
    require_like,
    require_rows,
    two_of,
)
from qlax.replay import Seen, Step
from qlax.schedules import value_at
from qlax.spaces import EnvSpec, legal_values
from qlax.targets import FinishesApart


class _Evaluator:
    """Stands for a network: its predictions have the right shapes, and are nothing else."""

    def __init__(self, prediction: Any) -> None:
        self.prediction = prediction

    def __call__(self, observation: Any) -> Any:
        """Return predictions of observations, [B, …]."""
        return self._shaped(jax.tree.leaves(observation)[0].shape[:1])

    def unroll(self, observation: Any, memory: Any, first: jax.Array) -> tuple[Any, Any]:  # noqa: ARG002
        """Return predictions of observations in order, [T, B, …], and the memory after."""
        return self._shaped(first.shape), memory

    def _shaped(self, leading: tuple[int, ...]) -> Any:
        def shaped(array: jax.Array) -> jax.Array:
            return jnp.zeros((*leading, *array.shape[1:]), array.dtype)

        return jax.tree.map(shaped, self.prediction)


def check_learning(agent: Any, batch: Any, prediction: Any, spec: EnvSpec) -> Loss:
    """Check what becomes of a batch: predictions, backup, target, loss."""
    head, name = joined(agent.head, spec.factors), name_of(agent.head)
    rows = batch.action.shape[0]
    owner = f"{name_of(batch)}.predictions"
    predictions = batch.predictions(_Evaluator(prediction))
    now, following = two_of(owner, predictions, "predictions of s and of s′")
    for predicted in (now, following):
        require_rows(owner, predicted, rows, f"a prediction for each of {rows} samples")
    q_now, q_next = head.q_values(now), head.q_values(following)
    known = {
        "action": batch.action,
        "next_action": batch.next_action,
        "behaviour_next": q_next if isinstance(agent.explorer, KnowsItsPolicy) else None,
        "legal_now": legal_values(spec, batch.legal[0], rows),
        "legal_next": legal_values(spec, batch.legal[1], rows),
    }
    if spec.factors is None:
        _check_bootstrap(agent.bootstrap, NextValues(q_next, q_next, q_now, **known))
    backup = backup_of(
        agent.bootstrap,
        head,
        factors=spec.factors,
        online_next=following,
        target_next=following,
        target_now=now,
        **known,
    )
    numbers = jnp.zeros(rows)
    backed_up = head.backup(numbers, numbers, following, backup)
    require_rows(f"{name}.backup", backed_up, rows, f"a target for each of {rows} samples")
    try:
        target = batch.target(head, following, backup)
    except ShapeError as error:
        raise UsageError(f"{name_of(batch)}.target cannot be computed. {error}") from error
    alike = f"as {name}.backup does for {rows} samples"
    require_like(f"{name_of(batch)}.target", target, backed_up, alike)
    loss = loss_of(head, now, batch.action, target, batch.number)
    if not isinstance(loss, Loss):
        raise UsageError(f"{name}.loss returned {described(loss)}, but must return a Loss.")
    for field, value in loss._asdict().items():
        each = f"a number for each of {rows} samples"
        require_array(f"{name}.loss ({field})", value, "float", (rows,), each)
    return loss


def check_replay(
    agent: Any, spec: EnvSpec, key: jax.Array, timestep: TimeStep, memory: Any
) -> tuple[Any, Any]:
    """Return a batch, and the replay after it was drawn."""
    replay, name, actions = agent.replay, name_of(agent.replay), spec.num_actions
    own, observation = agent.memory, timestep.observation
    shown = shown_to(own, observation, None, None, None, actions, spec.factors)
    seen = Seen(shown, timestep.legal, memory)
    space = space_shown(own, spec.observation, actions, spec.factors)
    state = replay.init(seen, dataclasses.replace(spec, observation=space))
    step = Step(
        action=jnp.zeros((agent.num_envs, *spec.action_shape), jnp.int32),
        reward=timestep.reward,
        terminated=timestep.terminated,
        truncated=timestep.truncated,
        valid=~timestep.done,
        first=timestep.first,
        next=seen,
        probability=jnp.ones(agent.num_envs) if replay.uses_probability else None,
    )
    require_like(f"{name}.add", replay.add(state, step), state, SAME_STATE)
    require_like(f"{name}.interrupt", replay.interrupt(state), state, SAME_STATE)
    wants_next = agent.bootstrap.uses_next_action
    owner = f"{name}.sample"
    batch, drawn = two_of(
        owner,
        replay.sample(state, key, jnp.float32(0.9), next_action=wants_next),
        "a batch and a state",
    )
    _require_batch(owner, batch)
    require_like(owner, drawn, state, SAME_STATE)
    rows = jnp.shape(batch.action)[:1] or (1,)
    each = f"one for each of {rows[0]} samples"
    taken = (*rows, *spec.action_shape)
    require_array(f"{owner} (action)", batch.action, "int32", taken, each)
    require_array(f"{owner} (next_action)", batch.next_action, "int32", taken, each)
    require_array(f"{owner} (number)", batch.number, "uint32", rows, each)
    require_array(f"{owner} (weight)", batch.weight, "float", rows, each)
    for legal in two_of(f"{owner} (legal)", batch.legal, "masks for s and for s′, or None"):
        if timestep.legal is not None or legal is not None:
            require_array(f"{owner} (legal)", legal, "bool", (*rows, actions), each)
    return batch, drawn


def _require_batch(owner: str, batch: Any) -> None:
    """Raise `UsageError` unless what was drawn has everything that a `Batch` has."""
    has = ("action", "next_action", "legal", "weight", "number", "predictions", "target")
    lacking = [name for name in has if not hasattr(batch, name)]
    if lacking:
        raise UsageError(
            f"{owner} returned {described(batch)} as its batch, which lacks "
            f"{', '.join(lacking)}, but must return a qlax.replay.Batch: an object with "
            f"{', '.join(has)}."
        )


def _check_bootstrap(bootstrap: Any, values: NextValues) -> None:
    rows, actions = values.target_next.shape
    backup, owner = bootstrap(values), f"{name_of(bootstrap)}.__call__"
    if not isinstance(backup, Backup):
        raise UsageError(f"{owner} returned {described(backup)}, but must return a Backup.")
    require_action_values(f"{owner} (policy)", backup.policy, rows, actions, "probability")
    if backup.cost is not None:
        require_action_values(f"{owner} (cost)", backup.cost, rows, actions, "cost")
    if backup.ranking is not None:
        require_action_values(f"{owner} (ranking)", backup.ranking, rows, actions)
    if backup.bonus is not None:
        each = f"a bonus for each of {rows} samples"
        require_array(f"{owner} (bonus)", backup.bonus, "float", (rows,), each)


def check_optimizer(optimizer: Any, params: Any, loss: Loss, counts: jax.Array) -> None:
    """Check objective, learning rate and direction."""
    signal = Signal(loss.error, jnp.float32(0.9), counts, counts)
    name, rows = name_of(optimizer), loss.loss.shape
    objective = optimizer.objective(loss)
    require_array(f"{name}.objective", objective, "float", rows, "a number for each sample")
    rate = value_at(optimizer.learning_rate, jnp.int32(0))
    require_array(f"{name}.learning_rate", rate, "float", (), "one number")
    transformation = optimizer.transformation()
    state, owner = transformation.init(params), f"{name}.transformation"
    direction, after = transformation.update(params, state, params, signal=signal)
    require_like(f"{owner} (update)", direction, params, "a step for each parameter")
    require_like(f"{owner} (state)", after, state, SAME_STATE)


def check_target(target: Any, params: Any) -> None:
    """Check the parameters that a target network gives."""
    name, state, like = name_of(target), target.init(params), "parameters like the network's"
    require_like(f"{name}.params", target.params(state, params), params, like)
    require_like(f"{name}.acting_params", target.acting_params(state, params), params, like)
    if isinstance(target, FinishesApart):
        require_like(f"{name}.finished_params", target.finished_params(state), params, like)
    owner = f"{name}.update"
    online, after = two_of(
        owner, target.update(state, params, jnp.int32(1)), "parameters and a state"
    )
    require_like(owner, online, params, like)
    require_like(owner, after, state, SAME_STATE)
