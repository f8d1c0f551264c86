"""Two tiers of tests: what every change must pass, and what a release must pass as well.

The quick tier is the plain `pytest`; tests marked `exhaustive` are left to `pytest -m exhaustive`.
Where many long tests are of one kind, the quick tier runs some of them, others at each commit; and
of all that are known to take long (`long.txt`, which `benchmarks/exhaustive.py` writes), a fourth.
"""

import os
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).parent
LONG = _FOLDER / "long.txt"
SHARE = 4


@cache
def turn() -> int:
    """Return whose turn it is: the number of commits, or what QLAX_TEST_TURN says."""
    if told := os.environ.get("QLAX_TEST_TURN"):
        return int(told)
    if _git("rev-parse", "--is-shallow-repository") == "true":  # whose commits cannot be counted
        return int((_git("rev-parse", "HEAD") or "0")[:8], 16)
    return int(_git("rev-list", "--count", "HEAD") or 0)


def _git(*words: str) -> str | None:
    """Return what git says of this repository; None where it is none."""
    asked = subprocess.run(
        ["git", *words], cwd=_FOLDER, capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() if asked.returncode == 0 else None


@cache
def known_long() -> dict[str, int]:
    """Return the place in the file of every test that is known to take long, by its id."""
    return {line: place for place, line in enumerate(LONG.read_text().splitlines())}


def is_in_turn(test: str) -> bool:
    """Return whether a test may be in the quick tier: of `SHARE` commits a long one is at one."""
    place = known_long().get(test)
    return place is None or (place + turn()) % SHARE == 0


def in_turn(cases: Sequence[Any], share: int) -> list[Any]:
    """Return cases as parameters of a test, of which one in `share` is in the quick tier.

    After `share` commits every case has been in it once. A case is a value or a tuple of values,
    or made by `pytest.param`.
    """
    return [_marked(case, one_in(share, place)) for place, case in enumerate(cases)]


def one_in(share: int, place: int) -> pytest.MarkDecorator:
    """Return the mark of a long test that is in the quick tier in turn with others alike.

    Args:
        share: Of how many commits it is there at one.
        place: At which of them.
    """
    return decided((place + turn()) % share == 0)


def decided(quick: bool) -> pytest.MarkDecorator:
    """Return the mark of a test whose turn is decided: in the quick tier now, or not."""
    return pytest.mark.in_its_turn if quick else pytest.mark.exhaustive


def _marked(case: Any, mark: pytest.MarkDecorator) -> Any:
    if isinstance(case, type(pytest.param())):
        return pytest.param(*case.values, id=case.id, marks=[*case.marks, mark])
    values = case if type(case) is tuple else (case,)
    return pytest.param(*values, marks=mark)
