"""Rules that end training early, and functions called while training."""

import json

import pytest

import qlax
from qlax import observers
from qlax.cli.main import run as exit_code_of
from qlax.observers import (
    EveryNSteps,
    OnEvaluation,
    Report,
    StopWhen,
    StopWhenNoBetter,
    StopWhenSolved,
)
from tests.observers.test_observers import Recorder, trained
from tests.runs import small


class Planned:
    """As much of a beginning as rules ask for."""

    def __init__(self, eval_every=1):
        self.plan = type("Plan", (), {"eval_every": eval_every})
        self.spec = type("Spec", (), {"reward_threshold": 10.0, "id": "Somewhere-v0"})
        self.env_steps = 0


def reports(rule, *rows, eval_every=1):
    """Return what a rule answers to reports whose rows have these returns of several seeds."""
    rule.begin(Planned(eval_every))
    name = "eval_return" if eval_every else "episode_return"
    return [
        rule.report(
            Report(env_steps=steps, members=(), rows=tuple({name: value} for value in values))
        )
        for steps, values in enumerate(rows, 1)
    ]


def test_solved_is_every_seed_at_the_threshold_several_times_in_a_row():
    said = reports(StopWhenSolved(times=2), [11, 9], [10, 12], [None, None], [9, 12], [10, 10])
    assert said == [None] * 5
    said = reports(StopWhenSolved(times=2), [10, 12], [None, None], [11, 10])
    assert said == [None, None, "solved: at least 10 in 2 evaluations in a row"]


def test_a_run_without_evaluations_goes_by_its_training_returns():
    (said,) = reports(StopWhenSolved(5.0, times=1), [6], eval_every=0)
    assert said == "solved: at least 5 in 1 reports of training in a row"


def test_no_progress_is_that_no_seed_is_better_than_it_was():
    rule = StopWhenNoBetter(2, by=1.0)
    said = reports(rule, [5, 0], [5.5, 0], [5.6, 1.5], [5.9, 2], [6, 2])
    assert said[:4] == [None] * 4
    assert said[4] == "no progress: no better in 2 evaluations in a row"


@pytest.mark.parametrize(
    ("condition", "row", "holds"),
    [
        ("return >= 200", {"eval_return": 200.0, "episode_return": 10.0}, True),
        ("return>=200", {"eval_return": 100.0, "episode_return": 300.0}, False),
        ("return > 200", {"eval_return": None, "episode_return": 300.0}, True),
        ("minutes<1.5", {"seconds": 80.0}, True),
        ("steps >= 1e3", {"env_steps": 999}, False),
        ("loss <= 0.1", {"loss": 0.1}, True),
        ("loss <= 0.1", {"loss": None}, False),
        ("eval_std < 3", {"loss": 0.1}, False),
    ],
)
def test_a_condition_is_compared_with_every_seed(condition, row, holds):
    report = Report(env_steps=1, members=(), rows=(row, row))
    assert (StopWhen(condition).report(report) is not None) is holds
    unlike = Report(env_steps=1, members=(), rows=(row, dict.fromkeys(row)))
    assert StopWhen(condition).report(unlike) is None


def test_a_run_ends_at_a_condition_and_goes_on_to_its_end(tmp_path):
    recorder = Recorder()
    run = trained(tmp_path / "run", StopWhen("steps >= 200"), recorder)
    assert run.result["stopped"] == "steps >= 200"
    assert run.result["env_steps"] == recorder.named("report")[-1].env_steps == 200
    assert qlax.resume(run.folder).result["env_steps"] == small.STEPS


def test_a_run_of_which_a_metric_is_not_known_ends_and_says_which_there_are(tmp_path):
    with pytest.raises(qlax.UsageError, match=r"no metric 'reward'; there are return, steps, "):
        trained(tmp_path / "run", StopWhen("reward >= 200"))


def test_training_ends_when_solved_and_goes_on_while_it_is_not(tmp_path):
    run = trained(tmp_path / "a", StopWhenSolved(1.0), env="CartPole-v1")
    assert run.result["stopped"] == "solved: at least 1 in 3 evaluations in a row"
    assert run.result["env_steps"] < small.STEPS
    run = trained(tmp_path / "b", StopWhenSolved(times=1))
    assert run.result["stopped"] is None


def test_a_rule_without_a_threshold_asks_for_one(tmp_path):
    with pytest.raises(qlax.UsageError, match=r"CliffWalking-v1 has no threshold of its own"):
        trained(tmp_path / "run", StopWhenSolved(), env="CliffWalking-v1")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: StopWhenSolved(times=0), "times is 0"),
        (lambda: StopWhenNoBetter(by=-1.0), "by is -1.0, but must be 0 or more"),
        (lambda: StopWhen("return => 200"), "condition is 'return => 200', but must be a metric"),
        (lambda: StopWhen(3), "condition is 3"),
        (lambda: EveryNSteps(0, print), "steps is 0"),
    ],
)
def test_rules_that_make_no_sense_are_refused(make, said):
    with pytest.raises(qlax.UsageError, match=said):
        make()


def test_functions_are_called_at_intervals_and_at_evaluations(tmp_path):
    steps, means = [], []
    every = EveryNSteps(100, lambda report: steps.append(report.env_steps))
    on_evaluation = OnEvaluation(lambda event: means.append((event.is_final, event.env_steps)))
    trained(tmp_path / "run", every, on_evaluation, eval_every=200)
    assert steps == [100, 200, 300, 400]
    assert means == [(False, 200), (False, 400), (True, 400)]


@pytest.mark.parametrize("name", observers.__all__)
def test_observers_say_what_they_are(name):
    assert getattr(observers, name).__doc__


def test_the_command_line_ends_training_early(tmp_path, capsys):
    words = ["train", "CartPole-v1", "--steps", "400", "--eval-episodes", "1", "--quiet"]
    out = str(tmp_path / "run")
    assert exit_code_of([*words, "--out", out, "--stop", "steps>=100"]) == 0
    assert json.loads((tmp_path / "run" / "result.json").read_text())["stopped"] == "steps >= 100"
    assert exit_code_of([*words, "--out", str(tmp_path / "b"), "--stop", "soon"]) == 2
    assert "--stop is 'soon', but must be solved, plateau, or a metric" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
