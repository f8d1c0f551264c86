"""Run the snippets of pages, and write what they print and draw into the pages.

`python docs/snippets.py docs/learn/bellman.md` runs the page's snippets in order, in a temporary
folder and one Python process. What a snippet prints replaces the block of `text` that follows it;
a picture that it saves and that the page shows from `img/` is copied there. `--check` only runs
them and compares: the words of the output must be the page's, the numbers may differ.

Snippets are fenced blocks of `python` and `console`. A comment before one says what it needs:

    <!-- snippet: needs atari -->         an extra, or a package that is none of ours; without it
                                          the snippet cannot be run
    <!-- snippet: add --steps 2000 -->    words added to its last command, where they are run
    <!-- snippet: not run: a display -->  the reason for which it is shown only
"""

import argparse
import contextlib
import dataclasses
import importlib.util
import io
import linecache
import os
import re
import subprocess
import sys
import tempfile
import types
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

FENCE = re.compile(
    r"(?:^<!-- snippet: (?P<note>[^\n]+?) -->\n\n?)?"
    r"^```(?P<language>python|console)\n(?P<code>.*?)^```\n"
    r"(?:\n```text\n(?P<output>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
_NUMBER = re.compile(r"[-+−]?\d[\d,.]*(?:e[-+]\d+)?|\bnan\b|\binf\b")
PACKAGES = {
    "atari": "ale_py",
    "box2d": "Box2D",
    "doom": "vizdoom",
    "envpool": "envpool",
    "film": "av",
    "mario": "gym_super_mario_bros",
    "minatar": "minatar",
    "minigrid": "minigrid",
    "onnx": "onnxruntime",
    "torch": "torch",
}
"""What an extra installs."""


@dataclasses.dataclass(frozen=True)
class Snippet:
    """A block of code on a page."""

    page: Path
    line: int
    """Where its code begins, from 1."""
    language: str
    """`python` or `console`."""
    code: str
    output: str | None
    """What the page says that it prints; None if it says nothing."""
    note: str | None = None
    """What the comment before it says."""

    @property
    def reason_not_run(self) -> str | None:
        """Why it is not run here: what it needs, or that it is only shown; None if it is."""
        note = self.note or ""
        if note.startswith("not run: "):
            return note.removeprefix("not run: ")
        if note.startswith("needs "):
            missing = [
                name
                for name in note.removeprefix("needs ").split(" add ")[0].split(", ")
                if importlib.util.find_spec(PACKAGES.get(name, name)) is None
            ]
            return f"{', '.join(missing)} not installed" if missing else None
        return None

    @property
    def added(self) -> str:
        """The words that are added to its last command."""
        return " " + self.note.rpartition("add ")[2] if self.note and "add " in self.note else ""


class SnippetError(Exception):
    """A snippet failed, or prints other words than its page says."""


def split(page: Path) -> Iterator[str | Snippet]:
    """Yield what a page consists of: words, and the snippets between them."""
    text = page.read_text()
    end = 0
    for match in FENCE.finditer(text):
        yield text[end : match.start()]
        line = text.count("\n", 0, match.start("code")) + 1
        yield Snippet(page, line, match["language"], match["code"], match["output"], match["note"])
        end = match.end()
    yield text[end:]


def snippets_of(page: Path) -> list[Snippet]:
    """Return the snippets of a page, in order."""
    return [piece for piece in split(page) if isinstance(piece, Snippet)]


def run_page(page: Path, folder: Path) -> list[tuple[Snippet, str]]:
    """Run the snippets of a page in a folder and return what each printed.

    Those that cannot be run here are left out: `Snippet.reason_not_run` says why.

    Raises:
        SnippetError: if one fails; the message says where.
    """
    module = types.ModuleType("__main__")
    printed = []
    with _as_main(module), contextlib.chdir(folder):
        for snippet in snippets_of(page):
            if snippet.reason_not_run is not None:
                continue
            run = _run_python if snippet.language == "python" else _run_console
            printed.append((snippet, run(snippet, module)))
    return printed


@contextlib.contextmanager
def _as_main(module: types.ModuleType) -> Iterator[None]:
    """Let classes that snippets define be found where they say that they are."""
    before = sys.modules["__main__"]
    sys.modules["__main__"] = module
    try:
        yield
    finally:
        sys.modules["__main__"] = before


def _run_python(snippet: Snippet, module: types.ModuleType) -> str:
    where = f"{snippet.page}:{snippet.line}"
    linecache.cache[where] = (len(snippet.code), None, snippet.code.splitlines(True), where)
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            exec(compile(snippet.code, where, "exec"), module.__dict__)
    except Exception as error:
        raise SnippetError(f"{where}: {type(error).__name__}: {error}") from error
    return out.getvalue()


def _run_console(snippet: Snippet, module: types.ModuleType) -> str:
    del module
    code = snippet.code.rstrip("\n") + snippet.added
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", code],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-20:])
        raise SnippetError(f"{snippet.page}:{snippet.line} ended with {done.returncode}:\n{last}")
    return done.stdout


def words(text: str) -> list[str]:
    """Return the words of an output without its numbers, which may differ between machines."""
    return _NUMBER.sub("#", text).split()


def faults(page: Path, folder: Path) -> list[str]:
    """Run a page in a folder and return how what it says differs from what was printed and drawn.

    Raises:
        SnippetError: if a snippet fails.
    """
    printed = run_page(page, folder)
    found = [
        f"{snippet.page}:{snippet.line} prints\n{output}\nbut the page has\n{snippet.output}"
        for snippet, output in printed
        if snippet.output is not None and words(output) != words(snippet.output)
    ]
    saved = {snippet for snippet, _ in printed if "savefig(" in snippet.code}
    if saved and not all((folder / name).is_file() for name in pictures_of(page)):
        missing = [name for name in pictures_of(page) if not (folder / name).is_file()]
        found.append(f"{page} shows {', '.join(missing)}, which its snippets do not save")
    return found


def pictures_of(page: Path) -> list[str]:
    """Return the names of the pictures in `img/` that a page's snippets are to save."""
    shown = re.findall(r"\]\(img/([\w.-]+)\)", page.read_text())
    code = "".join(snippet.code for snippet in snippets_of(page))
    return [name for name in shown if f'"{name}"' in code]


def update(page: Path, folder: Path) -> None:
    """Run a page in a folder and write what was printed and drawn into it.

    Raises:
        SnippetError: if a snippet fails.
    """
    outputs = {snippet.line: output for snippet, output in run_page(page, folder)}
    text = page.read_text()

    def written(match: re.Match[str]) -> str:
        line = text.count("\n", 0, match.start("code")) + 1
        if match["output"] is None or line not in outputs:
            return match[0]
        begin, end = (place - match.start() for place in match.span("output"))
        return match[0][:begin] + outputs[line].rstrip() + "\n" + match[0][end:]

    page.write_text(FENCE.sub(written, text))
    for name in pictures_of(page):
        (page.parent / "img").mkdir(exist_ok=True)
        _save_small(folder / name, page.parent / "img" / name)


def _save_small(picture: Path, to: Path) -> None:
    """Copy a PNG with at most 200 colours: a third of its size, and nobody sees it."""
    with Image.open(picture) as image:
        image.convert("RGB").quantize(200, dither=Image.Dither.NONE).save(to, optimize=True)


def main() -> None:
    """Run the pages that were named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    options = parser.parse_args()
    for page in options.pages:
        with tempfile.TemporaryDirectory() as folder:
            if not options.check:
                update(page.resolve(), Path(folder))
            elif found := faults(page.resolve(), Path(folder)):
                sys.exit("\n".join(found))


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "Agg")
    main()
