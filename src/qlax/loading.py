"""Reading a policy: a finished run's own, or that of an unfinished run's newest checkpoint."""

import warnings
from pathlib import Path
from typing import Any

import jax

from qlax import config
from qlax.agent import Agent
from qlax.arguments import instance_of, path_of, refuses_plainly
from qlax.drivers.core import nothing_seen
from qlax.envs.origin import Origin
from qlax.errors import UsageError
from qlax.policy import ARRAYS, DESCRIPTION, Policy
from qlax.precision import in_32_bits
from qlax.runs import checkpoint, formats
from qlax.runs.arrays import load_arrays
from qlax.runs.disk import CONFIG
from qlax.runs.folder import POLICY, read_json
from qlax.runs.plan import read_config
from qlax.spaces import EnvSpec, zeros
from qlax.states import ActingParams, LearnerState


@refuses_plainly
@in_32_bits
def load(path: str | Path, agent: Agent | None = None) -> Policy:
    """Read a policy from a run's folder or from the policy's own.

    An unfinished run, be it under way, interrupted or failed, has the policy of its newest
    checkpoint; a warning says so.

    Args:
        path: Where it is.
        agent: The agent it was trained with: needed only if it has parts of your own, since no
            code is ever loaded from a file.

    Raises:
        UsageError: if there is no policy, or it is damaged, in another format, or of another agent.
    """
    if agent is not None:
        instance_of("agent", agent, Agent, "an Agent")
    folder = path_of("path", path)
    if is_unfinished(folder):
        return _newest(folder, agent)
    if (folder / POLICY).is_dir():
        folder = folder / POLICY
    if not (folder / DESCRIPTION).is_file():
        raise UsageError(
            f"{path} holds no policy: there is no {POLICY}/{DESCRIPTION} in it, and no checkpoint."
        )
    description = read_json(folder / DESCRIPTION)
    formats.require_format(description, formats.POLICY, folder)
    try:
        spec_document, agent_document = description["env"], description["agent"]
    except (KeyError, TypeError):
        raise UsageError(f"{folder / DESCRIPTION} does not describe a policy.") from None
    spec = config.from_json(spec_document, "policy")
    agent = agent or config.from_json(agent_document, "policy")
    origin = None
    if "origin" in description:
        origin = Origin.from_json(description["origin"], str(folder / DESCRIPTION))

    def make() -> ActingParams:
        stage = agent.observation.init(spec.observation)
        params = agent.init_params(jax.random.key(0), spec, zeros(spec.observation, (1,)))
        return ActingParams(params, stage)

    like = jax.eval_shape(make)
    return Policy(agent, spec, load_arrays(folder / ARRAYS, like), origin)


def is_unfinished(folder: Path) -> bool:
    """Return whether a folder is of a run that has checkpoints, but no policy yet."""
    has_policy = (folder / POLICY / DESCRIPTION).is_file() or (folder / DESCRIPTION).is_file()
    return not has_policy and (folder / CONFIG).is_file() and bool(checkpoint.checkpoints(folder))


def _newest(folder: Path, agent: Agent | None) -> Policy:
    """Return the policy of an unfinished run's newest checkpoint, and say what it is."""
    document, where = read_config(folder), str(folder / CONFIG)
    agent = agent or config.from_json(document.get("agent"), "configuration")
    spec = config.from_json(document.get("spec"), "configuration")
    if not isinstance(spec, EnvSpec) or not isinstance(agent, Agent):
        raise UsageError(f"{where} is not the configuration of a run.")
    path = checkpoint.checkpoints(folder)[-1]
    steps = checkpoint.iteration_of(path) * agent.num_envs
    learner = _learner_of(path, agent, spec)
    warnings.warn(
        f"{folder} is unfinished: the policy is that of its newest checkpoint, after {steps:,} of "
        f"{document.get('steps', 0):,} steps.",
        stacklevel=3,
    )
    return Policy(agent, spec, agent.policy_params(learner), Origin.from_json(document, where))


def _learner_of(path: Path, agent: Agent, spec: EnvSpec) -> LearnerState:
    """Read what was learned from a checkpoint, and nothing else of it."""

    def make() -> Any:
        timestep = nothing_seen(spec, agent.num_envs)
        return {"agent": {"learner": agent.init(jax.random.key(0), spec, timestep).learner}}

    state = checkpoint.load_state(path, jax.eval_shape(make))
    learner: LearnerState = state["agent"]["learner"]
    return learner
