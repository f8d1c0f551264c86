"""What to train, as a file to edit."""

import json
import math
import tomllib

import pytest

import qlax
from qlax import UsageError, explorers, presets
from qlax.cli.main import run as exit_code_of
from qlax.configuration import Configuration, read_configuration
from tests.runs.small import AGENT, assert_same_policy


def written(tmp_path, configuration, name="my.toml"):
    path = tmp_path / name
    path.write_text(configuration.as_toml())
    return path


@pytest.mark.parametrize("name", presets.AGENTS)
def test_every_named_agent_comes_back_from_its_file(name, tmp_path):
    there = Configuration(env="CartPole-v1", agent_name=name, agent=presets.AGENTS[name](), steps=9)
    assert read_configuration(written(tmp_path, there)) == there


def test_arguments_infinity_and_nothing_come_back_too(tmp_path):
    there = Configuration(
        env="A/B-v1",
        env_kwargs={"size": (3, 4), "config": {"lanes": 3, "far": math.inf}, "name": "x"},
        agent=AGENT.replace(optimizer=qlax.optimizers.Adam(max_grad_norm=None)),
        steps=100,
        eval_every=20,
    )
    path = written(tmp_path, there)
    assert read_configuration(path) == there
    assert tomllib.loads(path.read_text())["agent"]["optimizer"]["max_grad_norm"] == "none"


def test_a_file_trains_what_it_was_made_of_and_options_come_before_it(tmp_path, capsys):
    words = ["CartPole-v1", "--agent.replay.capacity", "500", "--steps", "300", "--seed", "3"]
    assert exit_code_of(["config", *words]) == 0
    (tmp_path / "my.toml").write_text(capsys.readouterr().out)
    options = ["--eval-episodes", "0", "--quiet", "--out"]
    assert exit_code_of(["train", *words, *options, str(tmp_path / "a")]) == 0
    train = ["train", "--config", str(tmp_path / "my.toml")]
    assert exit_code_of([*train, *options, str(tmp_path / "b")]) == 0
    assert_same_policy(tmp_path / "a", tmp_path / "b")
    more = ["--seed", "4", "--agent.replay.capacity", "600", "--steps", "200"]
    assert exit_code_of([*train, *more, *options, str(tmp_path / "c")]) == 0
    document = json.loads((tmp_path / "c" / "config.json").read_text())
    assert (document["seed"], document["steps"], document["agent_name"]) == (4, 200, "dqn")
    assert document["agent"]["replay"]["capacity"] == 600


def test_the_configuration_of_a_run_trains_it_again(tmp_path):
    run = qlax.train(
        "FrozenLake-v1",
        AGENT.replace(num_envs=2),
        env_kwargs={"is_slippery": False},
        steps=200,
        seed=5,
        eval_every=50,
        eval_episodes=2,
        checkpoint_every=100,
        out=tmp_path / "a",
    )
    arguments = qlax.read_config(run.folder)
    assert arguments["env_kwargs"] == {"is_slippery": False}
    assert (arguments["eval_every"], arguments["checkpoint_every"]) == (50, 100)
    again = qlax.train(**arguments, out=tmp_path / "b")
    assert_same_policy(run.folder, again.folder)
    assert again.result["best"] == run.result["best"]
    assert qlax.read_config(run.folder / "config.json") == arguments


def test_the_file_says_what_its_fields_are(capsys):
    assert exit_code_of(["config", "MountainCar-v0"]) == 0
    said = capsys.readouterr().out
    assert "capacity = 20000 # Steps remembered, of all environments together" in said
    assert exit_code_of(["config", "MountainCar-v0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["agent"]["discount"] == 0.985


WHOLE = Configuration(env="CartPole-v1", agent=AGENT, steps=100).as_toml()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WHOLE.replace("steps = 100", "stepps = 100"), "'stepps', which is no setting. Did you"),
        (WHOLE.replace('env = "CartPole-v1"', ""), "lacks 'env'"),
        (WHOLE.replace("steps = 100", "steps = -1"), "steps -1, but it must be a whole number"),
        (WHOLE.replace("steps = 100", "steps = true"), "steps True"),
        (WHOLE.replace("discount = 0.99", "discount = 1.5"), "discount"),
        (WHOLE.replace("replay.Uniform", "os.system"), "'os.system', which is no part of qlax"),
        (WHOLE.replace("capacity = 200", "capacitty = 200"), "'capacitty', which it does not have"),
        (WHOLE + "\n[x", "is no TOML"),
        ("a = " + "[" * 5_000, "is no TOML"),
        (WHOLE.replace("seed = 0", f"seed = {10**30}"), "digits"),
    ],
)
def test_a_file_that_cannot_be_right_is_refused(text, said, tmp_path):
    path = tmp_path / "my.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as refused:
        qlax.read_config(path)
    assert said in str(refused.value)


@pytest.mark.parametrize("name", ["missing.toml", "my.yaml", "missing"])
def test_a_file_that_is_none_is_refused(name, tmp_path):
    with pytest.raises(UsageError, match=name.replace(".", r"\.")):
        qlax.read_config(tmp_path / name)


def test_runs_that_no_file_can_make_are_refused(tmp_path):
    run = qlax.train(
        lambda: qlax.envs.__name__ and __import__("gymnasium").make("CartPole-v1").unwrapped,
        AGENT.replace(time_limit=10, explorer=explorers.Greedy()),
        steps=20,
        eval_episodes=0,
        out=tmp_path / "own",
    )
    with pytest.raises(UsageError, match="an environment of your own"):
        qlax.read_config(run.folder)
    qlax.train_seeds(
        "CartPole-v1", AGENT, seeds=[0, 1], steps=20, eval_episodes=0, out=tmp_path / "seeds"
    )
    with pytest.raises(UsageError, match="several seeds: give that of one of them"):
        qlax.read_config(tmp_path / "seeds")
