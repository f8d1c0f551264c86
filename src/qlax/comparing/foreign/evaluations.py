"""`evaluations.npz`, as Stable-Baselines3's `EvalCallback` writes it."""

import zipfile
from pathlib import Path

import numpy as np

from qlax.comparing.foreign.core import Log, NotALog
from qlax.comparing.trace import EVALUATION, Line


def read_evaluations(path: Path) -> Log:
    """Return the mean returns of the evaluations; arrays of Python objects are never read.

    Raises:
        NotALog: if the file is none of these.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            steps = np.asarray(arrays["timesteps"], np.float64)
            results = np.asarray(arrays["results"], np.float64)
    except KeyError as error:
        raise NotALog(f"it has no array {error}") from None
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise NotALog(f"it cannot be read without running code from it ({error})") from None
    if steps.ndim != 1 or results.ndim != 2 or len(steps) != len(results) or not results.size:
        raise NotALog(f"it has {len(steps)} times and results of shape {results.shape}")
    return Log({EVALUATION: Line({"steps": steps}, results.mean(axis=1))})
