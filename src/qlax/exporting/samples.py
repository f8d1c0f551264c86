"""Observations to check an exported policy with: of all that its environment may show."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from qlax.exporting.acting import Acting, Port, flattened
from qlax.observations import Moments
from qlax.spaces import Box, Composite, Discrete, Space

CHECKED = 1_000
"""Observations that are tried."""

ROWS = 50
"""Observations side by side: an episode each, if there is a memory."""


def batches(acting: Acting, seed: int = 0) -> Iterator[list[np.ndarray]]:
    """Yield `CHECKED` observations in batches, with all that goes in beside them but the memory.

    The memory's places hold random numbers: whoever has one better exchanges it.
    """
    generator = np.random.default_rng(seed)
    space = acting.policy.spec.observation
    for at in range(CHECKED // ROWS):
        observed = flattened(space, _observed(generator, space, acting.policy.params.stage))
        others = acting.inputs[len(observed) :]
        yield [*observed, *(_beside(generator, port, acting, at) for port in others)]


def _observed(generator: np.random.Generator, space: Space, stage: Any) -> Any:
    """Return observations as an environment may show them."""
    if isinstance(space, Composite):
        return {
            name: _observed(generator, inner, stage.get(name) if isinstance(stage, dict) else None)
            for name, inner in space.entries
        }
    if isinstance(space, Discrete):
        return generator.integers(space.start, space.start + space.n, ROWS, np.int64)
    return _box(generator, space, stage)


def _box(generator: np.random.Generator, space: Box, stage: Any) -> np.ndarray:
    """Return numbers within limits; where there are none, as large as what was seen in training."""
    shape = (ROWS, *space.shape)
    dtype = np.dtype(space.dtype)
    low, high = (
        np.broadcast_to(limit.reshape(space.shape) if limit.ndim else limit, shape)
        for limit in (np.asarray(space.low, np.float64), np.asarray(space.high, np.float64))
    )
    mean, deviation = np.zeros(space.shape), np.ones(space.shape)
    if isinstance(stage, Moments) and float(stage.count) > 1:
        mean = np.asarray(stage.mean, np.float64)
        deviation = np.sqrt(np.asarray(stage.squares, np.float64) / float(stage.count))
    seen = mean + deviation * 2.0 * generator.standard_normal(shape)
    if dtype.kind != "f":
        seen *= 10.0
    bounded = (np.abs(low) < _FAR) & (np.abs(high) < _FAR)
    within = low + np.where(bounded, high - low, 0.0) * generator.random(shape)
    # Half the rows as in training, half from all over the space.
    made = np.where(
        bounded & (np.arange(ROWS) % 2 == 0).reshape(-1, *[1] * len(space.shape)), within, seen
    )
    made = np.clip(made, np.maximum(low, _least(dtype)), np.minimum(high, _most(dtype)))
    return (made if dtype.kind == "f" else np.round(made)).astype(dtype)


_FAR = 1e6
"""Limits beyond which numbers count as unbounded, as `ScaleToBounds` has it."""


def _least(dtype: np.dtype) -> float:
    return {"f": -1e30, "b": 0.0}.get(dtype.kind) or float(np.iinfo(dtype).min)


def _most(dtype: np.dtype) -> float:
    return {"f": 1e30, "b": 1.0}.get(dtype.kind) or float(np.iinfo(dtype).max)


def _beside(generator: np.random.Generator, port: Port, acting: Acting, batch: int) -> np.ndarray:
    """Return what goes in beside observations."""
    shape = (ROWS, *port.shape)
    if port.name == "action_mask":
        legal = generator.random(shape) < 0.6
        legal[0], legal[1] = True, False  # also what an episode may end with
        return legal
    if port.name == "first":
        return (generator.random(shape) < 0.1) | (batch == 0)
    if port.name == "previous_action":
        first = acting.policy.spec.first_action
        return generator.integers(first, first + acting.policy.spec.num_actions, shape, np.int64)
    return generator.standard_normal(shape).astype(port.dtype)
