"""Arguments of environments among the words of a command."""

import json

import gymnasium
import pytest

import qlax
from qlax.cli.env_arguments import arguments
from qlax.cli.main import run
from qlax.errors import UsageError


class Road(gymnasium.Env):
    """Takes what it is told."""

    def __init__(self, config: dict | None = None, name: "str | None" = None, lanes: int = 2):
        pass


class Anything(gymnasium.Env):
    """Takes everything."""

    def __init__(self, **config):
        pass


@pytest.fixture(autouse=True)
def _registered():
    kinds = {"Road-v0": Road, "Anything-v0": Anything}
    for name, kind in kinds.items():
        gymnasium.register(name, kind)
    yield
    for name in kinds:
        del gymnasium.registry[name]


@pytest.mark.parametrize(
    ("env", "words", "right"),
    [
        ("Road-v0", [], {}),
        ("Road-v0", ["--env.lanes", "3"], {"lanes": 3}),
        ("Road-v0", ["--env.lanes=3", "--env.name", "8"], {"lanes": 3, "name": "8"}),
        ("Road-v0", ["--env.name=true"], {"name": "true"}),
        (
            "Road-v0",
            ["--env.config.lanes-count", "3", "--env.config.show.roof", "false"],
            {"config": {"lanes_count": 3, "show": {"roof": False}}},
        ),
        ("Anything-v0", ["--env.a", "1.5", "--env.b", "8x8"], {"a": 1.5, "b": "8x8"}),
        ("Anything-v0", ["--env.a", "none", "--env.b", "[1, 2]"], {"a": None, "b": [1, 2]}),
        ("Anything-v0", ["--env.a", "-1", "--env.b", '{"c": 2}'], {"a": -1, "b": {"c": 2}}),
        ("CartPole-v1", ["--env.sutton-barto-reward", "True"], {"sutton_barto_reward": True}),
        ("FourRooms-misc", ["--env.fail-prob", "0.0"], {"fail_prob": 0.0}),
        ("FrozenLake-misc", ["--env.map-name", "8"], {"map_name": "8"}),
    ],
)
def test_words_have_the_types_they_look_like_or_the_environment_says(env, words, right):
    assert arguments(env, words) == right


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--env.lanes"], "--env.lanes has no value"),
        (["--env.lanes", "--env.name", "a"], "--env.lanes has no value"),
        (["--env.", "a"], "stands alone"),
        (["--env.lanes", "3", "4"], "4 stands alone"),
        (["--env.config", "3", "--env.config.a", "4"], "config has a value already"),
    ],
)
def test_words_that_say_no_argument_are_refused(words, said):
    with pytest.raises(UsageError, match=said):
        arguments("Road-v0", words)


def test_a_run_is_evaluated_and_gone_on_with_in_its_own_game(tmp_path, capsys):
    out = str(tmp_path / "run")
    words = ["--env.is-slippery", "false", "--env.map-name", "4x4"]
    small = ["--steps", "60", "--eval-episodes", "2", "--quiet", "--out", out]
    assert run(["train", "FrozenLake-v1", "--agent", "q_learning", *words, *small]) == 0
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["env_kwargs"] == {"is_slippery": False, "map_name": "4x4"}
    capsys.readouterr()
    assert run(["eval", out, "--episodes", "3", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["returns"]) in ({0.0}, {1.0})
    assert run(["resume", out, "--steps", "80", "--quiet"]) == 0
    assert run(["check", "CartPole-v1", "--env.sutton-barto-reward", "true"]) == 0


def test_a_map_with_other_places_does_not_fit_the_table(tmp_path, capsys):
    out = str(tmp_path / "run")
    small = ["--steps", "60", "--eval-episodes", "0", "--quiet", "--out", out]
    words = ["--agent", "q_learning", "--env.map-name", "8x8"]
    assert run(["train", "FrozenLake-v1", *words, *small]) == 0
    said = (
        "FrozenLake-v1 shows Discrete(16) and has 4 actions, but the policy was trained for "
        "Discrete(64) and 4."
    )
    for more in ([], ["--film", str(tmp_path / "play.gif")]):
        assert run(["eval", out, "--env.map-name", "4x4", *more]) == 2
        assert said in " ".join(capsys.readouterr().err.split())
    assert run(["eval", out, "--episodes", "2", "--env.is-slippery", "false"]) == 0
    with pytest.raises(UsageError, match=r"shows Discrete\(16\) .* which showed Discrete\(64\)"):
        qlax.resume(out, env_kwargs={"map_name": "4x4"}, steps=100)


def test_environments_of_gymnax_alone_take_theirs(tmp_path, capsys):
    out = str(tmp_path / "run")
    words = ["--env.fail-prob", "0.0", "--env.max-steps-in-episode", "20", "--backend", "gymnax"]
    small = ["--steps", "40", "--eval-episodes", "0", "--quiet", "--out", out]
    assert run(["train", "FourRooms-misc", "--agent", "q_learning", *words, *small]) == 0
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["env_kwargs"] == {"fail_prob": 0.0, "max_steps_in_episode": 20}
    assert run(["eval", out, "--episodes", "2", "--env.max-steps-in-episode", "9"]) == 0
    assert run(["eval", out, "--env.max-step-in-episode", "9"]) == 2
    assert "Did you mean max_steps_in_episode?" in capsys.readouterr().err
    assert run(["check", "FourRooms-misc", "--env.max-steps-in-episode", "9"]) == 0
    assert capsys.readouterr().out == "FourRooms-misc: fit to train in (3 episodes, 27 steps)\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "CartPole-v1", "--env.grav", "1"], "CartPole-v1 has no argument 'grav'"),
        (["agents", "--env.a", "1"], "`qlax agents` does not take --env.a, as"),
    ],
)
def test_arguments_that_lead_nowhere_are_refused(words, said, capsys):
    assert run(words) == 2
    assert said in capsys.readouterr().err


def test_a_run_goes_on_in_its_environment_with_other_arguments(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["FrozenLake-v1", "--steps", "40", "--eval-episodes", "0", "--seeds", "2"]
    assert run(["train", *words, "--out", "ice", "--quiet"]) == 0
    longer = ["resume", "ice", "--steps", "80", "--quiet"]
    assert run([*longer, "--env.is-slippery", "false"]) == 0
    config = json.loads((tmp_path / "ice" / "seed-1" / "config.json").read_text())
    assert config["env_kwargs"] == {"is_slippery": False}
    assert run([*longer, "--env.wet", "true"]) == 2
    assert "has no argument 'wet'" in capsys.readouterr().err
