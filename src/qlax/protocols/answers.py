"""Every part of an agent is asked once, before training, and its answers are checked.

Parts are called as training calls them, but abstractly: JAX computes shapes and types only. Each is
called after those whose answers it is given, so the first sentence names the part to blame.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp

from qlax.envs.core import TimeStep
from qlax.errors import UsageError
from qlax.explorers import Clock, KnowsItsPolicy, Situation, of_factors
from qlax.memories.previous import observation_in, shown_to
from qlax.observations import Observation
from qlax.protocols.inner_parts import check_inner_parts, parts_within
from qlax.protocols.learning import (
    check_learning,
    check_optimizer,
    check_replay,
    check_target,
)
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
from qlax.q_network import QNetwork
from qlax.replay import Seen
from qlax.rewards import Paid, Reward
from qlax.spaces import Composite, EnvSpec, Space, legal_values

_SOME_STEPS = 1_000


def check_answers(agent: Any, network: QNetwork, spec: EnvSpec, seen: Seen) -> None:
    """Raise `UsageError` if a part returns something of a wrong shape or type, and name the part.

    Args:
        agent: The agent.
        network: Its Q-network.
        spec: The environment it is for.
        seen: What N environments show first.
    """
    shown = observation_in(agent.memory, seen.observation), seen.legal
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
    require_action_values(owner, q_values, agent.num_envs, spec.num_actions)
    _check_explorer(agent, key, spec, timestep, prediction)
    check_target(agent.target, params)
    batch, replay = check_replay(agent, spec, key, timestep, memory)
    loss = check_learning(agent, batch, prediction, spec)
    after = agent.replay.update_priorities(replay, batch, loss.error)
    require_like(f"{name_of(agent.replay)}.update_priorities", after, replay, SAME_STATE)
    check_optimizer(agent.optimizer, params, loss, batch.weight > 0)
    return ()


def _check_reward(reward: Reward, key: jax.Array, spec: EnvSpec, timestep: TimeStep) -> None:
    (num_envs,) = jnp.shape(timestep.reward)
    state = reward.init(key, spec, num_envs)
    done = timestep.done
    paid = Paid(timestep.reward, done, ~done, timestep.observation, jnp.float32(0.9))
    owner = f"{name_of(reward)}.__call__"
    rewards, after = two_of(owner, reward(state, paid), "rewards and a state")
    require_array(owner, rewards, "float", (num_envs,), "a reward for each environment")
    require_like(owner, after, state, SAME_STATE)


def _check_observation(stage: Observation, space: Space, observation: Any) -> Any:
    state, name = stage.init(space), name_of(stage)
    require_like(f"{name}.update", stage.update(state, observation, space), state, SAME_STATE)
    owner = f"{name}.__call__"
    shown, shown_space = two_of(owner, stage(state, observation, space), "observations and a space")
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
    known = None, None, None, network.num_actions, network.factors
    observation = shown_to(agent.memory, observation, *known)
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
        legal=legal_values(spec, timestep.legal, num_envs),
        observation=timestep.observation,
        first=timestep.first,
        done=timestep.done,
        clock=clock,
    )
    name, state = name_of(explorer), of_factors.begun(explorer, num_envs, spec)
    owner = f"{name}.act"
    answer: Any = (
        explorer.act(state, key, situation)
        if spec.factors is None
        else of_factors.act(explorer, state, key, situation, spec.factors)
    )
    action, after = two_of(owner, answer, "actions and a state")
    shape = (num_envs, *spec.action_shape)
    require_array(owner, action, "int32", shape, "an action for each environment")
    require_like(owner, after, state, SAME_STATE)
    if isinstance(explorer, KnowsItsPolicy) and explorer.why_not() is None:
        owner = f"{name}.probabilities"
        policy = of_factors.probabilities(explorer, q_values, None, clock, spec.factors)
        require_action_values(owner, policy, num_envs, num_actions, "probability")
    for metric, value in explorer.metrics(clock).items():
        owner = f"{name}.metrics ({metric})"
        require_array(owner, jnp.asarray(value), "float", (), "one number")
