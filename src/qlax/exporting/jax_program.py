"""Policies as a program of JAX's, serialised: StableHLO, for CPU, GPU and TPU."""

from pathlib import Path
from typing import Any

import jax
import numpy as np

from qlax.exporting.acting import Acting
from qlax.exporting.agreement import Run

PLATFORMS = "cpu", "cuda", "rocm", "tpu"


def write(acting: Acting, path: Path) -> None:
    """Write a policy as a file for `jax.export.deserialize`."""
    from jax import export

    (batch,) = export.symbolic_shape("batch")
    shapes = [jax.ShapeDtypeStruct((batch, *port.shape), port.dtype) for port in acting.inputs]
    program = export.export(jax.jit(_whole(acting)), platforms=PLATFORMS)(*shapes)
    path.write_bytes(program.serialize())


def opened(acting: Acting, path: Path) -> Run:
    """Return the program, ready to run."""
    from jax import export

    called = jax.jit(export.deserialize(bytearray(path.read_bytes())).call)

    def run(inputs: list[np.ndarray]) -> list[np.ndarray]:
        given = zip(acting.inputs, inputs, strict=True)
        return [np.asarray(one) for one in called(*(a.astype(p.dtype) for p, a in given))]

    return run


def _whole(acting: Acting) -> Any:
    """Return the policy with numbers as the environment counts them."""

    def of_one(*arrays: Any) -> list[Any]:
        made = acting.plain(*(array[None] for array in acting.inside(arrays)))
        return acting.outside([one[0] for one in made])

    # One observation, and JAX's own batch: a part may ask how many rows there are.
    return jax.vmap(of_one)
