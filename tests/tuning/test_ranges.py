"""Ranges: read from text, drawn, written as JSON and read again."""

import optuna
import pytest

from qlax import UsageError, bootstraps
from qlax.tuning.ranges import Choice, Int, Log, LogInt, Uniform, from_json, range_of, to_json

SAID = {
    "log(1e-4,1e-2)": Log(1e-4, 1e-2),
    "log( 0.0001 , 0.01 )": Log(1e-4, 1e-2),
    "uniform(0.9, 0.999)": Uniform(0.9, 0.999),
    "int(1,10)": Int(1, 10),
    "int(1,1e3)": Int(1, 1000),
    "logint(100, 10000)": LogInt(100, 10_000),
    "choice(32,64,128)": Choice((32, 64, 128)),
    "choice((64,64),(128,128))": Choice(((64, 64), (128, 128))),
    "choice(huber,squared)": Choice(("huber", "squared")),
    "choice(none,10.0)": Choice((None, 10.0)),
}


@pytest.mark.parametrize("text", SAID)
def test_text_says_a_range(text):
    assert range_of("agent.x", text) == SAID[text]


@pytest.mark.parametrize("found", [*SAID.values(), Choice((bootstraps.Double(), None))])
def test_json_says_it_again(found):
    assert from_json(to_json(found), "study.json") == found


def test_a_list_is_a_choice():
    assert range_of("agent.x", [1, 3]) == Choice((1, 3))
    assert range_of("agent.x", Log(1.0, 2.0)) == Log(1.0, 2.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1e-4", "a range is log"),
        ("log 1e-4 1e-2", "a range is log"),
        ("lag(1,2)", "Did you mean log"),
        ("log(1e-4)", "takes two numbers"),
        ("uniform(a,b)", "takes two numbers"),
        ("log(0,1)", "more than 0"),
        ("uniform(1,1)", "less than high"),
        ("uniform(2,1)", "less than high"),
        ("uniform(0,1e999)", "a finite number"),
        ("int(1.5,3)", "a whole number"),
        ("choice(1)", "two values or more"),
        ("choice(1,1)", "all different"),
        (3, "a range is log"),
    ],
)
def test_what_says_none_is_refused(text, words):
    with pytest.raises(UsageError, match=words):
        range_of("agent.x", text)


@pytest.mark.parametrize("found", SAID.values())
def test_what_is_drawn_lies_inside_and_can_be_drawn_again(found):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(20):
        trial = study.ask()
        value = found.draw(trial, "x")
        assert found.parameter_of(value) is not None
        assert found.draw(optuna.trial.FixedTrial(trial.params), "x") == value


def test_numbers_have_few_digits():
    trial = optuna.trial.FixedTrial({"x": 0.000123456789})
    assert Log(1e-5, 1e-2).draw(trial, "x") == 0.0001235
    assert LogInt(1, 10**6).draw(optuna.trial.FixedTrial({"x": 12_345}), "x") == 12_000


def test_a_range_holds_what_is_inside():
    assert Uniform(0.0, 1.0).parameter_of(0.5) == 0.5
    assert Uniform(0.0, 1.0).parameter_of(1.5) is None
    assert Uniform(0.0, 1.0).parameter_of("a") is None
    assert Int(1, 3).parameter_of(2.0) is None
    assert Choice((1, 3)).parameter_of(3) == "3"
    assert Choice((1, 3)).parameter_of(2) is None
