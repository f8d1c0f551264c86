"""Every snippet of every page runs, prints the words that its page says, and draws its pictures."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest
from docs import snippets
from docs.notebooks import notebook_of

from tests.tiers import in_turn

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
LEARN = sorted((DOCS / "learn").glob("*.md"))
QUICK = ("bellman", "deep", "distributional", "double", "prioritised", "today")
"""Pages of the tutorial that take less than half a minute on a quiet core."""
OTHERS = [page for page in (ROOT / "README.md", *sorted(DOCS.rglob("*.md"))) if page not in LEARN]
# As users run them: with all of XLA's optimisations.
USUAL = {
    **{
        name: value
        for name, value in os.environ.items()
        if name != "JAX_DISABLE_MOST_OPTIMIZATIONS"
    },
    "MPLBACKEND": "Agg",
}


def shown(page):
    return str(page.relative_to(ROOT)) if isinstance(page, Path) else None


def run(page, environment):
    command = [sys.executable, str(DOCS / "snippets.py"), "--check", str(page)]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def with_snippets(pages):
    return [page for page in pages if snippets.snippets_of(page)]


@pytest.mark.parametrize(
    "page",
    [
        *in_turn([page for page in LEARN if page.stem in QUICK], share=len(QUICK)),
        *(
            pytest.param(page, marks=pytest.mark.exhaustive)
            for page in with_snippets(LEARN)
            if page.stem not in QUICK
        ),
    ],
    ids=shown,
)
def test_a_page_of_the_tutorial_prints_and_draws_what_it_says(page):
    done = run(page, USUAL)
    assert done.returncode == 0, done.stderr


@pytest.mark.exhaustive
@pytest.mark.parametrize("page", with_snippets(OTHERS), ids=shown)
def test_the_snippets_of_a_page_run(page):
    done = run(page, os.environ)
    assert done.returncode == 0, done.stderr


@pytest.mark.exhaustive
@pytest.mark.parametrize("page", with_snippets(LEARN), ids=shown)
def test_a_page_of_the_tutorial_runs_as_a_notebook(page, tmp_path, monkeypatch):
    monkeypatch.delenv("JAX_DISABLE_MOST_OPTIMIZATIONS", raising=False)
    notebook = nbformat.reads(notebook_of(page, for_tests=True), as_version=4)
    nbformat.validate(notebook)
    nbclient.NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    drawn = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", {})
    ]
    assert len(drawn) >= len(snippets.pictures_of(page))


UNRUN = [
    snippet
    for page in (*LEARN, *OTHERS)
    for snippet in snippets.snippets_of(page)
    if snippet.reason_not_run is not None
]


@pytest.mark.parametrize(
    "snippet", UNRUN, ids=lambda one: f"{one.page.relative_to(ROOT)}:{one.line}"
)
def test_a_snippet_that_is_not_run_says_why(snippet):
    assert snippet.reason_not_run
    pytest.skip(f"{snippet.page.relative_to(ROOT)}:{snippet.line}: {snippet.reason_not_run}")


@pytest.mark.parametrize("page", [*LEARN, *OTHERS], ids=shown)
def test_every_block_of_code_is_run_or_of_another_language(page):
    fences = re.findall(r"^```(\w*)$", page.read_text(), re.MULTILINE)[::2]
    assert set(fences) <= {"python", "console", "text", "json", "yaml"}
    assert len(snippets.snippets_of(page)) == sum(one in ("python", "console") for one in fences)


PAGE = """# A page

```python
value = 2
print("it is", value)
```

```text
it is {said}
```

<!-- snippet: not run: it would end the world -->

```console
rm -rf /
```

<!-- snippet: add world -->

```console
echo hello
```

```text
hello
world
```
"""


@pytest.fixture
def page(tmp_path):
    made = tmp_path / "page.md"
    made.write_text(PAGE.format(said="3"))
    return made


def test_numbers_of_an_output_may_differ_and_words_may_not(page, tmp_path):
    assert snippets.faults(page, tmp_path) == []
    page.write_text(PAGE.format(said="two"))
    (fault,) = snippets.faults(page, tmp_path)
    assert "page.md:4 prints" in fault


def test_outputs_are_written_into_the_page(page, tmp_path):
    snippets.update(page, tmp_path)
    text = page.read_text()
    assert "it is 2\n" in text
    assert "hello world\n" in text
    assert text.count("```") == PAGE.count("```")


def test_a_snippet_is_told_of_its_page_when_it_fails(page, tmp_path):
    page.write_text("```python\nvalue = 1\nmissing\n```\n")
    with pytest.raises(snippets.SnippetError, match=r"page.md:2: NameError"):
        snippets.run_page(page, tmp_path)
    page.write_text("```console\nexit 3\n```\n")
    with pytest.raises(snippets.SnippetError, match=r"page.md:2 ended with 3"):
        snippets.run_page(page, tmp_path)


def test_a_picture_that_no_snippet_saves_is_named(page, tmp_path):
    page.write_text('```python\nif False: figure.savefig("a.png")\n```\n\n![A](img/a.png)\n')
    (fault,) = snippets.faults(page, tmp_path)
    assert "a.png" in fault


def test_what_an_extra_lacks_is_the_reason(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text("<!-- snippet: needs box2d add --steps 5 -->\n\n```console\nqlax\n```\n")
    (snippet,) = snippets.snippets_of(page)
    assert snippet.added == " --steps 5"
    monkeypatch.setitem(snippets.PACKAGES, "box2d", "no_such_package")
    assert snippet.reason_not_run == "box2d not installed"


def test_a_notebook_has_the_words_the_code_and_no_pictures_of_its_own(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        '# Title\n\nSee [this](other.md).\n\n```python\nx.savefig("a.png")\n```\n\n'
        "![A](img/a.png)\n\n<!-- snippet: add ALE -->\n\n```console\nqlax envs\n```\n"
    )
    made = nbformat.reads(notebook_of(page), as_version=4)
    assert [cell.cell_type for cell in made.cells] == ["markdown", "code", "code"]
    assert "[this](../other.md)" in made.cells[0].source
    assert made.cells[2].source == "%%bash\nqlax envs"
    tried = nbformat.reads(notebook_of(page, for_tests=True), as_version=4)
    assert tried.cells[2].source == "%%bash\nqlax envs ALE"
