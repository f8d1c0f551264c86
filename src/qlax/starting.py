"""Training that starts from a policy: its parameters in a fresh agent."""

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from qlax.agent import Agent
from qlax.arguments import several
from qlax.drivers.core import LoopState
from qlax.errors import UsageError, shown
from qlax.loading import load
from qlax.networks.scoped import features_of
from qlax.policy import Policy
from qlax.spaces import EnvSpec, shapes
from qlax.states import LearnerState

PARTS = ("head", "memory", "network", "observation")
"""What may be left out of a policy: the parts that learn."""


@dataclass(frozen=True, eq=False)
class Start:
    """A policy that an agent starts from, and the parts of it that the agent begins afresh.

    Taken over are the network's parameters, also for the target network, and what the observation
    stage knows. Optimiser, replay, explorer and counters are fresh.
    """

    read: Callable[[], Policy]
    """Returns the policy; called where it is needed, which it is not once there is a checkpoint."""
    name: str
    """Where it came from, in words."""
    without: tuple[str, ...] = ()
    """Parts that are left out, of `PARTS`."""

    @functools.cached_property
    def policy(self) -> Policy:
        """The policy."""
        return self.read()

    def __str__(self) -> str:
        left_out = f", without its {' and '.join(self.without)}" if self.without else ""
        return f"{self.name}: {self.policy.spec.id}, {_kinds_of(self.policy.agent)}{left_out}"

    def as_json(self) -> dict[str, Any]:
        """Return the entry `start` of a configuration."""
        return {"from": self.name, "without": list(self.without)}

    def require_fit(self, agent: Agent, spec: EnvSpec) -> None:
        """Raise `UsageError` unless the parameters that are taken over fit an agent.

        Args:
            agent: The agent that starts.
            spec: The environment that it starts in.
        """
        wrong: dict[str, str] = {}
        wanted, given = _shapes_of(agent, spec), self.policy.params
        owners = {**_owners(self.policy.agent, self.policy.spec), **_owners(agent, spec)}
        pairs = [
            (owners.get(layer, "network"), f"{layer}/{rest}", own, other)
            for layer, rest, own, other in _pairs(wanted, given.network)
        ]
        stage = agent.observation.init(spec.observation)
        pairs += [("observation", *found) for found in _both(stage, given.stage)]
        for part, place, own, other in pairs:
            if part not in self.without and part not in wrong and _form(own) != _form(other):
                wrong[part] = f"{part}: {place} is {_form(other)}, but must be {_form(own)}"
        if wrong:
            parts = ",".join(wrong)
            raise UsageError(
                f"start_from is {shown(self.policy)}, whose parameters do not fit the agent in "
                f"{spec.id} ({'; '.join(wrong.values())}). Leave out what does not fit, "
                f"start_without='{parts}': it is then learned afresh."
            )
        if not any(part not in self.without for part, *_ in pairs):
            raise UsageError(
                f"start_without is {','.join(self.without)!r}, which leaves nothing to start from."
            )

    def put_into(self, agent: Agent, state: LoopState, *, side_by_side: bool = False) -> LoopState:
        """Return a state before its first step with the policy's parameters in place of its own.

        Args:
            agent: The agent.
            state: Its state.
            side_by_side: Whether every leaf has seeds as its first axis: all start alike.
        """
        owners = _owners(agent, state.agent.learner.spec)
        given = jax.tree.map(jnp.asarray, self.policy.params)

        def started(learner: LearnerState) -> LearnerState:
            params = {
                kind: {
                    layer: own
                    if owners.get(layer, "network") in self.without
                    else given.network[kind][layer]
                    for layer, own in layers.items()
                }
                for kind, layers in learner.params.items()
            }
            return learner.replace(
                params=params,
                target=agent.target.init(params),
                optimizer=agent.optimizer.transformation().init(params),
                stage=learner.stage if "observation" in self.without else given.stage,
            )

        program = jax.vmap(started) if side_by_side else started
        learner = jax.jit(program)(state.agent.learner)
        return state.replace(agent=state.agent.replace(learner=learner))


