"""Progress in a notebook: a figure that changes."""

import sys
import time
from typing import Any

from qlax.notebooks import html
from qlax.notebooks.curve import MAIN, SOLVED, curve
from qlax.observers.progress.course import Course
from qlax.observers.progress.words import duration, named, short, size
from qlax.wording import counted

_SECONDS = 1.0
"""The least time between two pictures."""


def in_notebook() -> bool:
    """Return whether the program is run in a notebook, which shows figures."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and hasattr(shell, "kernel")


class NotebookFigure:
    """The figure of a cell: drawn anew at most once a second, and at the end."""

    names_seeds = True

    def __init__(self) -> None:
        self._remarks: list[tuple[str, str]] = []
        self._handle: Any = None
        self._drawn_at = -_SECONDS

    def say(self, topic: str, text: str) -> None:
        """Keep it for the figure, which folds remarks away."""
        self._remarks.append((topic, text))

    def show(self, course: Course, *, reported: bool = False) -> None:  # noqa: ARG002
        """Draw the figure anew if the last time is long enough ago."""
        if time.perf_counter() - self._drawn_at >= _SECONDS:
            self._draw(course)

    def close(self, course: Course) -> None:
        """Draw it as it is to stay, and the next seed's below it."""
        self._draw(course)
        self._handle, self._remarks, self._drawn_at = None, [], -_SECONDS

    def _draw(self, course: Course) -> None:
        from IPython.display import display

        self._drawn_at = time.perf_counter()
        data = {
            "text/html": figure(course, self._remarks),
            "text/plain": f"{course.title}: {_how_far(course)}",
        }
        if self._handle is None:
            self._handle = display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)


def figure(course: Course, remarks: list[tuple[str, str]]) -> str:
    """Return the figure as HTML.

    Args:
        course: What to show.
        remarks: Topics and texts, to be folded away.
    """
    seeds = f", {len(course.seeds)} seeds" if len(course.seeds) > 1 else ""
    if course.is_one_of_several:
        seeds = f", seed {course.seeds[0]}"
    pieces = [
        html.bar(course.share, SOLVED if course.share >= 1.0 else MAIN),
        html.line(_how_far(course)),
    ]
    main, evaluations = course.main, course.evaluations
    if main.points:
        pieces.append(
            curve(
                main.points,
                course.returns.points if main is evaluations else (),
                until=course.total,
                threshold=course.threshold,
                said="returns over environment steps",
            )
        )
        pieces.append(html.line(_how_good(course)))
    if not course.is_compiling:
        pieces.append(html.line(_numbers(course)))
    if remarks:
        rows = [(topic, html.text(text)) for topic, text in remarks]
        pieces.append(html.folded("what is trained", html.table(rows)))
    return html.card(course.title + seeds, *pieces)


def _how_far(course: Course) -> str:
    """Return how far training is, in a line."""
    if course.is_compiling:
        return "compiling …"
    left = course.seconds_left
    if course.has_ended:
        last = duration(course.seconds)
    elif course.is_evaluating:
        done, seeds = len(course.final), len(course.seeds)
        last = f"evaluated {done} of {counted(seeds, 'seed')}" if done else "evaluating …"
    else:
        last = "" if left is None else f"{duration(left)} left"
    return " · ".join(
        filter(None, [f"{course.share:.0%}", f"{course.env_steps:,}/{course.total:,} steps", last])
    )


def _how_good(course: Course) -> str:
    """Return the newest returns, in a line."""
    value = course.main.values[-1]
    if course.main is course.returns:
        return f"return {value:,.4g} while exploring"
    parts = [
        f"return {value:,.4g} by greedy evaluation",
        named("best", course.best, ",.4g"),
        named("while exploring", course.metric("episode_return"), ",.4g"),
    ]
    return " · ".join(filter(None, parts))


def _numbers(course: Course) -> str:
    """Return the other numbers, in a line."""
    parts = [
        named("ε", course.metric("epsilon"), ".2f"),
        named("loss", course.metric("loss"), ".3g"),
        named("Q", course.metric("q_value"), ".4g"),
        f"{short(course.rate)} steps/s" if course.rate else "",
        f"memory {size(course.memory)}",
    ]
    return " · ".join(filter(None, parts))
