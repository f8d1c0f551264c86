"""The description of an environment that is no Gymnasium environment, from its spaces."""

from typing import Any

import gymnasium
import numpy as np

from qlax.actions import Actions, Factors
from qlax.arguments import refuses_plainly
from qlax.envs.description import describe_space, without_mask
from qlax.errors import UsageError, shown
from qlax.spaces import Box, Composite, Discrete, EnvSpec, Space


@refuses_plainly
def spec_of(
    observation: Any,
    actions: Any,
    *,
    id: str = "Environment",
    chosen: Actions | None = None,
    has_mask: bool = False,
    reward_threshold: float | None = None,
) -> EnvSpec:
    """Return the description of an environment from its spaces, for a `Learner`.

    >>> spec = qlax.envs.spec_of(observation=(8,), actions=4)
    >>> spec = qlax.envs.spec_of({"camera": Box(0, 255, (84, 84, 3), np.uint8), "speed": ()}, 3)

    Args:
        observation: What it shows: a space of Gymnasium or of `qlax.spaces`; a shape, for an array
            of float32 without limits, which the agent normalises by running statistics; or a dict
            of these by name.
        actions: How many actions there are, or a space of Gymnasium.
        id: What messages call it.
        chosen: How actions that are several numbers, or continuous, become finitely many:
            `actions.Factors`, the default, or `actions.Grid`.
        has_mask: Whether it says which actions are legal; a Dict space with an entry `action_mask`
            says so itself.
        reward_threshold: Mean return from which it counts as solved, or None.

    Raises:
        UsageError: if qlax does not take such observations or actions.
    """
    first, choices = 0, None
    if isinstance(actions, gymnasium.spaces.Discrete):
        first, actions = int(actions.start), int(actions.n)
    elif isinstance(actions, gymnasium.Space):
        choices = (chosen or Factors()).choices(actions, id)
        actions = choices.num_actions
    if isinstance(observation, gymnasium.spaces.Dict):
        observation, among = without_mask(observation)
        has_mask = has_mask or among
    return EnvSpec(
        id=id,
        observation=_space(observation, id),
        num_actions=actions,
        first_action=first,
        actions=choices,
        has_mask=has_mask,
        reward_threshold=reward_threshold,
    )


def _space(given: Any, name: str) -> Space:
    """Return the space that was given, in any of the ways `spec_of` takes."""
    if isinstance(given, Box | Discrete | Composite):
        return given
    if isinstance(given, gymnasium.Space):
        return describe_space(given, name)
    if isinstance(given, dict) and given and all(isinstance(key, str) for key in given):
        return Composite(tuple((key, _space(inner, name)) for key, inner in given.items()))
    sizes = (given,) if isinstance(given, int | np.integer) else given
    if isinstance(sizes, tuple | list) and all(_is_size(size) for size in sizes):
        shape = tuple(int(size) for size in sizes)
        return Box(shape, "float32", -np.inf, np.inf)
    raise UsageError(
        f"observation is {shown(given)}, but must be a space of Gymnasium or of qlax.spaces, a "
        "shape such as (8,), or a dict of these by name."
    )


def _is_size(size: Any) -> bool:
    whole = isinstance(size, int | np.integer) and not isinstance(size, bool)
    return whole and int(size) >= 1
