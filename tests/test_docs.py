"""The generated pages are those that the docstrings make, and links lead somewhere."""

import re
from pathlib import Path

import pytest
from docs.generate import pages

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = pages()
WRITTEN = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "benchmarks" / "README.md"]


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_a_page_is_what_the_docstrings_make(path):
    assert (DOCS / path).read_text() == PAGES[path], "run `python docs/generate.py`"


def test_no_page_outlives_its_part():
    present = {path.relative_to(DOCS) for path in DOCS.glob("*/*.md")}
    assert present == set(PAGES)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)", path.read_text()):
        if "://" not in target:
            assert (path.parent / target).exists(), target
