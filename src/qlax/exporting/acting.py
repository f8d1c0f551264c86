"""A policy as one function of named arrays: what each format holds."""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qlax.agent import Agent
from qlax.config import fields_of, is_part
from qlax.errors import UsageError
from qlax.exporting.program import Program
from qlax.exporting.tracing import traced
from qlax.heads.core import HasDistribution
from qlax.maths.policies import greedy_action, only_legal
from qlax.memories.previous import sees_previous
from qlax.numbering import entries_of
from qlax.policy import Policy
from qlax.spaces import Composite, Discrete, EnvSpec, Space

VALUES, QUANTILES = "values", "quantiles"
KINDS = VALUES, QUANTILES
"""What can be asked for besides the action."""


class Port(NamedTuple):
    """An array that goes in or comes out, without the batch, which is its first axis."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    """Its type outside; `traced_dtype` inside."""
    meaning: str
    first: int | None = None
    """Where the outside begins to count what is numbered from zero inside; None for no numbers."""

    @property
    def traced_dtype(self) -> np.dtype:
        """The type inside, in which JAX computes."""
        return self.dtype if self.first is None else np.dtype(np.int32)


@dataclass(frozen=True)
class Acting:
    """The policy's greedy choice as a function."""

    policy: Policy
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    function: Callable[..., list[Any]]
    """Arrays of the inputs, [B, …], in JAX's types, to those of the outputs."""
    plain: Callable[..., list[Any]]
    """The same with convolutions written as such, not as products of matrices."""

    @property
    def remembers(self) -> bool:
        """Whether there is a memory that goes in and comes out."""
        return self.policy.agent.memory is not None

    def inside(self, inputs: Sequence[Any]) -> list[Any]:
        """Return inputs as the network takes them: counted from zero."""
        return [
            array if port.first is None else (array - port.first).astype(port.traced_dtype)
            for port, array in zip(self.inputs, inputs, strict=True)
        ]

    def outside(self, outputs: Sequence[Any]) -> list[Any]:
        """Return what the network makes as the outside has it: counted as the environment does."""
        return [
            array if port.first is None else array.astype(port.dtype) + port.first
            for port, array in zip(self.outputs, outputs, strict=True)
        ]

    def program(self) -> Program:
        """Return what it computes, operation by operation.

        Raises:
            UsageError: if a part does something that cannot be written down.
        """
        inside = [jax.ShapeDtypeStruct(one.shape, one.traced_dtype) for one in self.inputs]
        return traced(self.plain, inside)


def acting(policy: Policy, outputs: Iterable[str] = (), numbers: str = "int64") -> Acting:
    """Return a policy as a function.

    Args:
        policy: The policy.
        outputs: What comes out besides the action: of `KINDS`.
        numbers: Type of actions and of the numbers of states.

    Raises:
        UsageError: if it cannot give what is asked for.
    """
    outputs = tuple(outputs)
    agent, spec, params = policy.agent, policy.spec, policy.params
    head = agent.head
    distributed = head if isinstance(head, HasDistribution) else None
    if QUANTILES in outputs and distributed is None:
        raise UsageError(
            f"outputs has quantiles, but the agent's head, {type(head).__name__}, predicts means "
            "alone: leave them out, or train with a head such as heads.QuantileRegression."
        )
    whole = np.dtype(numbers)
    _require_room(spec, whole)
    seen = _observed(spec.observation, whole)
    inputs = list(seen)
    if spec.has_mask:
        inputs.append(Port("action_mask", (spec.num_actions,), _BOOL, "which actions are legal"))
    memory = None if agent.memory is None else agent.memory.init(1)
    remembered = _remembered(memory)
    previous = sees_previous(agent.memory)
    _require_plain_actions(spec, previous=previous)
    if memory is not None:
        inputs.append(Port("first", (), _BOOL, "whether an episode begins"))
        inputs += remembered
    if previous:
        inputs.append(Port("previous_action", (), whole, "the action before", spec.first_action))
        inputs.append(Port("previous_reward", (), _FLOAT, "what it paid"))
    structure: Any = jax.tree.structure(memory)

    def function(agent: Agent, *arrays: Any) -> list[Any]:
        left = list(arrays)
        observation = _rebuilt(spec.observation, [left.pop(0) for _ in seen])
        legal = left.pop(0) if spec.has_mask else None
        first = left.pop(0) if memory is not None else None
        state = jax.tree.unflatten(structure, [left.pop(0) for _ in remembered])
        before = (left.pop(0), left.pop(0)) if previous else (None, None)
        prediction, state = agent.predict(params, spec, observation, state, first, previous=before)
        values = head.q_values(prediction)
        number = greedy_action(values, legal)
        made = [number if spec.actions is None else spec.actions.traced(number)]
        if VALUES in outputs:
            made.append(only_legal(values, legal))
        if QUANTILES in outputs and distributed is not None:
            distribution = distributed.distribution(prediction)
            rows = distribution.probabilities
            made += [jnp.broadcast_to(distribution.values, rows.shape), rows]
        return [*made, *jax.tree.leaves(state)]

    own = functools.partial(function, agent)
    made = jax.eval_shape(
        own,
        *[jax.ShapeDtypeStruct((2, *one.shape), one.traced_dtype) for one in inputs],
    )
    names = ["action"]
    meanings = ["the best action, as the environment takes it"]
    if VALUES in outputs:
        names.append("values")
        meanings.append("the value of every action, −∞ where it is illegal")
    if QUANTILES in outputs:
        names += ["quantiles", "probabilities"]
        meanings += ["returns of every action", "how probable each of them is"]
    names += [f"next_{one.name}" for one in remembered]
    meanings += ["what to give as the memory with the next observation" for _ in remembered]
    ports = [
        Port(name, array.shape[1:], np.dtype(array.dtype), meaning)
        for name, array, meaning in zip(names, made, meanings, strict=True)
    ]
    if ports[0].dtype.kind == "i":
        start = spec.first_action if spec.actions is None else 0
        ports[0] = ports[0]._replace(dtype=whole, first=start)
    plain = functools.partial(function, _with_plain_convolutions(agent))
    return Acting(policy, tuple(inputs), tuple(ports), own, plain)


