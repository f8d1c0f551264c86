"""Numbers of an agent as data of its program: trials that differ in them share a compilation.

A program is traced once with such numbers unknown. A field that decides on shapes, loops or what is
done at all cannot be unknown then: tracing fails, and each of its values has a program of its own.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from qlax.agent import Agent
from qlax.drivers import LoopState
from qlax.fields import all_exchanged, entry_at
from qlax.tuning.ranges import Range

_OF_THE_LOOP = ("num_envs", "learning_starts", "update_every", "updates", "time_limit")
"""What says when updates are due: as data, every trial would wait for every other."""
_WITH_WHOLE_NUMBERS = ("Periodic", "Linear", "Exponential")
"""Parts whose whole numbers are compared with a count, and are no sizes or turns of a loop."""

Numbers = Mapping[str, Any]
"""A scalar for each path, or an array of them."""
Kinds = Mapping[str, Any]
"""The dtype of each path's numbers."""


_DISCOUNT = "discount"
"""What is data already, in the state of what learns."""


def with_data(agent: Agent, numbers: Numbers) -> Agent:
    """Return the agent with numbers of a program in its fields; unchecked, for they are unknown."""
    own = {path: number for path, number in numbers.items() if path != _DISCOUNT}
    return all_exchanged(agent, own)


def begun_with(state: LoopState, numbers: Numbers) -> LoopState:
    """Return the state before the first step with the numbers that it holds itself."""
    if _DISCOUNT not in numbers:
        return state
    learner = state.agent.learner.replace(discount=numbers[_DISCOUNT])
    return state.replace(agent=state.agent.replace(learner=learner))


def numbers_of(agent: Agent, kinds: Kinds) -> dict[str, Any]:
    """Return the numbers that an agent has at paths, as scalars of these dtypes."""
    return {path: kind(entry_at(agent, path)) for path, kind in kinds.items()}


def data_in(agent: Agent, ranges: Mapping[str, Range], program: Callable[[Agent], Any]) -> Kinds:
    """Return the paths whose numbers can be data of a program, each with its dtype.

    Args:
        agent: An agent of the search, with schedules as long as the run.
        ranges: What is searched.
        program: Traces all that is to be compiled of an agent.

    Raises:
        UsageError: if the agent does not fit its environment.
    """
    likely = {
        path: jnp.int32 if _is_whole(found) else jnp.float32
        for path, found in ranges.items()
        if _may_be(agent, path, found)
    }
    if _traces(agent, likely, program):
        return likely
    jax.eval_shape(lambda: program(agent))  # what is wrong with the agent itself is said
    return {path: kind for path, kind in likely.items() if _traces(agent, {path: kind}, program)}


def is_number_at(agent: Agent, path: str) -> bool:
    """Return whether an agent has a field at a path, and a number in it."""
    try:
        return type(entry_at(agent, path)) in (int, float)
    except AttributeError:
        return False


def _may_be(agent: Agent, path: str, found: Range) -> bool:
    if not found.is_numeric or path in _OF_THE_LOOP or not is_number_at(agent, path):
        return False
    above, _, _ = path.rpartition(".")
    owner = entry_at(agent, above) if above else agent
    return not _is_whole(found) or type(owner).__name__ in _WITH_WHOLE_NUMBERS


def _is_whole(found: Range) -> bool:
    return all(isinstance(value, int) for value in found.examples())


def _traces(agent: Agent, kinds: Kinds, program: Callable[[Agent], Any]) -> bool:
    def traced(numbers: Numbers) -> Any:
        return program(with_data(agent, numbers))

    unknown = {path: jax.ShapeDtypeStruct((), kind) for path, kind in kinds.items()}
    try:
        jax.eval_shape(traced, unknown)
    except Exception:  # whatever a part does with a number that it cannot know
        return False
    return True
