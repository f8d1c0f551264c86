"""Metrics read as they are appended."""

import math

import pytest

from qlax.board.curves import curves
from qlax.board.history import History, last_rows

from .folders import lines, row


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text(lines(row(number) for number in range(5)))
    return path


def append(path, text):
    with path.open("a") as file:
        file.write(text)


def test_only_what_was_appended_is_read(path, monkeypatch):
    history = History(path)
    history.refresh()
    first = history.generation
    assert history.rows == 5
    read = []
    add = History._add
    monkeypatch.setattr(History, "_add", lambda self, rows: (read.extend(rows), add(self, rows)))
    append(path, lines([row(5), row(6)]))
    history.refresh()
    history.refresh()
    assert (history.rows, history.generation, len(read)) == (7, first, 2)


def test_a_line_that_is_half_written_waits_for_its_other_half(path):
    history = History(path)
    text = lines([row(5)])
    append(path, text[:20])
    history.refresh()
    assert history.rows == 5
    append(path, text[20:])
    history.refresh()
    assert (history.rows, history.unreadable) == (6, 0)


@pytest.mark.parametrize("rows", [3, 5, 9])
def test_a_file_that_was_replaced_is_read_anew(path, rows):
    history = History(path)
    history.refresh()
    first = history.generation
    aside = path.with_name("aside")
    aside.write_text(lines(row(number, loss=7.0) for number in range(rows)))
    aside.replace(path)
    history.refresh()
    assert history.rows == rows
    assert history.generation != first
    assert set(history.columns["loss"]) == {7.0}


def test_a_file_written_over_in_place_is_read_anew(path):
    history = History(path)
    history.refresh()
    first = history.generation
    path.write_text(lines(row(number, loss=7.0) for number in range(9)))
    history.refresh()
    assert history.rows == 9
    assert history.generation != first


def test_columns_come_late_and_lines_of_other_kinds_are_counted(path):
    history = History(path)
    append(path, '{"format": 99, "env_steps": 1}\nnonsense\n[1]\n\xff\n')
    append(path, lines([row(5, eval_return=3.5, note="text", flag=True)]))
    history.refresh()
    assert (history.rows, history.unreadable) == (6, 4)
    assert list(history.columns["eval_return"])[-1] == 3.5
    assert all(math.isnan(value) for value in list(history.columns["eval_return"])[:-1])
    assert "note" not in history.columns
    assert "flag" not in history.columns


def test_what_is_no_file_has_no_rows(tmp_path):
    history = History(tmp_path / "metrics.jsonl")
    history.refresh()
    assert history.rows == 0
    (tmp_path / "elsewhere").write_text(lines([row(0)]))
    (tmp_path / "metrics.jsonl").symlink_to(tmp_path / "elsewhere")
    history.refresh()
    assert history.rows == 0


def test_the_last_rows_are_read_from_the_end(path):
    assert [entry["env_steps"] for entry in last_rows(path, size=250)] == [400, 500]
    assert len(last_rows(path)) == 5


def test_increments_are_what_the_page_lacks(path):
    history = History(path)
    first = curves(history, "env_steps")
    assert first["series"]["loss"]["x"] == [400, 500]  # none before the first update
    after = first["generation"], first["rows"]
    assert curves(history, "env_steps", after=after)["series"] == {}
    append(path, lines([row(5)]))
    more = curves(history, "updates", after=after)
    assert more["appended"]
    assert more["series"]["loss"] == {"x": [50], "y": [0.2]}
    path.unlink()
    path.write_text(lines([row(0)]))
    anew = curves(history, "env_steps", after=(more["generation"], more["rows"]))
    assert (anew["appended"], anew["rows"]) == (False, 1)
    again = curves(History(path), "env_steps", after=(anew["generation"], anew["rows"]))
    assert not again["appended"]  # it is not known what another history had read


def test_more_than_a_screen_of_new_rows_comes_thinned_and_whole(path):
    history = History(path)
    first = curves(history, "env_steps", points=16)
    append(path, lines(row(number) for number in range(5, 500)))
    more = curves(history, "env_steps", points=16, after=(first["generation"], first["rows"]))
    assert not more["appended"]
    assert len(more["series"]["episode_return"]["x"]) <= 16


def test_only_some_metrics_may_be_asked_for(path):
    found = curves(History(path), "env_steps", only=frozenset({"loss"}))
    assert set(found["series"]) == {"loss"}
    assert found["metrics"] == ["episode_return", "loss"]
    assert found["axes"] == ["env_steps", "updates"]
    assert curves(History(path), "seconds")["series"] == {}


def test_a_long_file_is_read_in_parts(path, monkeypatch):
    whole = History(path)
    whole.refresh()
    monkeypatch.setattr("qlax.board.history._CHUNK", 50)
    parts = History(path)
    parts.refresh()
    assert parts.rows == whole.rows
    assert parts.columns["env_steps"] == whole.columns["env_steps"]
    assert parts.columns.keys() == whole.columns.keys()
