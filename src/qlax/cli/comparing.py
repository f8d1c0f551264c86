"""`qlax plot` and `qlax compare`: words into runs, and what is printed."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from qlax.cli.console import complain, console, print_json, width_of
from qlax.cli.translation import in_options
from qlax.comparing.comparison import comparison_of
from qlax.comparing.foreign import Columns
from qlax.comparing.markdown import basis_line, cells_of, differences_table, results_table
from qlax.comparing.panels import Wanted
from qlax.comparing.plotting import curves_of, drawn
from qlax.comparing.reading import NamedPath
from qlax.comparing.results import Comparison
from qlax.drawing import require_picture, save_figure
from qlax.errors import UsageError
from qlax.runs.folder import replacing
from qlax.wording import broken

if TYPE_CHECKING:
    from qlax.cli.commands.compare import Compare
    from qlax.cli.commands.plot import Plot
    from qlax.cli.commands.report import Report


def plot_runs(command: "Plot") -> None:
    """Draw the curves of runs, and say where the picture is."""
    path = command.out.expanduser()
    require_picture("path", path)
    wanted = Wanted(x=command.x, y=command.y, middle=command.middle, band=command.band)
    columns = Columns(command.steps_column, command.returns_column)
    curves = curves_of(named_runs(command.runs), wanted, env=command.env, columns=columns)
    for note in curves.notes:
        complain(in_options(note, names=command.names))
    save_figure(drawn(curves), path)
    if command.json:
        print_json({"path": str(path), **curves.as_json()})
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


def compare_runs(command: "Compare") -> None:
    """Compare runs, and print or write what was found."""
    out = command.out
    if out is not None and out.suffix.lower() not in (".md", ".json"):
        raise UsageError(f"--out is {str(out)!r}, but must end in one of .md, .json.")
    if command.profile is not None:
        require_picture("path", command.profile)
    columns = Columns(command.steps_column, command.returns_column)
    comparison = comparison_of(
        named_runs(command.runs),
        at=command.at,
        env=command.env,
        columns=columns,
        seed=command.seed,
    )
    for note in comparison.notes:
        complain(in_options(note, names=command.names))
    document = json.dumps(comparison.as_json(), indent=2)
    if command.profile is not None:
        comparison.profile(command.profile)
    if out is not None:
        write_text(
            out.expanduser(),
            document + "\n" if out.suffix.lower() == ".json" else comparison.markdown(),
        )
    if command.json:
        print_json(comparison.as_json())
    elif command.markdown:
        print(comparison.markdown(), end="")
    else:
        _print(comparison)
        for path in filter(None, (out, command.profile)):
            print(path)


def report_runs(command: "Report") -> None:
    """Write a page about runs, and say where it is and how large."""
    from qlax.reporting.report import write_report

    columns = Columns(command.steps_column, command.returns_column)
    # pygame, which draws many environments, would look for a screen and miss one.
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    written = write_report(
        named_runs(command.runs),
        command.out,
        film=not command.no_film,
        values=not command.no_values,
        env=command.env,
        columns=columns,
    )
    for note in written.notes:
        complain(in_options(note, names=command.names))
    if command.json:
        document = {"path": str(written.path), "bytes": written.size, "notes": written.notes}
        print_json(document)
    else:
        print(written.path)


def write_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all.

    Raises:
        UsageError: if its folder cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error}.") from error
    with replacing(path, len(text.encode())) as aside:
        aside.write_text(text, encoding="utf-8")


def _print(comparison: Comparison) -> None:
    """Print the verdicts and the tables for a terminal."""
    width = width_of(sys.stdout)
    if comparison.overall is not None:
        print(broken(comparison.overall.verdict, width))
        print()
    for number, task in enumerate(comparison.tasks):
        if number:
            print()
        print(broken(task.verdict, width))
        if task.basis != "final":
            print(broken(basis_line(task), width))
        print()
        _print_table(results_table(task))
        if task.pairs and task.differences:
            print()
            _print_table(differences_table(task), numbers=False)


def _print_table(markdown: str, *, numbers: bool = True) -> None:
    """Print a table of Markdown for a terminal."""
    cells = cells_of(markdown)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, head in enumerate(cells[0]):
        is_number = number and numbers
        table.add_column(head, justify="right" if is_number else "left", overflow="fold")
    for row in cells[1:]:
        table.add_row(*map(escape, row))
    printer = console()
    with printer.capture() as printed:
        printer.print(table)
    print("\n".join(line.rstrip() for line in printed.get().splitlines()))
