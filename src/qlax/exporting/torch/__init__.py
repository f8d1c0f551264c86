"""Policies as a PyTorch module: Python that can be read, and its weights beside it."""

import importlib.util
from pathlib import Path

import numpy as np

from qlax.exporting.acting import Acting
from qlax.exporting.agreement import Run

MODULE, WEIGHTS = "policy.py", "weights.npz"


def write(acting: Acting, path: Path) -> None:
    """Write a policy as a folder of a module and its weights."""
    from qlax.exporting.torch.source import source_of

    text, weights = source_of(acting)
    path.mkdir()
    (path / MODULE).write_text(text, encoding="utf-8")
    np.savez(path / WEIGHTS, **weights)  # type: ignore[arg-type]


def opened(acting: Acting, path: Path) -> Run:  # noqa: ARG001
    """Return the module, ready to run."""
    import torch

    spec = importlib.util.spec_from_file_location("qlax_exported_policy", path / MODULE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    policy = module.Policy()

    def run(inputs: list[np.ndarray]) -> list[np.ndarray]:
        with torch.inference_mode():
            made = policy(*(torch.tensor(array) for array in inputs))
        return [one.numpy() for one in (made if isinstance(made, tuple) else (made,))]

    return run