_BOOL, _FLOAT = np.dtype(np.bool_), np.dtype(np.float32)


def _require_plain_actions(spec: EnvSpec, *, previous: bool) -> None:
    """Raise `UsageError` for actions of several numbers that no single number stands for."""
    if spec.actions is None:
        return
    if not spec.actions.joint:
        raise UsageError(
            f"The policy chooses a value for each of the {spec.actions.factors} numbers of an "
            "action, which cannot be exported: train with few combinations, such as those of "
            "actions.Grid(points=3), which are an action each."
        )
    if previous:
        raise UsageError(
            "The agent's memory sees previous actions, and those of this environment are arrays "
            "of numbers, which cannot be exported: take the memory inside, LSTM or GRU."
        )


def _require_room(spec: EnvSpec, whole: np.dtype) -> None:
    """Raise `UsageError` if the environment counts from where a type of numbers has no room."""
    states = [one for one in entries_of(spec.observation) if isinstance(one, Discrete)]
    ends = [abs(one.start) + one.n for one in states]
    most = max([abs(spec.first_action) + spec.num_actions, *ends])
    if most > np.iinfo(whole).max:
        raise UsageError(
            f"{spec.id} numbers actions or states up to {most}, but the format has them as "
            f"{whole}: take another format."
        )


def _observed(space: Space, whole: np.dtype, name: str = "observation") -> list[Port]:
    """Return an input for every array of an observation."""
    if isinstance(space, Composite):
        return [
            port
            for key, inner in space.entries
            for port in _observed(inner, whole, f"{name}.{key}")
        ]
    if isinstance(space, Discrete):
        meaning = f"the number of a state, from {space.start} to {space.start + space.n - 1}"
        return [Port(name, (), whole, meaning, space.start)]
    return [Port(name, space.shape, np.dtype(space.dtype), "as the environment shows it")]


def _rebuilt(space: Space, arrays: list[Any]) -> Any:
    """Return an observation of arrays in the order of its inputs; takes them from the list."""
    if isinstance(space, Composite):
        return {name: _rebuilt(inner, arrays) for name, inner in space.entries}
    return arrays.pop(0)


def flattened(space: Space, observation: Any) -> list[Any]:
    """Return the arrays of an observation in the order of its inputs."""
    if isinstance(space, Composite):
        return [one for name, inner in space.entries for one in flattened(inner, observation[name])]
    return [observation]


def _remembered(memory: Any) -> list[Port]:
    leaves = jax.tree.leaves(memory)
    names = ["memory"] if len(leaves) == 1 else [f"memory_{at}" for at in range(len(leaves))]
    meaning = "what came out as next_{} before; any numbers where an episode begins"
    return [
        Port(name, leaf.shape[1:], np.dtype(leaf.dtype), meaning.format(name))
        for name, leaf in zip(names, leaves, strict=True)
    ]


def _with_plain_convolutions(part: Any) -> Any:
    """Return a part whose convolutions are written as such, not as products of matrices."""
    if isinstance(part, tuple):
        return tuple(map(_with_plain_convolutions, part))
    if not is_part(part):
        return part
    changes = {}
    for entry in fields_of(part):
        before = getattr(part, entry.name)
        after = "convolution" if entry.name == "formulation" else _with_plain_convolutions(before)
        if after is not before and after != before:
            changes[entry.name] = after
    return dataclasses.replace(part, **changes) if changes else part
