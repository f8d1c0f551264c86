"""What a run says of itself in a pipe: its lines, and notes on what may not be meant."""

import dataclasses
import re

import qlax
from qlax import schedules, targets
from qlax.observers import Progress
from qlax.observers.progress import displays
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
            monkeypatch.setattr(displays, "_PLAIN_SECONDS", 0.0)
            self.advance(event.env_steps + 1)
            monkeypatch.setattr(displays, "_PLAIN_SECONDS", 1e9)

    monkeypatch.setattr(displays, "_PLAIN_SECONDS", 1e9)
    qlax.train("MountainCar-v0", AVERAGED, steps=120, out=tmp_path / "run", observers=[Counted()])
    told = re.findall(r"^ +(\d+)/120 steps", capsys.readouterr().out, re.M)
    assert told[:2] == ["2", "3"]  # each one step after a report


def test_longer_training_episodes_are_noted(tmp_path, capsys):
    agent = AVERAGED.replace(time_limit=900)
    qlax.train("MountainCar-v0", agent, steps=40, out=tmp_path / "run", observers=[Progress()])
    assert "note      training episodes last up to 900 steps" in capsys.readouterr().out
