"""`qlax plot` and `qlax compare`: words into runs, and what is printed."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qlax.cli.console import complain
from qlax.comparing.foreign import Columns
from qlax.comparing.panels import Wanted
from qlax.comparing.plotting import curves_of, drawn
from qlax.comparing.reading import NamedPath
from qlax.drawing import require_picture, save_figure
from qlax.errors import UsageError

if TYPE_CHECKING:
    from qlax.cli.commands.plot import Plot


def plot_runs(command: "Plot") -> None:
    """Draw the curves of runs, and say where the picture is."""
    path = command.out.expanduser()
    require_picture("path", path)
    wanted = Wanted(x=command.x, y=command.y, middle=command.middle, band=command.band)
    columns = Columns(command.steps_column, command.returns_column)
    curves = curves_of(named_runs(command.runs), wanted, env=command.env, columns=columns)
    for note in curves.notes:
        complain(note)
    save_figure(drawn(curves), path)
    if command.json:
        print(json.dumps({"path": str(path), **curves.as_json()}, indent=2))
    else:
        print(path)


def named_runs(words: Sequence[str]) -> list[NamedPath]:
    """Return the paths that words are, with the name of those given as NAME=PATH.

    Raises:
        UsageError: if there are none.
    """
    if not words:
        raise UsageError("RUN is missing: name the folder of a run, or one above several.")
    found = []
    for word in words:
        name, equals, path = word.partition("=")
        is_named = equals and name and not Path(word).expanduser().exists()
        found.append(NamedPath(name, Path(path)) if is_named else NamedPath(None, Path(word)))
    return found
