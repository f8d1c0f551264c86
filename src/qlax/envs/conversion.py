"""From what Gymnasium shows to arrays in the dtypes of the spec, with the action mask apart."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from qlax.spaces import Composite, Discrete, EnvSpec, Space

MASK = "action_mask"


class Read(NamedTuple):
    """What was shown."""

    observation: Any
    """An array, or a dict of arrays for a `Composite` space."""
    legal: np.ndarray | None
    """The mask that was among the observations, bool; None if there was none."""


def read_observation(observation: Any, spec: EnvSpec) -> Read:
    """Return copies of one observation's arrays, or a batch's, and the mask if it is among them."""
    legal = None
    if spec.has_mask and isinstance(observation, dict) and MASK in observation:
        legal = np.array(observation[MASK], bool)
        observation = {name: inner for name, inner in observation.items() if name != MASK}
        if not isinstance(spec.observation, Composite) and len(observation) == 1:
            (observation,) = observation.values()
    return Read(_read(observation, spec.observation, spec.first_state), legal)


def named_arrays(observation: Any, name: str = "") -> Iterator[tuple[str, np.ndarray]]:
    """Yield every array of an observation with the path of names that leads to it."""
    if isinstance(observation, dict):
        for key, inner in observation.items():
            yield from named_arrays(inner, f"{name}/{key}")
    else:
        yield name, observation


def _read(observation: Any, space: Space, first_state: int) -> Any:
    if isinstance(space, Composite):
        if isinstance(observation, tuple | list):
            observation = {str(at): inner for at, inner in enumerate(observation)}
        return {name: _read(observation[name], inner, 0) for name, inner in space.entries}
    array = np.array(observation)
    if isinstance(space, Discrete) and first_state:
        array = array - first_state
    return array.astype(space.dtype, copy=False)
