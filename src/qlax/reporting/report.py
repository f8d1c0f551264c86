"""`qlax.report`: one page in one file, which opens from disk and fetches nothing."""

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from qlax._version import __version__
from qlax.arguments import flag, path_of, refuses_plainly
from qlax.comparing.comparison import comparison_between
from qlax.comparing.foreign import Columns
from qlax.comparing.labels import by_env
from qlax.comparing.panels import Wanted, panel_of
from qlax.comparing.plotting import Curves, drawn
from qlax.comparing.reading import Runs, traces_in
from qlax.comparing.results import Comparison
from qlax.comparing.trace import Trace
from qlax.errors import UsageError
from qlax.reporting.media import Budget, media_of
from qlax.reporting.pictures import histogram, inline_svg, phases_bar
from qlax.reporting.sections import Section, median_run, section_of
from qlax.runs.folder import replacing
from qlax.warning import warn

LARGEST = 5 * 2**20
"""Bytes of a page at most: what people send by mail."""
_MOST_SECTIONS = 30


class Written(NamedTuple):
    """A page that was written."""

    path: Path
    size: int
    """In bytes."""
    notes: list[str]
    """What is not on it, a sentence each."""


@refuses_plainly
def report(
    runs: Runs,
    path: str | Path = "report.html",
    *,
    film: bool = True,
    values: bool = True,
    env: str | None = None,
    columns: Columns | None = None,
) -> Path:
    """Write a page about a run, or several: one HTML file that opens without a network.

    It says what was trained and how to do it again, settings and what differs from the preset,
    curves, evaluation, cost; it shows a film and pictures of what was learned. Of several seeds
    these are of the one with the median score. Agents in one environment are compared.

    Args:
        runs: Folders of runs and folders above them, `Run`s, or a dict of them by name.
        path: The file to write. It has 5 MB at most: a film that is too large is filmed smaller,
            or left out.
        film: Whether an episode is filmed.
        values: Whether pictures of values are drawn, as `explain` does.
        env: The environment of other libraries' logs that do not say it.
        columns: Which of their columns to read, if they do not have the usual names.

    Returns:
        The file. What is left out is a warning.

    Raises:
        UsageError: if there is nothing to report, or the file cannot be written.
    """
    written = write_report(runs, path, film=film, values=values, env=env, columns=columns)
    for note in written.notes:
        warn(note)
    return written.path


def write_report(
    runs: Runs,
    path: str | Path,
    *,
    film: bool = True,
    values: bool = True,
    env: str | None = None,
    columns: Columns | None = None,
) -> Written:
    """Do what `report` does, without warnings."""
    target, film, values = path_of("path", path), flag("film", film), flag("values", values)
    if target.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"path is {str(target)!r}, but must end in .html.")
    found = traces_in(runs, env=env, columns=columns)
    notes = [entry.why for entry in found.left_out]
    grouped = by_env(found.traces)
    curves, comparison = _curves(grouped), _comparison(grouped)
    pairs = [
        (name, agent, those) for name, agents in grouped.items() for agent, those in agents.items()
    ]
    if len(pairs) > _MOST_SECTIONS:
        notes.append(f"Only the first {_MOST_SECTIONS} of {len(pairs)} agents have a section.")
    sections = [
        section_of(name, agent, those, number)
        for number, (name, agent, those) in enumerate(pairs[:_MOST_SECTIONS])
    ]
    for section in sections:
        _draw(section)
    page = _page(sections, curves, comparison, notes)
    budget = Budget(LARGEST - len(page.encode()))
    _add_media(sections, [those for _, _, those in pairs], budget, film=film, values=values)
    for section in sections:
        notes += [] if section.shown is None else section.shown.notes
    page = _page(sections, curves, comparison, notes)
    data = page.encode()
    if len(data) > LARGEST:
        raise UsageError(
            f"The page would have {len(data) / 2**20:.1f} MB, more than 5: report fewer runs."
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error}.") from error
    with replacing(target, len(data)) as aside:
        aside.write_bytes(data)
    return Written(target, len(data), notes)


