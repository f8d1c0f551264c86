"""`qlax.advise`, `qlax advise`, and `train`'s default where nobody tried settings."""

import json
import tomllib

import pytest

import qlax
from qlax import UsageError, config
from qlax.cli.main import run as command
from qlax.observers import Observer
from qlax.presets.resolve import advised
from qlax.runs import folder
from tests.advising import worlds

QUICK = {"speed": False}


def test_what_it_says_of_an_environment():
    advice = qlax.advise(worlds.Walk, env_kwargs={"length": 1_000}, **QUICK)
    assert advice.agent == "dqn"
    assert not advice.is_tried
    assert advice.memory.need > 0
    assert advice.backend == "gymnasium"
    assert advice.speed is None
    assert advice.random_steps_per_second > 0
    assert advice.command is None
    text = str(advice)
    for words in (
        "why       agent: ",
        "exploration: ",
        "memory ",
        "odd ",
        "qlax.train(env, advice",
    ):
        assert words in text
    assert [odd for odd in advice.oddities if "was 0" in odd]
    with pytest.raises(UsageError, match="has no id"):
        advice.as_toml()


def test_how_fast_it_trains_is_measured():
    advice = qlax.advise("Catch-bsuite")
    assert advice.speed.backend == "jax"
    assert advice.speed.steps_per_second > 0
    assert advice.speed.train_seconds > advice.speed.compile_seconds


def test_what_was_tried_comes_first():
    tried = qlax.advise("MountainCar-v0", **QUICK)
    assert tried.is_tried
    assert tried.preset == qlax.presets.resolve("MountainCar-v0")
    assert tried.command == "qlax train MountainCar-v0"
    untried = qlax.advise("MountainCar-v0", untried=True, **QUICK)
    assert not untried.is_tried
    assert untried.preset == advised("MountainCar-v0")
    assert untried.command.endswith("--untried --toml > my.toml; qlax train --config my.toml")


@pytest.mark.parametrize(
    ("env", "words"),
    [
        (worlds.Recall, "does not show all that matters"),
        (worlds.Picture, "one image at a time"),
        (worlds.Endless, "no time limit"),
        (lambda: worlds.States(states=60_000), "60,000 states"),
        (worlds.Sleeper, "too slow or fails"),
    ],
    ids=["memory", "picture", "endless", "states", "slow"],
)
def test_what_is_odd_is_said(env, words):
    assert words in " ".join(qlax.advise(env, **QUICK).oddities)


def test_what_is_wrong_is_said_and_nothing_to_do_next():
    advice = qlax.advise(worlds.Failing, **QUICK)
    assert "the motor is hot" in advice.problems[0]
    assert "next " not in str(advice)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"env": "NoSuch-v0"}, "NoSuch-v0"),
        ({"env": "CartPole-v1", "agent": "dqm"}, "Did you mean dqn"),
        ({"env": "CartPole-v1", "agent": 3}, "the name of an agent"),
        ({"env": "CartPole-v1", "seed": -1}, "seed"),
        ({"env": "CartPole-v1", "speed": "yes"}, "True or False"),
        ({"env": 7}, "env is 7"),
    ],
)
def test_what_cannot_be_asked(arguments, words):
    with pytest.raises(UsageError, match=words):
        qlax.advise(**arguments)


class Notes(Observer):
    def __init__(self):
        self.texts = []

    def note(self, topic, text):
        self.texts.append(text)


def test_a_run_without_an_agent_takes_the_advice_and_says_so(tmp_path):
    notes = Notes()
    options = {"steps": 1_200, "eval_episodes": 0, "observers": [notes]}
    run = qlax.train("DiscountingChain-bsuite", out=tmp_path / "run", seed=3, **options)
    expected = advised("DiscountingChain-bsuite")
    document = folder.read_json(run.folder / folder.CONFIG)
    assert config.from_json(document["agent"]) == expected.agent
    assert document["advised"] == [reason._asdict() for reason in expected.advised]
    assert [text for text in notes.texts if "`qlax advise DiscountingChain-bsuite`" in text]

    again = qlax.train("DiscountingChain-bsuite", out=tmp_path / "again", seed=3, **options)
    for name in ("metrics.jsonl", folder.CONFIG):
        texts = [(one.folder / name).read_text() for one in (run, again)]
        assert [without_seconds(text) for text in texts[:1]] == [without_seconds(texts[1])]

    resumed = qlax.resume(run.folder, steps=1_400)
    after = folder.read_json(resumed.folder / folder.CONFIG)
    assert (after["agent"], after["advised"]) == (document["agent"], document["advised"])


def without_seconds(text):
    rows = [json.loads(line) for line in text.splitlines()] if text.count("\n{") else text
    if isinstance(rows, str):
        return rows
    return [{name: row[name] for name in row if name != "seconds"} for row in rows]


def test_an_agent_that_is_named_is_not_advised(tmp_path):
    run = qlax.train(
        "DiscountingChain-bsuite", "dqn", steps=20, eval_episodes=0, out=tmp_path / "run"
    )
    document = folder.read_json(run.folder / folder.CONFIG)
    assert document["advised"] == []
    assert config.from_json(document["agent"]) == qlax.presets.dqn()


def printed(words, capsys, code=0):
    assert command(words.split()) == code
    return capsys.readouterr()


def test_the_command(capsys):
    out = printed("advise DeepSea-bsuite --env.size 12 --quick", capsys).out
    assert "agent     bootstrapped_dqn, " in out
    assert out.splitlines()[-1] == "next      qlax train DeepSea-bsuite --env.size 12"


def test_the_command_in_json(capsys):
    document = json.loads(printed("advise Blackjack-v1 --quick --json", capsys).out)
    assert document["ok"]
    assert document["agent_name"] == "q_table"
    assert document["played"]["steps"] == 2_000
    assert {reason["about"] for reason in document["reasons"]} >= {"agent", "steps", "exploration"}


def test_the_command_writes_what_train_reads(capsys, tmp_path):
    text = printed("advise Blackjack-v1 --agent rainbow --toml", capsys).out
    assert tomllib.loads(text)["agent_name"] == "rainbow"
    (tmp_path / "my.toml").write_text(text)
    given = qlax.read_config(tmp_path / "my.toml")
    assert given["agent"].agent == advised("Blackjack-v1", "rainbow").agent


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("advise NoSuch-v0", "NoSuch-v0"),
        ("advise CartPole-v1 --agent dqm", "Did you mean dqn"),
        ("advise CartPole-v1 --toml --json", "give one of them"),
        ("advise Pendulum-v1", "finitely many"),
    ],
)
def test_the_command_refuses(words, said, capsys):
    assert said in " ".join(printed(words, capsys, 2).err.split())
