"""`qlax envs`: the worlds that are installed, those that could be, and the ids in them."""

from typing import Any, NamedTuple

import gymnasium
from rich.markup import escape
from rich.table import Table

from qlax.cli.console import console, print_json
from qlax.envs.backends import BACKENDS
from qlax.envs.opening import source_of
from qlax.envs.select import backend_for
from qlax.envs.worlds import GYMNAX, WORLDS, World, register_installed, world_named, world_of
from qlax.errors import UsageError, nearest
from qlax.silence import output_dropped, warnings_ignored

_NOTES = (
    "[bold]qlax envs TEXT[/] lists all ids with TEXT in them, or in the name of their world.",
    "[bold]qlax train ID[/] trains in any Gymnasium environment with finitely many actions, "
    "or a grid of them, and observations that are arrays; [bold]module:Name-v0[/] is one that "
    "importing a module registers. What runs on "
    f"{', '.join(one.name for one in BACKENDS if one.is_compiled)} is part of the compiled "
    "program; all else is stepped from Python.",
)


class Listing(NamedTuple):
    """A world with those of its ids that are registered."""

    title: str
    ids: tuple[str, ...]
    """Empty if they are so many that they are registered only when they are searched for."""
    examples: tuple[str, ...]

    @property
    def backends(self) -> str:
        """What runs them, by default."""
        return ", ".join(self.backend_names)

    @property
    def backend_names(self) -> list[str]:
        """The names of what runs them, by default."""
        return sorted({_backend_of(name) for name in self.ids or self.examples})

    def as_json(self) -> dict[str, Any]:
        """Return plain values; `ids` is empty where there are too many to list."""
        return {
            "world": self.title,
            "runs_on": self.backend_names,
            "ids": list(self.ids),
            "examples": list(self.examples),
        }


def print_envs(search: str | None, *, as_json: bool = False) -> None:
    """Print the worlds, or every id that contains a text; as tables, or as JSON.

    Raises:
        UsageError: if it finds nothing.
    """
    with output_dropped(), warnings_ignored():
        register_installed(search or "")
    families = _families()
    missing = [world for world in WORLDS if not world.is_installed]
    if search is not None:
        found, could_be = _found(families, missing, search)
        if as_json:
            named = ("environment", "runs_on", "threshold")
            listed = [dict(zip(named, row, strict=True)) for row in found]
            print_json({"environments": listed, "not_installed": _missing_as_json(could_be)})
            return
        _print_found(found, could_be)
        return
    if as_json:
        installed = [family.as_json() for family in families]
        print_json({"installed": installed, "not_installed": _missing_as_json(missing)})
        return
    _print_installed(families)
    if missing:
        _print_missing(missing)
    for note in _NOTES:
        console().print()
        console().print(note)


def ids() -> list[str]:
    """Return every id there is to train in, of the newest version, by world."""
    with output_dropped(), warnings_ignored():
        register_installed("")
    return [name for family in _families() for name in family.ids]


def _print_installed(families: list[Listing]) -> None:
    table = _table("installed", "ids", "runs on", "such as")
    for family in families:
        shown = escape("  ".join(family.examples))
        count = str(len(family.ids) or "many")
        table.add_row(escape(family.title), count, family.backends, shown)
    console().print(table)


def _print_missing(missing: list[World]) -> None:
    table = _table("not installed", "install it with", "such as")
    for world in missing:
        table.add_row(escape(world.title), escape(world.command), escape("  ".join(world.examples)))
    console().print()
    console().print(table)


def _missing_as_json(missing: list[World]) -> list[dict[str, Any]]:
    return [
        {"world": world.title, "install": world.command, "examples": list(world.examples)}
        for world in missing
    ]


def _found(
    families: list[Listing], missing: list[World], search: str
) -> tuple[list[tuple[str, str, float | None]], list[World]]:
    """Return every id with a text in it, or in its world's name, and what could be installed.

    Of each id that is its backend and the return from which it counts as solved.

    Raises:
        UsageError: if there is nothing of either.
    """
    wanted = search.lower()
    found = []
    for family in families:
        for name in family.ids:
            if wanted in name.lower() or wanted in family.title.lower():
                record = gymnasium.registry.get(name)
                threshold = None if record is None else record.reward_threshold
                found.append((name, _backend_of(name), threshold))
    could_be = [
        world
        for world in missing
        if any(wanted in name.lower() for name in (world.title, world.extra, *world.examples))
    ]
    if not found and not could_be:
        known = [name for family in families for name in (family.title, *family.ids)]
        hint = nearest(search, known, "`qlax envs` lists the worlds there are.")
        raise UsageError(f"There is no environment with {search!r} in its id. {hint}")
    return found, could_be


def _print_found(found: list[tuple[str, str, float | None]], could_be: list[World]) -> None:
    """Print ids that were found, and worlds that could be installed."""
    table = _table("environment", "runs on", "solved at")
    for name, backend, threshold in found:
        table.add_row(escape(name), backend, "" if threshold is None else f"{threshold:g}")
    if found:
        console().print(table)
    if could_be:
        _print_missing(could_be)


def _families() -> list[Listing]:
    """Return ids by world, in the worlds' order; then all others together."""
    members: dict[str, list[str]] = {
        world.title: [] for world in WORLDS if world.are_many and world.is_installed
    }
    for name, record in sorted(gymnasium.registry.items()):
        world = world_named(name)
        if world is None and _is_gymnasiums(record):
            continue  # continuous actions
        world = world or world_of(record)
        if (world is None or world.is_installed) and _is_listed(world, record):
            members.setdefault("Others" if world is None else world.title, []).append(name)
    members |= {
        world.title: list(world.ids) for world in WORLDS if world.ids and world.is_installed
    }
    known = {world.title: world.examples for world in WORLDS}
    others = tuple(members.get("Others", ())[:3])
    return [
        Listing(title, tuple(members[title]), known.get(title, others))
        for title in [*known, "Others"]
        if title in members
    ]


def _backend_of(name: str) -> str:
    """Return the name of the backend that runs an id unless another is asked for."""
    if name in GYMNAX.ids:
        return "gymnax"  # without importing it
    return backend_for(source_of(name)).name


def _is_gymnasiums(record: Any) -> bool:
    """Return whether an environment is Gymnasium's own, or its bridge to an older package."""
    module = str(record.entry_point).partition(":")[0]
    return module.partition(".")[0] in ("gymnasium", "shimmy") or record.id.startswith("GymV")


def _is_listed(world: World | None, record: Any) -> bool:
    """Return whether an environment is of the newest version, or what its world lists instead."""
    if world is not None and world.listed is not None:
        return world.listed(record)
    return (record.version or 0) >= max(
        other.version or 0
        for other in gymnasium.registry.values()
        if (other.namespace, other.name) == (record.namespace, record.name)
    )


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(
            name,
            justify="right" if name == "ids" else "left",
            no_wrap=name in ("environment", "install it with"),
        )
    return table
