"""Policies as a page: one HTML file that plays a classic in the browser, without a network."""

from pathlib import Path

import numpy as np

from qlax.exporting.acting import Acting
from qlax.exporting.agreement import Run
from qlax.exporting.interpreter import interpreted
from qlax.exporting.page.document import page_of, world_of


def write(acting: Acting, path: Path) -> None:
    """Write a policy as a page.

    Raises:
        UsageError: if its environment cannot be played in a browser.
    """
    path.write_text(page_of(acting), encoding="utf-8")


def opened(acting: Acting, path: Path) -> Run:  # noqa: ARG001
    """Return what the page computes, computed by NumPy; the page itself is tried where it opens."""
    world_of(acting)
    program = acting.program()

    def run(inputs: list[np.ndarray]) -> list[np.ndarray]:
        return acting.outside(interpreted(program, acting.inside(inputs)))

    return run
