"""Runs read back from their folders."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import qlax
from qlax.errors import UsageError
from qlax.observers import Observer
from qlax.runs.lock import is_locked, locked
from qlax.runs.saved import read_run, runs_in

from .small import AGENT


class Failing(Observer):
    """Fails, and looks at the run while it is under way."""

    is_essential = True

    def begin(self, event):
        self.folder = event.members[0].folder

    def report(self, event):
        self.status = read_run(self.folder).status
        raise RuntimeError("the roof fell in")


def run_of(tmp_path: Path, name: str, **options) -> Path:
    return qlax.train(
        "CartPole-v1", AGENT, steps=200, eval_episodes=0, out=tmp_path / name, **options
    ).folder


def test_a_finished_run_is_read_with_its_columns(tmp_path):
    (run,), damaged = runs_in([run_of(tmp_path, "a", seed=3)])
    assert (run.env, run.seed, run.steps, run.status) == ("CartPole-v1", 3, 200, "finished")
    assert damaged == []
    assert run.result["env_steps"] == 200
    assert run.column("env_steps")[-1] == 200
    assert np.isnan(run.column("no such thing")).all()


def test_a_failed_run_says_what_ended_it_until_it_goes_on(tmp_path):
    failing = Failing()
    with pytest.raises(RuntimeError):
        run_of(tmp_path, "a", observers=[failing])
    assert failing.status == "running"
    (run,), _ = runs_in([tmp_path])
    assert run.status == "failed"
    assert run.failure["kind"] == "RuntimeError"
    assert "the roof fell in" in run.failure["traceback"]


def test_a_damaged_run_keeps_no_other_from_being_read(tmp_path):
    run_of(tmp_path, "a")
    for name, text in {"b": "{", "c": "[]", "d": '{"format": 1}'}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(text)
    found, damaged = runs_in([tmp_path, tmp_path / "a"])
    assert [run.folder.name for run in found] == ["a"]
    assert [one.folder.name for one in damaged] == ["b", "c", "d"]
    assert all(one.why.endswith(".") for one in damaged)


def test_rows_cut_in_the_middle_of_a_line_are_left_out(tmp_path):
    folder = run_of(tmp_path, "a")
    rows = read_run(folder).rows
    with (folder / "metrics.jsonl").open("a") as file:
        file.write('{"format": 1, "env_st')
    assert read_run(folder).rows == rows


def test_seeds_are_read_one_by_one_newest_first(tmp_path):
    qlax.train_seeds(
        "CartPole-v1", AGENT, seeds=[0, 1], steps=200, eval_episodes=0, out=tmp_path / "a"
    )
    os.utime(tmp_path / "a" / "seed-0" / "config.json", (2e9, 2e9))
    found, damaged = runs_in([tmp_path])
    assert [run.seed for run in found] == [0, 1]
    assert damaged == []


@pytest.mark.parametrize("name", ["nothing", "file", "empty"])
def test_folders_without_runs_are_refused(name, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError):
        runs_in([tmp_path / name])


def test_a_run_is_trained_by_one_process_at_a_time_and_its_lock_dies_with_it(tmp_path):
    folder = run_of(tmp_path, "a")
    program = (
        "import sys; from pathlib import Path; from qlax.runs.lock import locked\n"
        "with locked(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as holder:
        assert holder.stdout.readline() == "held\n"
        assert is_locked(folder)
        with pytest.raises(UsageError, match="is being trained by another process"):
            qlax.resume(folder, steps=400)
        holder.kill()
    assert not is_locked(folder)
    qlax.resume(folder, steps=400)
    assert json.loads((folder / "result.json").read_text())["env_steps"] == 400


def test_a_lock_where_nothing_was_written_leaves_nothing(tmp_path):
    with locked(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_looking_whether_a_run_is_trained_keeps_nobody_from_training_it(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with locked(tmp_path):
        pass
    lock = tmp_path / ".lock"
    before = lock.stat().st_mtime_ns
    held = 0
    for _ in range(20):
        assert not is_locked(tmp_path)
        with locked(tmp_path):
            held += is_locked(tmp_path)
    assert held == 20
    os.utime(lock, ns=(before, before))
    assert not is_locked(tmp_path)
    assert lock.stat().st_mtime_ns == before


def test_runs_are_listed_without_jax():
    code = "import sys, qlax.runs.saved; print({'jax', 'numpy'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"


def test_an_environment_of_ones_own_goes_by_its_name(tmp_path):
    folder = run_of(tmp_path, "a")
    document = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(document | {"env": {"custom": "MyGame"}}))
    assert read_run(folder).env == "MyGame"
