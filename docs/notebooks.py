"""A page of *Learn Q-learning* as a notebook: the same words and snippets, without outputs."""

import json
import re
from pathlib import Path
from typing import Any

from docs.snippets import pictures_of, split


def notebook_of(page: Path, *, for_tests: bool = False) -> str:
    """Return a page as a notebook of format 4.5, as text.

    Pictures that its snippets draw are left out: in a notebook they appear where they are drawn.

    Args:
        page: A file of Markdown.
        for_tests: Whether commands are as short as tests run them, and what cannot be run is left
            out.
    """
    cells: list[dict[str, Any]] = []
    for piece in split(page):
        if isinstance(piece, str):
            _add_words(cells, piece, page)
        elif not (for_tests and piece.reason_not_run):
            code = piece.code.rstrip("\n")
            if piece.language == "console":
                code = f"%%bash\n{code}{piece.added if for_tests else ''}"
            _add(cells, "code", code)
    document = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _add_words(cells: list[dict[str, Any]], text: str, page: Path) -> None:
    for name in pictures_of(page):
        text = re.sub(rf"!\[[^\]]*\]\(img/{re.escape(name)}\)\n", "", text)
    text = re.sub(r"\]\((?!https?:|#)", "](../", text)  # notebooks are a folder further down
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    if text:
        _add(cells, "markdown", text)


def _add(cells: list[dict[str, Any]], kind: str, source: str) -> None:
    cell = {"cell_type": kind, "id": f"cell-{len(cells)}", "metadata": {}}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    cells.append({**cell, "source": source.splitlines(keepends=True)})