def start_from(given: Any, without: Any = ()) -> Start | None:
    """Return what an agent starts from; None if nothing is given.

    Args:
        given: A `Policy`, a `Run`, or the folder of either, or what else `qlax.load` reads; None
            for nothing.
        without: Parts that are left out: names of `PARTS`, as a list or with commas between.

    Raises:
        UsageError: if it is none of these, cannot be read, or has no such part.
    """
    words = [word.strip() for word in without.split(",")] if isinstance(without, str) else without
    parts = [part for part in several("start_without", words, "parts") if part != ""]
    for part in parts:
        if part not in PARTS:
            raise UsageError(
                f"start_without is {shown(part)}, but must be of {', '.join(PARTS)}, with commas "
                "between."
            )
    if given is None:
        if parts:
            raise UsageError(
                "start_without is given, but nothing to start from: give `start_from`."
            )
        return None
    left_out = tuple(part for part in PARTS if part in parts)
    if isinstance(given, Policy):
        return Start(lambda: given, "a policy", left_out)
    if isinstance(given, str | Path):
        loaded = load(given)
        return Start(lambda: loaded, str(given), left_out)
    policy = getattr(given, "policy", None)
    if not isinstance(policy, Policy):
        raise UsageError(
            f"start_from is {shown(given)}, but must be a Policy, a Run, or the folder of one."
        )
    return Start(lambda: policy, str(getattr(given, "folder", "a policy")), left_out)


def start_in(document: Mapping[str, Any], folder: Path, where: str) -> Start | None:
    """Return what a run started from, as its configuration and its folder have it.

    Args:
        document: What `config.json` holds.
        folder: The policy, if there was one.
        where: The configuration's name, for messages.
    """
    entry = document.get("start")
    if entry is None:
        return None
    without = entry.get("without") if isinstance(entry, dict) else None
    parts = tuple(part for part in PARTS if isinstance(without, list) and part in without)
    if not isinstance(entry, dict) or list(parts) != without or type(entry.get("from")) is not str:
        raise UsageError(f"{where} is damaged: it has start {shown(entry)}.")
    return Start(lambda: load(folder), entry["from"], parts)


def _kinds_of(agent: Agent) -> str:
    parts = [getattr(agent, kind) for kind in ("network", "memory", "head")]
    return ", ".join(type(part).__name__ for part in parts if part is not None)


def _shapes_of(agent: Agent, spec: EnvSpec) -> Any:
    """Return the shapes of an agent's parameters."""
    return jax.eval_shape(
        lambda key, seen: agent.init_params(key, spec, seen),
        jax.random.key(0),
        shapes(spec.observation, (agent.num_envs,)),
    )


def _owners(agent: Agent, spec: EnvSpec) -> dict[str, str]:
    """Return to which part the layers of an agent's network belong; all others are the network's.

    A layer belongs to the head or the memory if it is not there without them.
    """
    every = _layers(_shapes_of(agent, spec))

    def features(key: jax.Array, seen: Any) -> Any:
        stage = agent.observation.init(spec.observation)
        return _Features(agent.observation, agent.network, spec.observation).init(key, stage, seen)

    seen = shapes(spec.observation, (agent.num_envs,))
    of_network = _layers(jax.eval_shape(features, jax.random.key(0), seen)) | {"embedding"}
    of_memory: set[str] = set()
    if agent.memory is not None:
        cell = agent.memory.cell()
        of_memory = {cell.name or f"{type(cell).__name__}_0"}
    return {layer: "memory" if layer in of_memory else "head" for layer in every - of_network}


class _Features(nn.Module):
    """The observation stage and the network alone."""

    observation: Any
    network: Any
    space: Any

    @nn.compact
    def __call__(self, stage: Any, observation: Any) -> Any:
        return features_of(self.network, *self.observation(stage, observation, self.space))


def _layers(variables: Any) -> set[str]:
    return {layer for layers in variables.values() for layer in layers}


def _pairs(wanted: Any, given: Any) -> Iterator[tuple[str, str, Any, Any]]:
    """Return layer, place in it, and both forms of all that two trees of parameters hold."""
    for kind in sorted(wanted.keys() | given.keys()):
        own, other = wanted.get(kind, {}), given.get(kind, {})
        for layer in sorted(own.keys() | other.keys()):
            for place, *both in _both(own.get(layer, {}), other.get(layer, {})):
                yield layer, place, *both


def _both(own: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    """Return the leaves of two trees by their place, None where one has none there."""
    ours, theirs = (
        {
            jax.tree_util.keystr(place, simple=True, separator="/"): leaf
            for place, leaf in jax.tree_util.tree_leaves_with_path(tree)
        }
        for tree in (own, other)
    )
    for place in sorted(ours.keys() | theirs.keys()):
        yield place, ours.get(place), theirs.get(place)


def _form(leaf: Any) -> str:
    return "missing" if leaf is None else f"{leaf.dtype}{list(leaf.shape)}"
