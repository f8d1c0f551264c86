"""`qlax export`: what was written, and how it is run."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from qlax.cli.console import console, print_json, say, width_of
from qlax.errors import UsageError
from qlax.exporting import Exported, export
from qlax.exporting.acting import Port
from qlax.loading import seeds_in
from qlax.wording import broken, counted

if TYPE_CHECKING:
    from qlax.cli.commands.export import Export


def export_run(command: "Export", folder: Path) -> None:
    """Export the policy of a run, and print what goes in and what comes out."""
    seeds = seeds_in(folder)
    if seeds:
        first = next(iter(seeds.values()))
        raise UsageError(f"{folder} holds several seeds: give one of them, such as {first}.")
    exported = export(
        command.run_folder, command.out, to=command.to, outputs=command.outputs, best=command.best
    )
    if command.json:
        print_json(exported.as_json())
    else:
        _print(exported)


def _print(exported: Exported) -> None:
    say("written", f"{exported.path} ({exported.size / 1e3:,.0f} kB)")
    if exported.agreement is not None:
        say("tried", _tried(exported))
    print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "name", "shape", "type", "meaning"):
        table.add_column(column)
    for kind, ports in (("in", exported.inputs), ("out", exported.outputs)):
        for at, port in enumerate(ports):
            table.add_row(
                "" if at else kind, port.name, _shape(port), str(port.dtype), port.meaning
            )
    console().print(table)


def _tried(exported: Exported) -> str:
    found = exported.agreement
    assert found is not None
    alike = "all actions the policy's own"
    if found.ties:
        alike += f" but for {counted(found.ties, 'tie')}"
    text = f"on {found.observations:,} observations: {alike}, values within {found.largest:.1g}"
    return broken(text, width_of(sys.stdout))


def _shape(port: Port) -> str:
    return " × ".join(["batch", *map(str, port.shape)])
