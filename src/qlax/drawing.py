"""What all pictures share: colours, figures without a display, and how they are written."""

import functools
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qlax.errors import UsageError
from qlax.runs.folder import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, FAINT, LINE, EVAL, SOLVED = "#1f2933", "#9aa5b1", "#2166ac", "#b2182b", "#1a9850"
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f3c8d", "#4d4d4d")
"""Colours that people with any kind of colour vision can tell apart, for lines side by side."""
FORMATS = (".png", ".svg")


def new_figure(width: float = 7.2, height: float = 4.2, **options: Any) -> "Figure":
    """Return an empty figure, sizes in inches; it needs no display and changes nothing global."""
    # Without pyplot, which takes another third of a second to import.
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = _kind()(figsize=(width, height), dpi=120, **{"layout": "constrained", **options})
    FigureCanvasAgg(figure)
    return figure


@functools.cache
def _kind() -> "type[Figure]":
    """Return the class of figures that notebooks show, also where pyplot was never imported."""
    from matplotlib.figure import Figure

    class Picture(Figure):
        def _repr_png_(self) -> bytes:
            file = io.BytesIO()
            self.savefig(file, format="png")
            return file.getvalue()

    return Picture


def plain(axes: "Axes") -> None:
    """Give axes a faint grid and no frame above and at the right."""
    axes.grid(alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def require_picture(name: str, path: Path) -> None:
    """Raise `UsageError` unless a picture can be written to a path, as its suffix asks for.

    Args:
        name: The argument that the path was given as.
        path: Where the picture is to go.
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"{name} is {str(path)!r}, but must end in one of {', '.join(FORMATS)}.")


def save_figure(figure: "Figure", path: Path) -> None:
    """Write a figure as PNG or SVG, whole or not at all.

    Raises:
        UsageError: if the folder it is to go to cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error}.") from error
    form = path.suffix.lower().removeprefix(".")
    metadata = {"Date": None} if form == "svg" else None
    with replacing(path, synced=False) as aside:
        figure.savefig(aside, format=form, metadata=metadata)
