"""The zoo: what ships, how large it is, and that it plays as well as it is said to."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import qlax
from qlax import UsageError, zoo
from qlax.cli.main import run as exit_code_of
from qlax.runs.compact import NUMBERS
from qlax.runs.saved import read_run

TOLD = json.loads(Path("benchmarks/results/zoo.json").read_text())["policies"]
CLASSICS = {"Acrobot-v1", "CartPole-v1", "LunarLander-v3", "MountainCar-v0"}
TOY_TEXT = {"Blackjack-v1", "CliffWalking-v1", "FrozenLake-v1", "FrozenLake8x8-v1", "Taxi-v4"}
GAMES = ("Asterix", "Breakout", "Freeway", "Seaquest", "SpaceInvaders")


def test_what_ships_is_what_was_measured():
    assert set(zoo.names()) == CLASSICS | TOY_TEXT | {f"MinAtar/{game}-v1" for game in GAMES}
    assert sorted(one["env"] for one in TOLD) == zoo.names()
    for one in TOLD:
        run = read_run(zoo.folder_of(one["env"]))
        assert (run.env, run.agent, run.seed) == (one["env"], one["agent"], 0)
        assert run.evaluation["mean"] == one["mean"]
        assert run.evaluation["episodes"] == 100


def test_a_policy_takes_a_hundred_kilobytes_at_most_and_all_three_megabytes():
    sizes = [zoo.size_of(name) for name in zoo.names()]
    assert max(sizes) <= 100_000
    assert sum(sizes) <= 3_000_000


def test_policies_hold_data_alone():
    kinds = {path.name for path in zoo.POLICIES.rglob("*") if path.is_file()}
    assert kinds == {"config.json", "result.json", "policy.json", "params.npz"}


@pytest.mark.parametrize("name", zoo.names())
def test_every_policy_can_be_loaded(name):
    policy = qlax.load(f"zoo:{name}")
    assert policy.environment_id == name
    assert qlax.load(Path(f"zoo:{name}")).agent == policy.agent


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", zoo.names())
def test_every_policy_plays_as_well_as_it_is_said_to(name):
    told = read_run(zoo.folder_of(name)).evaluation
    found = qlax.evaluate(qlax.load(f"zoo:{name}"), episodes=100)
    error = told["std"] / np.sqrt(told["episodes"])
    assert found.mean == pytest.approx(told["mean"], abs=4 * error + 1e-6)


def test_the_pole_is_balanced_and_the_cliff_is_passed():
    assert qlax.evaluate(qlax.load("zoo:CartPole-v1"), episodes=3).min == 500.0
    assert qlax.evaluate(qlax.load("zoo:CliffWalking-v1"), episodes=1).mean == -13.0


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("zoo:Breakout", r"no policy 'Breakout'\. Did you mean MinAtar/Breakout-v1\?"),
        ("zoo:mountaincar-v0", r"Did you mean MountainCar-v0\?"),
        ("zoo:MountianCar-v0", r"Did you mean MountainCar-v0\?"),
        ("zoo:Go-v5", r"`qlax zoo` lists"),
        ("zoo:", r"no policy ''\. `qlax zoo` lists"),
        ("zoo:../zoo", r"no policy '\.\./zoo'"),
        ("zoo:MinAtar", r"Did you mean MinAtar/"),
    ],
)
def test_what_is_not_in_the_zoo_is_refused(address, said, capsys):
    with pytest.raises(UsageError, match=said):
        qlax.load(address)
    assert exit_code_of(["watch", address]) == 2
    assert "The zoo has no policy" in capsys.readouterr().err


def test_the_list_says_what_there_is(capsys):
    assert exit_code_of(["zoo", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["policies"]
    assert [one["address"] for one in listed] == [f"zoo:{name}" for name in zoo.names()]
    assert exit_code_of(["zoo"]) == 0
    out = capsys.readouterr().out
    assert "zoo:CartPole-v1" in out
    assert "500.0 ± 0.0" in out


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """An empty folder to be in; the package stays as it is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = sorted(zoo.POLICIES.rglob("*"))
    yield tmp_path
    assert sorted(zoo.POLICIES.rglob("*")) == before


def test_commands_take_policies_of_the_zoo_and_write_beside_one(elsewhere, capsys):
    assert exit_code_of(["eval", "zoo:FrozenLake-v1", "--episodes", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["env"] == "FrozenLake-v1"
    words = ["film", "zoo:MountainCar-v0", "--seconds", "0.2", "--no-panel", "--width", "80"]
    assert exit_code_of(words) == 0
    film = elsewhere / "zoo" / "MountainCar-v0" / "film.mp4"
    assert film.read_bytes()[4:8] == b"ftyp"
    assert exit_code_of(["export", "zoo:MountainCar-v0", "--to", "onnx"]) == 0
    assert [path.suffix for path in film.parent.iterdir() if path != film] == [".onnx"]
    assert exit_code_of(["resume", "zoo:MountainCar-v0"]) == 2
    assert exit_code_of(["film", "zoo:MountainCar-v0", "--best"]) == 2


@pytest.mark.exhaustive
def test_a_policy_of_the_zoo_is_explained(elsewhere):
    explanation = qlax.explain("zoo:FrozenLake-v1", episodes=2)
    assert explanation.folder == Path("zoo/FrozenLake-v1/explanation")
    assert (explanation.folder / "explanation.json").is_file()
    assert len(explanation.pictures) > 1


def params_of(policy):
    from jax import tree

    return [np.asarray(leaf) for leaf in tree.leaves(policy.params.network)]


@pytest.mark.parametrize("numbers", NUMBERS)
def test_compact_numbers_are_near_the_exact_ones(numbers, tmp_path):
    exact = qlax.load("zoo:MountainCar-v0")
    exact._write(tmp_path / numbers, numbers)
    compact = qlax.load(tmp_path / numbers)
    for one, other in zip(params_of(exact), params_of(compact), strict=True):
        assert one.dtype == other.dtype
        step = {"float32": 0.0, "float16": 2**-11, "int8": 1 / 62 if one.ndim > 1 else 0.0}[numbers]
        largest = np.abs(one).max(tuple(range(one.ndim - 1)), keepdims=True)
        assert (np.abs(one - other) <= step * np.maximum(largest, 1e-4) * 1.001).all()
    compact.save(tmp_path / "plain")  # a policy that is saved again is exact as it is
    again = qlax.load(tmp_path / "plain")
    for one, other in zip(params_of(compact), params_of(again), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ("int4", r"keeps its numbers as 'int4', but this version reads float32, float16, int8"),
        (["int8"], r"keeps its numbers as \['int8'\]"),
        ("float32", r"as float16.*it is another agent's"),
        ("int8", "it is another agent's"),
    ],
)
def test_numbers_that_are_not_those_in_the_file_are_refused(numbers, said, tmp_path):
    qlax.load("zoo:MountainCar-v0")._write(tmp_path / "policy", "float16")
    path = tmp_path / "policy" / "policy.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "numbers": numbers}))
    with pytest.raises(UsageError, match=said):
        qlax.load(tmp_path)
