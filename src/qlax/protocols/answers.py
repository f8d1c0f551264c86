"""Every part of an agent is asked once, before training, and its answers are checked.

Parts are called as training calls them, but abstractly: JAX computes shapes and types only. Each is
called after those whose answers it is given, so the first sentence names the part to blame.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from qlax.bootstraps import NextValues
from qlax.envs.core import TimeStep
from qlax.errors import UsageError
from qlax.explorers import Clock, KnowsItsPolicy, Situation
from qlax.heads import Loss
from qlax.maths.bootstrap import Backup
from qlax.observations import Observation
from qlax.optimizers import Signal
from qlax.protocols.inner_parts import check_inner_parts, parts_within
from qlax.protocols.shapes import (
    described,
    name_of,
    require_array,
    require_like,
    require_rows,
)
from qlax.q_network import QNetwork
from qlax.replay import Seen, Step
from qlax.rewards import Paid, Reward
from qlax.schedules import value_at
from qlax.spaces import Composite, EnvSpec, Space
from qlax.targets import FinishesApart

_SOME_STEPS = 1_000
_SAME_STATE = "a state keeps its shapes and types"


def check_answers(agent: Any, network: QNetwork, spec: EnvSpec, seen: Seen) -> None:
    """Raise `UsageError` if a part returns something of a wrong shape or type, and name the part.

    Args:
        agent: The agent.
        network: Its Q-network.
        spec: The environment it is for.
        seen: What N environments show first.
    """
    shown = seen.observation, seen.legal
    leaves, tree = jax.tree.flatten(jax.eval_shape(lambda: shown))
    try:
        _checked(agent, network, spec, tuple(leaves), tree)
    except TypeError as error:
        if "unhashable" not in str(error):
            raise
        _checked.__wrapped__(agent, network, spec, tuple(leaves), tree)


@functools.lru_cache
def _checked(
    agent: Any, network: QNetwork, spec: EnvSpec, leaves: tuple[Any, ...], tree: Any
) -> None:
    """Check answers once: seeds and resumed runs do not ask again."""
    agent = agent.for_run(_SOME_STEPS)  # schedules that end with the run need to know when
    check_inner_parts(agent)
    key = jax.eval_shape(lambda: jax.random.key(0))
    jax.eval_shape(functools.partial(_ask, agent, network, spec), key, *tree.unflatten(leaves))


def _ask(
    agent: Any, network: QNetwork, spec: EnvSpec, key: jax.Array, observation: Any, legal: Any
) -> tuple[()]:
    """Call every part."""
    no = jnp.zeros(agent.num_envs, bool)
    timestep = TimeStep(observation, jnp.zeros(agent.num_envs), no, no, no, legal)
    for reward in (*parts_within(agent.reward, Reward), agent.reward):
        _check_reward(reward, key, spec, timestep)
    for stage in (*parts_within(agent.observation, Observation), agent.observation):
        known = _check_observation(stage, spec.observation, timestep.observation)
    params, prediction, memory = _check_network(agent, network, key, known, timestep)
    q_values = agent.head.q_values(prediction)
    owner = f"{name_of(agent.head)}.q_values"
    _require_action_values(owner, q_values, agent.num_envs, spec.num_actions)
    _check_explorer(agent, key, spec, timestep, prediction)
    _check_target(agent.target, params)
    batch, replay = _check_replay(agent, spec, key, timestep, memory)
    loss = _check_learning(agent, batch, prediction)
    after = agent.replay.update_priorities(replay, batch, loss.error)
    require_like(f"{name_of(agent.replay)}.update_priorities", after, replay, _SAME_STATE)
    _check_optimizer(agent.optimizer, params, loss, batch.weight > 0)
    return ()


def _check_reward(reward: Reward, key: jax.Array, spec: EnvSpec, timestep: TimeStep) -> None:
    (num_envs,) = jnp.shape(timestep.reward)
    state = reward.init(key, spec, num_envs)
    done = timestep.done
    paid = Paid(timestep.reward, done, ~done, timestep.observation, jnp.float32(0.9))
    owner = f"{name_of(reward)}.__call__"
    rewards, after = _two(owner, reward(state, paid), "rewards and a state")
    require_array(owner, rewards, "float", (num_envs,), "a reward for each environment")
    require_like(owner, after, state, _SAME_STATE)


def _check_observation(stage: Observation, space: Space, observation: Any) -> Any:
    state, name = stage.init(space), name_of(stage)
    require_like(f"{name}.update", stage.update(state, observation, space), state, _SAME_STATE)
    owner = f"{name}.__call__"
    shown, shown_space = _two(owner, stage(state, observation, space), "observations and a space")
    if not isinstance(shown_space, Space):
        raise UsageError(f"{owner} returned {shown_space!r} as the space of what it returned.")
    rows = len(jax.tree.leaves(observation)[0])
    _require_shown(owner, shown, shown_space, rows)
    return state


def _require_shown(owner: str, shown: Any, space: Space, rows: int) -> None:
    """Raise `UsageError` unless a batch of observations has the shapes of its space."""
    if isinstance(space, Composite):
        for name, inner in space.entries:
            _require_shown(f"{owner} ({name})", shown[name], inner, rows)
    elif jnp.shape(shown) != (rows, *space.shape):
        raise UsageError(
            f"{owner} returned {described(shown)}, but must return shape {(rows, *space.shape)}: "
            f"{rows} observations of the space it returned, {space}."
        )


def _check_network(
    agent: Any, network: QNetwork, key: jax.Array, stage: Any, timestep: TimeStep
) -> tuple[Any, Any, Any]:
    """Return parameters, a prediction of N rows, and the memory's first state.

    What network, memory and head return is checked where they are called, in `QNetwork`.
    """
    observation, memory = timestep.observation, None
    inputs = [stage, observation]
    if agent.memory is not None:
        memory = agent.memory.init(agent.num_envs)
        meaning = "a state for each environment"
        require_rows(f"{name_of(agent.memory)}.init", memory, agent.num_envs, meaning)
        in_time = jax.tree.map(lambda array: array[None], observation)
        inputs = [stage, in_time, memory, timestep.first[None]]
    (prediction, _), params = network.init_with_output(key, *inputs)
    if memory is not None:
        prediction = jax.tree.map(lambda array: array[0], prediction)
    return params, prediction, memory


def _check_explorer(
    agent: Any, key: jax.Array, spec: EnvSpec, timestep: TimeStep, prediction: Any
) -> None:
    explorer, num_envs, num_actions = agent.explorer, agent.num_envs, spec.num_actions
    clock = Clock.start(num_envs)
    q_values = agent.head.q_values(prediction)
    situation = Situation(
        q_values=q_values,
        prediction=prediction,
        head=agent.head,
        legal=timestep.legal,
        observation=timestep.observation,
        first=timestep.first,
        done=timestep.done,
        clock=clock,
    )
    name, state = name_of(explorer), explorer.init(num_envs, spec)
    owner = f"{name}.act"
    action, after = _two(owner, explorer.act(state, key, situation), "actions and a state")
    require_array(owner, action, "int32", (num_envs,), "an action for each environment")
    require_like(owner, after, state, _SAME_STATE)
    if isinstance(explorer, KnowsItsPolicy) and explorer.why_not() is None:
        owner, policy = f"{name}.probabilities", explorer.probabilities(q_values, None, clock)
        _require_action_values(owner, policy, num_envs, num_actions, "probability")
    for metric, value in explorer.metrics(clock).items():
        owner = f"{name}.metrics ({metric})"
        require_array(owner, jnp.asarray(value), "float", (), "one number")


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


def _check_learning(agent: Any, batch: Any, prediction: Any) -> Loss:
    """Check what becomes of a batch: predictions, backup, target, loss."""
    head, name = agent.head, name_of(agent.head)
    (rows,) = batch.action.shape
    owner = f"{name_of(batch)}.predictions"
    predictions = batch.predictions(_Evaluator(prediction))
    now, following = _two(owner, predictions, "predictions of s and of s′")
    for predicted in (now, following):
        require_rows(owner, predicted, rows, f"a prediction for each of {rows} samples")
    backup = _check_bootstrap(agent, batch, head.q_values(now), head.q_values(following))
    numbers = jnp.zeros(rows)
    backed_up = head.backup(numbers, numbers, following, backup)
    require_rows(f"{name}.backup", backed_up, rows, f"a target for each of {rows} samples")
    target = batch.target(head, following, backup)
    alike = f"as {name}.backup does for {rows} samples"
    require_like(f"{name_of(batch)}.target", target, backed_up, alike)
    loss = head.loss(now, batch.action, target)
    if not isinstance(loss, Loss):
        raise UsageError(f"{name}.loss returned {described(loss)}, but must return a Loss.")
    for field, value in loss._asdict().items():
        each = f"a number for each of {rows} samples"
        require_array(f"{name}.loss ({field})", value, "float", (rows,), each)
    return loss


def _check_replay(
    agent: Any, spec: EnvSpec, key: jax.Array, timestep: TimeStep, memory: Any
) -> tuple[Any, Any]:
    """Return a batch, and the replay after it was drawn."""
    replay, name, actions = agent.replay, name_of(agent.replay), spec.num_actions
    seen = Seen(timestep.observation, timestep.legal, memory)
    state = replay.init(seen, spec)
    step = Step(
        action=jnp.zeros(agent.num_envs, jnp.int32),
        reward=timestep.reward,
        terminated=timestep.terminated,
        truncated=timestep.truncated,
        valid=~timestep.done,
        first=timestep.first,
        next=seen,
        probability=jnp.ones(agent.num_envs) if replay.uses_probability else None,
    )
    require_like(f"{name}.add", replay.add(state, step), state, _SAME_STATE)
    require_like(f"{name}.interrupt", replay.interrupt(state), state, _SAME_STATE)
    wants_next = agent.bootstrap.uses_next_action
    owner = f"{name}.sample"
    batch, drawn = _two(
        owner,
        replay.sample(state, key, jnp.float32(0.9), next_action=wants_next),
        "a batch and a state",
    )
    require_like(owner, drawn, state, _SAME_STATE)
    rows = jnp.shape(batch.action)[:1] or (1,)
    each = f"one for each of {rows[0]} samples"
    require_array(f"{owner} (action)", batch.action, "int32", rows, each)
    require_array(f"{owner} (next_action)", batch.next_action, "int32", rows, each)
    require_array(f"{owner} (weight)", batch.weight, "float", rows, each)
    for legal in batch.legal:
        if timestep.legal is not None or legal is not None:
            require_array(f"{owner} (legal)", legal, "bool", (*rows, actions), each)
    return batch, drawn


def _check_bootstrap(agent: Any, batch: Any, q_now: jax.Array, q_next: jax.Array) -> Backup:
    rows, actions = q_next.shape
    behaviour = None
    if isinstance(agent.explorer, KnowsItsPolicy):
        behaviour = jax.nn.softmax(q_next)
    backup: Backup = agent.bootstrap(
        NextValues(
            online_next=q_next,
            target_next=q_next,
            target_now=q_now,
            action=batch.action,
            next_action=batch.next_action,
            behaviour_next=behaviour,
            legal_now=batch.legal[0],
            legal_next=batch.legal[1],
        )
    )
    owner = f"{name_of(agent.bootstrap)}.__call__"
    if not isinstance(backup, Backup):
        raise UsageError(f"{owner} returned {described(backup)}, but must return a Backup.")
    _require_action_values(f"{owner} (policy)", backup.policy, rows, actions, "probability")
    if backup.cost is not None:
        _require_action_values(f"{owner} (cost)", backup.cost, rows, actions, "cost")
    if backup.ranking is not None:
        _require_action_values(f"{owner} (ranking)", backup.ranking, rows, actions)
    if backup.bonus is not None:
        each = f"a bonus for each of {rows} samples"
        require_array(f"{owner} (bonus)", backup.bonus, "float", (rows,), each)
    return backup


def _check_optimizer(optimizer: Any, params: Any, loss: Loss, counts: jax.Array) -> None:
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
    require_like(f"{owner} (state)", after, state, _SAME_STATE)


def _check_target(target: Any, params: Any) -> None:
    name, state, like = name_of(target), target.init(params), "parameters like the network's"
    require_like(f"{name}.params", target.params(state, params), params, like)
    require_like(f"{name}.acting_params", target.acting_params(state, params), params, like)
    if isinstance(target, FinishesApart):
        require_like(f"{name}.finished_params", target.finished_params(state), params, like)
    owner = f"{name}.update"
    online, after = _two(
        owner, target.update(state, params, jnp.int32(1)), "parameters and a state"
    )
    require_like(owner, online, params, like)
    require_like(owner, after, state, _SAME_STATE)


def _require_action_values(
    owner: str, values: Any, rows: int, actions: int, what: str = "value"
) -> None:
    meaning = f"a {what} for each of {actions} actions in each of {rows} states"
    require_array(owner, values, "float", (rows, actions), meaning)


def _two(owner: str, answer: Any, what: str) -> tuple[Any, Any]:
    """Return both halves of an answer."""
    if not (isinstance(answer, tuple) and len(answer) == 2):
        raise UsageError(
            f"{owner} returned {described(answer)}, but must return two things: {what}."
        )
    return answer
