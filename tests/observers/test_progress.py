"""What a run says of itself in a pipe: its lines, and notes on what may not be meant."""

import dataclasses
import io
import re

import pytest
from rich.console import Console

import qlax
from qlax import schedules, targets
from qlax.observers import Progress, progress
from tests.runs import small

AVERAGED = dataclasses.replace(small.AGENT, target=targets.Averaged(), policy="target")


def steps_told(output):
    return [int(steps) for steps in re.findall(r"^ +(\d+)/400 steps", output, re.M)]


def test_a_line_tells_of_every_tenth_and_a_run_as_it_should_be_needs_no_note(tmp_path, capsys):
    qlax.train("MountainCar-v0", AVERAGED, steps=400, out=tmp_path / "run", observers=[Progress()])
    told = capsys.readouterr().out
    assert steps_told(told) == [40 * tenth for tenth in range(1, 11)]
    assert "note" not in told


def test_what_may_not_be_meant_is_noted(tmp_path, capsys):
    slow = dataclasses.replace(small.AGENT.explorer, epsilon=schedules.Linear(steps=900))
    agent = dataclasses.replace(AVERAGED, explorer=slow, policy="online")
    qlax.train("MountainCar-v0", agent, steps=400, out=tmp_path / "run", observers=[Progress()])
    told = capsys.readouterr().out
    assert "note      exploration will not be over: epsilon takes 900 steps" in told
    assert "note      the finished policy will have the newest parameters" in told


def test_a_line_tells_of_every_minute_without_a_report(tmp_path, capsys, monkeypatch):
    class Counted(Progress):
        """Advances by hand, as training does once a second."""

        def report(self, event):
            self._row = {}

    line = Counted()
    monkeypatch.setattr(progress, "_PLAIN_SECONDS", 1e9)
    qlax.train("MountainCar-v0", AVERAGED, steps=400, out=tmp_path / "run", observers=[line])
    assert steps_told(capsys.readouterr().out) == []
    monkeypatch.setattr(progress, "_PLAIN_SECONDS", 0.0)
    line.advance(51)
    assert steps_told(capsys.readouterr().out) == [51]


def test_longer_training_episodes_are_noted(tmp_path, capsys):
    agent = AVERAGED.replace(time_limit=900)
    qlax.train("MountainCar-v0", agent, steps=40, out=tmp_path / "run", observers=[Progress()])
    assert "note      training episodes last up to 900 steps" in capsys.readouterr().out


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_terminal_of_any_width_shows_how_far_and_how_long_still(width, monkeypatch, tmp_path):
    screen = io.StringIO()
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setattr(progress, "Console", lambda **kw: Console(force_terminal=True, **kw))
    qlax.train("MountainCar-v0", AVERAGED, steps=400, out=tmp_path / "run", observers=[Progress()])
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue()).replace("\r", "\n").split("\n")
    assert max(map(len, lines)) <= width
    assert any("400/400" in line and "left" in line for line in lines)
    assert any("return" in line for line in lines)
    assert any("loss" in line for line in lines) == (width >= 80)