def _draw(section: Section) -> None:
    """Draw the charts of a section."""
    where = f"{section.agent} on {section.env}"
    if section.returns:
        section.histogram = inline_svg(
            histogram(section.returns, section.threshold),
            f"Histogram of the returns of {len(section.returns)} episodes of {where}",
        )
    if section.phases:
        said = ", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in section.phases.items())
        section.bar = inline_svg(phases_bar(section.phases), f"Time of {where}: {said}")


def _curves(grouped: dict[str, dict[str, list[Trace]]]) -> list[tuple[str, str]]:
    """Return the learning curves of each environment, as its name and SVG."""
    found = []
    wanted = Wanted()
    agents_of_all = dict.fromkeys(agent for agents in grouped.values() for agent in agents)
    colours = {agent: number for number, agent in enumerate(agents_of_all)}
    for env, agents in grouped.items():
        panel = panel_of(env, agents, wanted)
        if panel.agents:
            names = ", ".join(panel.agents)
            picture = drawn(Curves([panel], wanted, []), colours)
            found.append((env, inline_svg(picture, f"Learning curves of {names} on {env}")))
    return found


def _comparison(grouped: dict[str, dict[str, list[Trace]]]) -> Comparison | None:
    """Return the comparison of agents, if there are several in an environment."""
    if all(len(agents) < 2 for agents in grouped.values()):
        return None
    try:
        return comparison_between(grouped, [])
    except UsageError:  # none has finished
        return None


def _add_media(
    sections: Sequence[Section],
    traces: Sequence[Sequence[Trace]],
    budget: Budget,
    *,
    film: bool,
    values: bool,
) -> None:
    """Add films and pictures to sections, each its share of the room that is left."""
    for number, (section, those) in enumerate(zip(sections, traces, strict=False)):
        run = median_run(those)
        if run is not None and (film or values):
            share = Budget(budget.left // (len(sections) - number))
            before = share.left
            section.shown = media_of(run, share, film=film, values=values)
            budget.takes(before - share.left)


def _page(
    sections: Sequence[Section],
    curves: Sequence[tuple[str, str]],
    comparison: Comparison | None,
    notes: Sequence[str],
) -> str:
    """Return the page."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    context: dict[str, Any] = {
        "title": _title(sections),
        "sections": sections,
        "curves": [(env, Markup(svg)) for env, svg in curves],
        "comparison": comparison,
        "tables": _tables(comparison),
        "verdicts": _verdicts(comparison),
        "notes": notes,
        "svg": Markup,
        "filled": _filled,
        "made": f"{datetime.datetime.now().astimezone():%-d %B %Y, %H:%M}",
        "version": __version__,
    }
    return environment.get_template("page.html").render(context)


def _verdicts(comparison: Comparison | None) -> list[str]:
    """Return the sentences at the top of the page."""
    if comparison is None:
        return []
    overall = [] if comparison.overall is None else [comparison.overall.verdict]
    return overall + [task.verdict for task in comparison.tasks if task.pairs]


def _filled(rows: list[list[str]]) -> list[list[str]]:
    """Return a table without the columns that are empty but for their heads."""
    kept = [at for at in range(len(rows[0])) if any(row[at] for row in rows[1:])]
    return [[row[at] for at in kept] for row in rows]


def _title(sections: Sequence[Section]) -> str:
    agents = list(dict.fromkeys(section.agent for section in sections))
    envs = list(dict.fromkeys(section.env for section in sections))
    said = " and ".join(agents) if len(agents) < 3 else f"{len(agents)} agents"
    return f"{said} on {' and '.join(envs) if len(envs) < 3 else f'{len(envs)} environments'}"


def _tables(comparison: Comparison | None) -> list[dict[str, Any]]:
    """Return the tables of a comparison as rows of cells."""
    from qlax.comparing.markdown import cells_of, differences_table, pairs_table, results_table

    if comparison is None:
        return []
    return [
        {
            "env": task.env,
            "verdict": task.verdict,
            "results": cells_of(results_table(task)),
            "pairs": cells_of(pairs_table(task.pairs)),
            "differences": cells_of(differences_table(task)) if task.differences else None,
        }
        for task in comparison.tasks
        if len(task.agents) > 1
    ]
