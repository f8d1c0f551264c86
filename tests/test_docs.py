"""The generated pages are those that the docstrings make, and links lead somewhere."""

import functools
import re
from pathlib import Path

import pytest
from docs import generate

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
RUNS = Path("runs.md")  # of which the table of backends is generated
GENERATED = [RUNS, *sorted(path.relative_to(DOCS) for path in DOCS.glob("*/*.md"))]
WRITTEN = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "benchmarks" / "README.md"]
pages = functools.cache(generate.pages)


@pytest.mark.parametrize("path", GENERATED, ids=str)
def test_a_page_is_what_the_docstrings_make(path):
    assert (DOCS / path).read_text() == pages().get(path), "run `python docs/generate.py`"


def test_every_part_has_its_page():
    assert set(GENERATED) == set(pages())


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)", path.read_text()):
        if "://" not in target:
            assert (path.parent / target).exists(), target
