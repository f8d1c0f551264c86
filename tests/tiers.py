"""Two tiers of tests: what every change must pass, and what a release must pass as well.

The quick tier is the plain `pytest`; tests marked `exhaustive` are left to `pytest -m exhaustive`.
Where many long tests are of one kind, the quick tier runs some of them, others at each commit.
"""

import os
import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).parent


@cache
def turn() -> int:
    """Return whose turn it is: the number of commits, or what QLAX_TEST_TURN says."""
    if told := os.environ.get("QLAX_TEST_TURN"):
        return int(told)
    counted = subprocess.run(
        ["git", "rev-list", "--count", "HEAD"],
        cwd=_FOLDER,
        capture_output=True,
        text=True,
        check=False,
    )
    return int(counted.stdout) if counted.returncode == 0 else 0


def in_turn(cases: Sequence[Any], share: int) -> list[Any]:
    """Return cases as parameters of a test, of which one in `share` is in the quick tier.

    After `share` commits every case has been in it once. A case is a value or a tuple of values,
    or made by `pytest.param`.
    """
    return [
        case if (index + turn()) % share == 0 else exhaustive(case)
        for index, case in enumerate(cases)
    ]


def exhaustive(case: Any) -> Any:
    """Return a case as a parameter that is left to the exhaustive tier."""
    if isinstance(case, type(pytest.param())):
        return pytest.param(*case.values, id=case.id, marks=[*case.marks, pytest.mark.exhaustive])
    values = case if type(case) is tuple else (case,)
    return pytest.param(*values, marks=pytest.mark.exhaustive)


def one_in(share: int, place: int) -> Callable[[Any], Any]:
    """Return a decorator of a long test that is in the quick tier in turn with others alike.

    Args:
        share: Of how many commits it is there at one.
        place: At which of them.
    """
    return (lambda test: test) if (place + turn()) % share == 0 else pytest.mark.exhaustive
