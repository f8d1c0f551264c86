"""Files written beside training: in order, told of once written, and no error lost."""

import threading

import numpy as np
import pytest

import qlax
from qlax.errors import DiskFull
from qlax.runs import arrays, checkpoint
from qlax.runs.beside import Writer
from tests.runs.small import AGENT


def test_files_are_written_in_order_and_told_of_by_the_thread_that_asked():
    written, told = [], []
    gate = threading.Event()

    def write(name):
        gate.wait(10)
        written.append((name, threading.current_thread().name))

    with Writer() as writer:
        for name in "abc":
            writer.submit(write, name, then=lambda: told.append(threading.current_thread().name))
        writer.settle()
        assert written == []
        assert told == []
        gate.set()
    assert [name for name, _ in written] == ["a", "b", "c"]
    assert all(thread.startswith("qlax-writer") for _, thread in written)
    assert told == [threading.current_thread().name] * 3


def failing(error):
    raise error


def test_an_error_is_raised_by_a_later_call():
    writer = Writer()
    writer.submit(failing, OSError("no such disk"))
    with pytest.raises(OSError, match="no such disk"):
        writer.wait()


def test_a_full_disk_is_told_where_it_may_be():
    told = []
    with Writer() as writer:
        writer.submit(failing, DiskFull("full"), without_room=told.append)
        writer.submit(failing, DiskFull("full"), without_room=told.append)
    assert [str(error) for error in told] == ["full", "full"]


def test_an_error_under_way_is_not_replaced():
    def both():
        with Writer() as writer:
            writer.submit(failing, OSError("no such disk"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        both()


def test_what_is_held_does_not_change_with_the_arrays():
    array = np.arange(3)
    held = arrays.held({"numbers": array})
    array[:] = 0
    assert held["numbers"].tolist() == [0, 1, 2]


def test_a_checkpoint_is_the_same_however_it_is_written(tmp_path, monkeypatch):
    found = []
    for limit in (0, 10**9):  # at once, and beside
        monkeypatch.setattr("qlax.session._WRITTEN_BESIDE", limit)
        out, observer = tmp_path / f"run-{limit}", _Checkpoints()
        options = {"steps": 200, "eval_episodes": 0, "observers": [observer]}
        qlax.train("CartPole-v1", AGENT, out=out, **options)
        assert observer.steps == [40, 80, 120, 160, 200]
        found.append([_arrays(path) for path in checkpoint.checkpoints(out)])
    assert len(found[0]) == 2
    assert found[0] == found[1]


def _arrays(path):
    with np.load(path / "state.npz") as archive:
        return {name: archive[name].tobytes() for name in archive.files}


class _Checkpoints(qlax.observers.Observer):
    def __init__(self):
        self.steps = []

    def checkpoint(self, event):
        assert (event.path / "state.npz").exists()
        self.steps.append(event.env_steps)
