"""Reading a policy: a finished run's own, or that of an unfinished run's newest checkpoint."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax import config
from qlax.addresses import folder_of
from qlax.agent import Agent
from qlax.arguments import instance_of, refuses_plainly
from qlax.drivers.core import nothing_seen
from qlax.envs.origin import Origin
from qlax.errors import UsageError, require
from qlax.policy import ARRAYS, DESCRIPTION, Policy
from qlax.precision import in_32_bits
from qlax.runs import checkpoint, formats
from qlax.runs.compact import load_params
from qlax.runs.disk import CONFIG
from qlax.runs.folder import POLICY, read_config, read_json
from qlax.spaces import EnvSpec, shapes
from qlax.states import ActingParams, LearnerState
from qlax.warning import warn
from qlax.wording import kind_and_first_line


@refuses_plainly
@in_32_bits
def load(path: str | Path, agent: Agent | None = None) -> Policy:
    """Read a policy from a run's folder or from the policy's own.

    An unfinished run, be it under way, interrupted or failed, has the policy of its newest
    checkpoint; a warning says so.

    Args:
        path: Where it is: also `zoo:NAME`, a policy that comes with qlax, or `hf:USER/NAME`, one of
            a Hugging Face hub.
        agent: The agent it was trained with: needed only if it has parts of your own, since no
            code is ever loaded from a file.

    Raises:
        UsageError: if there is no policy, or it is damaged, in another format, or of another agent.
    """
    if agent is not None:
        instance_of("agent", agent, Agent, "an Agent")
    folder = folder_of("path", path)
    if is_unfinished(folder):
        return _newest(folder, agent)
    if (folder / POLICY).is_dir():
        folder = folder / POLICY
    seeds = seeds_in(folder)
    if seeds:
        raise UsageError(
            f"{path} is of several seeds: give one of {', '.join(map(str, seeds.values()))}."
        )
    if not (folder / DESCRIPTION).is_file():
        raise UsageError(
            f"{path} holds no policy: there is no {POLICY}/{DESCRIPTION} in it, and no checkpoint."
        )
    description = read_json(folder / DESCRIPTION)
    formats.require_format(description, formats.POLICY, folder)
    where = f"policy in {folder}"
    spec = config.part_from_json(description.get("env"), EnvSpec, where)
    if agent is None:
        agent = config.part_from_json(description.get("agent"), Agent, where)
    origin = None
    if "origin" in description:
        require(isinstance(description["origin"], dict), "origin", description["origin"], "a dict")
        origin = Origin.from_json(description["origin"], str(folder / DESCRIPTION))
    numbers = description.get("numbers", "float32")
    params = load_params(folder / ARRAYS, _shape_of(agent, spec, where), numbers)
    for place, leaf in jax.tree_util.tree_leaves_with_path(params):
        if jnp.issubdtype(leaf.dtype, jnp.floating) and not np.isfinite(np.asarray(leaf)).all():
            name = jax.tree_util.keystr(place, simple=True, separator="/")
            raise UsageError(f"{folder / ARRAYS} holds numbers that are not finite in {name}.")
    return Policy(agent, spec, params, origin)


def _shape_of(agent: Agent, spec: EnvSpec, where: str) -> Any:
    """Return the shapes of what the policy acts with, computing nothing."""

    def make(key: jax.Array, observation: Any) -> ActingParams:
        stage = agent.observation.init(spec.observation)
        return ActingParams(agent.init_params(key, spec, observation), stage)

    with _refused(where):
        return jax.eval_shape(make, jax.random.key(0), shapes(spec.observation, (1,)))


@contextlib.contextmanager
def _refused(where: str) -> Iterator[None]:
    """Say of what a file describes that it cannot be made, whatever the network raises."""
    try:
        yield
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(
            f"The {where} cannot be made for what its environment shows: "
            f"{kind_and_first_line(error)}."
        ) from error


def seeds_in(folder: Path) -> dict[int, Path]:
    """Return the folders of a run's seeds that can be loaded; none if it is of a single seed."""
    found = {path.name.removeprefix("seed-"): path for path in folder.glob("seed-*")}
    numbered = {int(seed): path for seed, path in found.items() if seed.isdecimal()}
    return {
        seed: path
        for seed, path in sorted(numbered.items())
        if (path / POLICY).is_dir() or is_unfinished(path)
    }


def is_unfinished(folder: Path) -> bool:
    """Return whether a folder is of a run that has checkpoints, but no policy yet."""
    has_policy = (folder / POLICY / DESCRIPTION).is_file() or (folder / DESCRIPTION).is_file()
    return not has_policy and (folder / CONFIG).is_file() and bool(checkpoint.checkpoints(folder))


def _newest(folder: Path, agent: Agent | None) -> Policy:
    """Return the policy of an unfinished run's newest checkpoint, with a warning."""
    document, where = read_config(folder), str(folder / CONFIG)
    if agent is None:
        agent = config.part_from_json(document.get("agent"), Agent, where)
    spec = config.part_from_json(document.get("spec"), EnvSpec, where)
    path = checkpoint.checkpoints(folder)[-1]
    steps, planned = checkpoint.iteration_of(path) * agent.num_envs, document.get("steps")
    if not isinstance(planned, int):
        raise UsageError(f"{where} is damaged: it has steps {planned!r}.")
    learner = _learner_of(path, agent, spec)
    warn(
        f"{folder} is unfinished: the policy is that of its newest checkpoint, after {steps:,} of "
        f"{planned:,} steps."
    )
    return Policy(agent, spec, agent.policy_params(learner), Origin.from_json(document, where))


def _learner_of(path: Path, agent: Agent, spec: EnvSpec) -> LearnerState:
    """Read only the learner's state of a checkpoint."""

    def make() -> Any:
        timestep = nothing_seen(spec, agent.num_envs)
        return {"agent": {"learner": agent.init(jax.random.key(0), spec, timestep).learner}}

    with _refused(f"run in {path.parent.parent}"):
        like = jax.eval_shape(make)
    state = checkpoint.load_state(path, like)
    learner: LearnerState = state["agent"]["learner"]
    return learner
