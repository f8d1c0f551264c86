"""`qlax runs`: what there is, as wide as the terminal."""

import json
import os
import shutil

import pytest

import qlax
from qlax.cli.main import run as exit_code_of
from qlax.cli.runs import _ago, _lines, _seeds
from qlax.runs.listing import entries
from qlax.runs.saved import runs_in
from tests.runs import small


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with a run of two seeds, one of one seed, one that failed and a damaged one."""
    path = tmp_path_factory.mktemp("listed")
    settings = {"steps": 120, "eval_episodes": 2}
    both = path / "runs" / "CartPole-v1" / "custom" / "seeds-3-4"
    qlax.train_seeds("CartPole-v1", small.AGENT, seeds=[3, 4], out=both, **settings)
    one = path / "runs" / "alone"
    qlax.train("CartPole-v1", small.AGENT, seed=7, out=one, **settings)
    failed = shutil.copytree(one, path / "runs" / "failed")
    (failed / "result.json").unlink()
    (failed / "failure.json").write_text(json.dumps({"kind": "Diverged", "message": "the loss"}))
    begun = shutil.copytree(one, path / "runs" / "begun")
    (begun / "result.json").unlink()
    damaged = shutil.copytree(one, path / "runs" / "damaged")
    (damaged / "config.json").write_text('{"format": 1, "agent_')
    for age, folder in enumerate((one, failed, begun)):
        when = (one / "config.json").stat().st_mtime - 3_600 * age
        os.utime(folder / "config.json", (when, when))
    return path


@pytest.fixture
def listed(runs, monkeypatch):
    monkeypatch.chdir(runs)
    found, _ = runs_in(["runs"])
    return entries(found)


def test_seeds_that_were_begun_together_are_one_entry(listed):
    by_name = {entry.folder.name: entry for entry in listed}
    assert set(by_name) == {"seeds-3-4", "alone", "failed", "begun"}
    both = by_name["seeds-3-4"]
    assert both.seeds == [3, 4]
    assert both.env_steps == 120
    assert both.mean == pytest.approx(sum(both.means) / 2)
    assert both.solved == 0


def test_the_newest_comes_first_and_a_failure_is_named(listed):
    order = [entry.folder.name for entry in listed]
    assert order.index("alone") < order.index("failed") < order.index("begun")
    failed = listed[order.index("failed")]
    assert (failed.status, failed.failure) == ("failed", "Diverged")
    begun = listed[order.index("begun")]
    assert (begun.status, begun.env_steps, begun.mean) == ("unfinished", 120, None)
    assert begun.latest is not None


@pytest.mark.parametrize("width", [40, 80, 120, None])
def test_the_list_is_as_wide_as_the_terminal_and_names_every_folder(listed, width):
    lines = _lines(listed, width)
    assert width is None or all(len(line) <= width for line in lines)
    for entry in listed:
        assert any(line.endswith(str(entry.folder)) for line in lines)
    text = "\n".join(lines)
    assert all(told in text for told in ("0 of 2 solved", "not solved", "failed: Diverged"))
    assert "stopped at 100%" in text
    assert ("environment" in lines[0]) is (width != 40)


def test_a_damaged_run_is_named_and_the_others_are_listed(runs, monkeypatch, capsys):
    monkeypatch.chdir(runs)
    assert exit_code_of(["runs"]) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 5
    assert "runs/damaged cannot be read" in err
    assert exit_code_of(["runs", "runs/alone", "runs/failed"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_where_nothing_was_trained_yet_there_is_a_hint(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert exit_code_of(["runs"]) == 0
    assert "`qlax train ENV`" in capsys.readouterr().out
    assert exit_code_of(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"runs": [], "unreadable": []}
    assert exit_code_of(["runs", "elsewhere"]) == 2
    assert "elsewhere is not there" in capsys.readouterr().err


def test_a_folder_without_runs_is_refused(tmp_path, capsys):
    assert exit_code_of(["runs", str(tmp_path)]) == 2
    assert "holds no runs" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("seeds", "shown"),
    [([3], "3"), ([0, 1, 2], "0-2"), ([0, 2], "0,2"), ([1, 3, 5, 7, 9], "5 from 1")],
)
def test_seeds_are_told_in_few_letters(seeds, shown):
    assert _seeds(seeds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-5, "just now"), (59, "just now"), (60, "1 min ago"), (7_300, "2 h ago"), (9e7, "2 y ago")],
)
def test_times_are_told_in_few_letters(seconds, shown):
    assert _ago(seconds) == shown
