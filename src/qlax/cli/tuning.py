"""`qlax tune`: words into a search, and what is printed of what came out."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from qlax import presets
from qlax.agent import Agent
from qlax.cli.commands.core import Words
from qlax.cli.console import console, print_json, say
from qlax.cli.env_arguments import arguments
from qlax.cli.overrides import override
from qlax.cli.parts import kinds_for, make_part, type_at
from qlax.cli.translation import speaking_of
from qlax.differences import by_part
from qlax.envs.opening import opened
from qlax.errors import UsageError
from qlax.tuning import Choice, Tuned, tune
from qlax.tuning.outcome import BEST, HISTORY, IMPORTANCE, PRESET, TABLE
from qlax.tuning.plan import STUDY
from qlax.tuning.progress import TuningProgress
from qlax.tuning.ranges import Range, range_of

if TYPE_CHECKING:
    from qlax.cli.commands.tune import Tune


def tune_and_print(command: "Tune", words: Words) -> None:
    """Search, and print what came out."""
    names = ("trials", "seeds", "steps", "minutes", "confirm_seeds", "jobs", "seed", "backend")
    options: dict[str, Any] = {name: getattr(command, name) for name in names}
    options["progress"] = _progress(command)
    folder = Path(command.env).expanduser()
    if (folder / STUDY).is_file():
        found = _went_on(command, words, folder, options)
    else:
        found = _begun(command, words, options)
    if command.json:
        print_json(found.as_json())
    else:
        _print(found)


def _begun(command: "Tune", words: Words, options: dict[str, Any]) -> Tuned:
    with opened(command.env, arguments(command.env, words.env)) as source:
        preset = presets.resolve(source, command.agent)
        preset = preset._replace(agent=override(preset.agent, words.agent))
        search = searched(preset.agent, command.search)
        with speaking_of(preset.agent):
            return tune(source, preset, search=search, out=command.out, **options)


def _went_on(command: "Tune", words: Words, folder: Path, options: dict[str, Any]) -> Tuned:
    given = {
        "--agent": command.agent,
        "--search": command.search,
        "--out": command.out,
        "--agent.…": words.agent,
        "--env.…": words.env,
    }
    for option, value in given.items():
        if value:
            raise UsageError(
                f"{folder} is a search that is under way already, so {option} cannot be given: "
                "begin another with ENV."
            )
    return tune(None, out=folder, **options)


def _progress(command: "Tune") -> bool | TuningProgress:
    if command.quiet or (command.json and not sys.stderr.isatty()):
        return False
    return TuningProgress(sys.stderr) if command.json else True


def searched(agent: Agent, words: tuple[str, ...]) -> dict[str, Range] | None:
    """Return the ranges that words say, with parts where words name them; None without words.

    Raises:
        UsageError: if one says none.
    """
    found: dict[str, Range] = {}
    for word in words:
        path, equals, text = word.partition("=")
        if not equals:
            raise UsageError(
                f"--search {shlex.quote(word)} must be a field and a range, such as "
                "--search 'agent.optimizer.learning_rate=log(1e-4,1e-2)'."
            )
        name = path.strip().removeprefix("--").removeprefix("agent.").replace("-", "_")
        if name in found:
            raise UsageError(f"--search has agent.{name} twice.")
        found[name] = _with_parts(agent, name, range_of(f"agent.{name}", text))
    return found or None


def _with_parts(agent: Agent, path: str, found: Range) -> Range:
    """Return a range with parts for words, where the field holds parts."""
    try:
        hint = type_at(agent, path)
    except AttributeError:
        hint = None
    if hint is None or not kinds_for(hint) or not isinstance(found, Choice):
        return found
    made = [
        make_part(agent, path, value) if isinstance(value, str) else value for value in found.values
    ]
    return Choice(tuple(made))


def _print(found: Tuned) -> None:
    if found.confirmed:
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("agent")
        for heading in ("on fresh seeds (IQM)", "worst", "best"):
            table.add_column(heading, justify="right")
        table.add_column("settings")
        values = {one.number: one.values for one in found.trials}
        for one in sorted(found.confirmed, key=lambda one: -one.value):
            own = values.get(one.number, {}) if one.number is not None else {}
            shown = ", ".join(f"{path} {_shown(value)}" for path, value in own.items())
            ends = [f"{end(one.scores):.1f}" for end in (min, max)]
            table.add_row(one.name, f"{one.value:.1f}", *ends, escape(shown))
        console().print(table)
    print()
    say("verdict", found.verdict)
    for line in by_part(found.changed):
        say("changed", line)
    ended = ", ".join(f"{count} {name}" for name, count in found.counts.items() if count)
    say("trials", f"{len(found.trials)}: {ended}; {_took(found.seconds)}")
    if found.importances:
        shares = [f"{path} {share:.0%}" for path, share in found.importances.items()]
        say("matters", ", ".join(shares[:4]))
    say("folder", str(found.folder))
    files = (BEST, PRESET, TABLE, HISTORY, IMPORTANCE)
    say("in it", ", ".join(name for name in files if (found.folder / name).exists()))
    if (found.folder / BEST).exists():
        say("train it", shlex.join(["qlax", "train", "--config", str(found.folder / BEST)]))


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _took(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02d} minutes"
