"""Policies as ONNX: an emitter for each operation, and a model made of what they emit."""

from pathlib import Path

import numpy as np

from qlax.exporting.acting import Acting
from qlax.exporting.agreement import Run


def write(acting: Acting, path: Path) -> None:
    """Write a policy as an ONNX file."""
    from qlax.exporting.onnx.model import model_of

    path.write_bytes(model_of(acting).SerializeToString())


def opened(acting: Acting, path: Path) -> Run:
    """Return the file in onnxruntime, ready to run."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [port.name for port in acting.inputs]
    taken = {one.name for one in session.get_inputs()}

    def run(inputs: list[np.ndarray]) -> list[np.ndarray]:
        given = {
            name: np.ascontiguousarray(array)
            for name, array in zip(names, inputs, strict=True)
            if name in taken
        }
        made: list[np.ndarray] = session.run(None, given)
        return made

    return run
