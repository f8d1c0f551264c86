"""The panel that a terminal shows while an agent trains: at most four lines."""

from typing import NamedTuple

from qlax.observers.progress.course import Course
from qlax.observers.progress.sparkline import BLOCKS, LETTERS, sparkline
from qlax.observers.progress.words import duration, named, short, size
from qlax.wording import counted

LABEL = 10
"""Letters of the first column, as in everything else that a command says."""
_SHOWN_APART = frozenset(
    {
        "env_steps",
        "updates",
        "episodes",
        "episode_return",
        "episode_length",
        "loss",
        "q_value",
        "epsilon",
        "seconds",
        "eval_return",
        "eval_std",
        "eval_length",
        "eval_episodes",
    }
)
_WIDEST_BAR, _NARROWEST_BAR = 40, 6
_WIDEST_CURVE, _NARROWEST_CURVE = 24, 5


class Span(NamedTuple):
    """Some letters of one style."""

    text: str
    style: str = ""
    """A key of `screen.STYLES`."""


Line = list[Span]


class Letters(NamedTuple):
    """What a terminal can show."""

    bar: str
    head: str
    rest: str
    levels: str
    epsilon: str
    dots: str


BEAUTIFUL = Letters("━", "╸", "─", BLOCKS, "ε", "…")
PLAIN = Letters("#", "#", "-", LETTERS, "epsilon", "...")


def panel(course: Course, width: int, letters: Letters = BEAUTIFUL) -> list[Line]:
    """Return the lines of the panel.

    Args:
        course: What to show.
        width: Columns that there are; from 40 on everything important is shown.
        letters: What the terminal can show.
    """
    room = max(width - LABEL - 1, _NARROWEST_BAR)  # the last column would wrap in some terminals
    what = f"seed {course.seeds[0]}" if course.is_one_of_several else "training"
    lines = [_labelled(what, _bar(course, room, letters))]
    if course.is_compiling:
        return lines
    lines.append(_labelled("return", _returns(course, room, letters)))
    learning = _learning(course, room, letters)
    if learning:
        lines.append(_labelled("learning", learning))
    lines.append(_labelled("speed", _speed(course, room)))
    return lines


def last_lines(course: Course, width: int, letters: Letters = BEAUTIFUL) -> list[Line]:
    """Return what stays on the screen once training is over: the bar, and the curve if any.

    Of seeds that are trained one after another a single line stays of each.
    """
    if course.is_compiling:
        return []
    bar, curve, *_ = panel(course, width, letters)
    if not course.main.points:
        return [bar]
    return [[bar[0], *curve[1:]]] if course.is_one_of_several else [bar, curve]


def _labelled(label: str, line: Line) -> Line:
    return [Span(f"{label:<{LABEL}}", "label"), *line]


def _bar(course: Course, room: int, letters: Letters) -> Line:
    """Return the bar with as much of what is beside it as fits."""
    if course.is_compiling:
        return [Span(f"compiling {letters.dots}")]
    steps = f"{short(course.env_steps)}/{short(course.total)}"
    left = course.seconds_left
    if course.has_ended:
        when = duration(course.seconds)
    elif course.is_evaluating:
        when = f"evaluating {letters.dots}"
        if course.final:
            when = f"evaluated {len(course.final)} of {counted(len(course.seeds), 'seed')}"
    else:
        when = "" if left is None else f"{duration(left)} left"
    parts = _fitting([f"{course.share:4.0%}", when, steps], room - _NARROWEST_BAR)
    beside = "".join(f"  {part}" for part in parts)
    cells = min(_WIDEST_BAR, room - len(beside))
    done = course.share * cells
    whole = int(done)
    head = letters.head if done - whole >= 0.5 and whole < cells else ""
    style = "done" if course.share >= 1.0 else "bar"
    return [
        Span(letters.bar * whole + head, style),
        Span(letters.rest * (cells - whole - len(head)), "faint"),
        Span(beside),
    ]


def _returns(course: Course, room: int, letters: Letters) -> Line:
    """Return the curve and the newest value, and what else there is room for."""
    curve = course.main
    if not curve.points:
        return [Span("no episode is over yet" if room >= 22 else "none yet", "faint")]
    value = curve.values[-1]
    is_greedy = curve is course.evaluations
    solved = course.threshold is not None and is_greedy and value >= course.threshold
    newest = f"{value:,.4g}"
    optional = [
        "" if is_greedy else "while exploring",
        _spread(course, letters) if is_greedy else "",
        "solved" if solved else "",
        named("best", course.best, ",.4g") if is_greedy and course.best != value else "",
        named("exploring", course.metric("episode_return"), ",.4g") if is_greedy else "",
        "" if solved else named("solved from", course.threshold, "g"),
    ]
    cells = min(_WIDEST_CURVE, max(room - len(newest) - 2, _NARROWEST_CURVE), room)
    cells = min(cells, max(room // 3, _NARROWEST_CURVE))
    drawn = sparkline(curve.values, cells, letters.levels)
    parts = _fitting(optional, room - len(drawn) - len(newest) - 2)
    return [
        Span(drawn, "curve"),
        Span("  "),
        Span(newest, "solved" if solved else "strong"),
        *[Span(f"  {part}", "solved" if part == "solved" else "") for part in parts],
    ]


def _spread(course: Course, letters: Letters) -> str:
    if course.spread is None:
        return ""
    low, high = course.spread
    return f"({low:,.4g} {letters.dots} {high:,.4g})"


def _learning(course: Course, room: int, letters: Letters) -> Line:
    metric = course.metric
    others = [
        named(name.replace("_", " "), metric(name), ".3g")
        for name in course.metrics
        if name not in _SHOWN_APART and not name.startswith("eval_")
    ]
    parts = [
        named(letters.epsilon, metric("epsilon"), ".2f"),
        named("loss", metric("loss"), ".3g"),
        named("Q", metric("q_value"), ".4g"),
        *others,
    ]
    fitting = _fitting(parts, room + 2)
    return [Span("  ".join(fitting))] if fitting else []


def _speed(course: Course, room: int) -> Line:
    rate = course.rate
    updates = course.metric("updates")
    seeds = len(course.seeds)
    parts = [
        f"{short(rate)} steps/s" if rate else "",
        f"memory {size(course.memory)}",
        counted(seeds, "seed") if seeds > 1 else "",
        f"{duration(course.seconds)} so far",
        "" if not updates else f"{short(updates)} updates",
    ]
    return [Span("  ".join(_fitting(parts, room + 2)))]


def _fitting(parts: list[str], room: int) -> list[str]:
    """Return those parts, the first ones first, that fit with two spaces before each."""
    found = []
    for part in filter(None, parts):
        if len(part) + 2 <= room:
            found.append(part)
            room -= len(part) + 2
    return found
