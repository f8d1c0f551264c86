"""`--json`: one document on the standard output, and nothing else there."""

import json
import re
import sys
from pathlib import Path

import pytest

from qlax import cli
from qlax.cli.main import run as exit_code_of
from qlax.runs import folder

SMALL = ["--steps", "200", "--agent.learning-starts", "50", "--eval-episodes", "2"]

TALKING = """
import os
import gymnasium, numpy as np
class Talking(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        print("hello from Python")
        return np.zeros(2, np.float32), {}
    def step(self, action):
        self.steps += 1
        os.write(1, b"hello from C")
        return np.zeros(2, np.float32), 1.0, self.steps == 5, False, {}
gymnasium.register("Talking-v0", Talking)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with two seeds of a small run, as `--json` told of them."""
    path = tmp_path_factory.mktemp("json")
    (path / "talking.py").write_text(TALKING)
    return path


@pytest.fixture(autouse=True)
def _there(place, monkeypatch):
    monkeypatch.chdir(place)
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture
def told(capfd):
    """Return what a command prints as JSON, having checked that it printed nothing else."""

    def of(*words, code=0):
        assert exit_code_of([*words, "--json"]) == code
        out, err = capfd.readouterr()
        document = json.loads(out)
        return document, err

    return of


def test_training_prints_its_result_and_where_it_is(told, place):
    document, err = told("train", "CartPole-v1", *SMALL, "--seeds", "2", "--out", "both")
    assert document["folder"] == "both"
    assert document["seeds"] == [0, 1]
    whole = folder.read_json(place / "both" / "result.json")
    assert document | whole == document
    for seed, run in enumerate(document["runs"]):
        assert run.pop("folder") == f"both/seed-{seed}"
        assert run == folder.read_json(place / "both" / f"seed-{seed}" / "result.json")
    assert err == ""
    resumed, _ = told("resume", "both", "--steps", "240")
    assert [run["env_steps"] for run in resumed["runs"]] == [240, 240]
    listed, _ = told("runs", ".")
    (entry,) = listed["runs"]
    assert (entry["folder"], entry["seeds"], entry["status"]) == ("both", [0, 1], "finished")
    assert entry["mean"] == pytest.approx(resumed["eval"]["mean"])
    assert entry["standard_error"] == pytest.approx(resumed["eval"]["standard_error"])
    evaluated, _ = told("eval", "both/seed-1", "--episodes", "3")
    assert evaluated["folder"] == "both/seed-1"
    assert len(evaluated["returns"]) == 3


def test_what_an_environment_prints_goes_to_the_standard_error(told):
    document, err = told("train", "talking:Talking-v0", *SMALL, "--out", "talking-run")
    assert document["env"] == "Talking-v0"
    assert "hello from Python" in err
    assert "hello from C" in err
    evaluated, err = told("eval", "talking-run", "--episodes", "2")
    assert evaluated["mean"] == 5.0
    assert "hello from C" in err
    explained, err = told("explain", "talking-run", "--episodes", "1")
    assert explained["folder"]
    assert "hello from C" in err
    checked, _ = told("check", "talking:Talking-v0")
    assert checked["ok"] is (checked["problems"] == [])


def test_lists_hold_what_the_tables_show(told):
    agents, _ = told("agents")
    names = [agent["name"] for agent in agents["agents"]]
    assert {"dqn", "rainbow", "q_table"} <= set(names)
    assert all(agent["summary"] and agent["reference"] for agent in agents["agents"])
    envs, _ = told("envs")
    ids = [name for world in envs["installed"] for name in world["ids"]]
    assert "CartPole-v1" in ids
    found, _ = told("envs", "mountaincar")
    expected = {"environment": "MountainCar-v0", "runs_on": "jax", "threshold": -110.0}
    assert expected in found["environments"]


def test_problems_of_an_environment_are_in_the_document_and_in_the_exit_code(told, place):
    wrong = TALKING.replace("Talking-v0", "Wrong-v0").replace("np.zeros(2", "np.full(2, 3.0")
    (place / "wrong.py").write_text(wrong)
    document, err = told("check", "wrong:Wrong-v0", code=2)
    assert document["ok"] is False
    assert document["problems"]
    assert "not fit to train in" in " ".join(err.split())


def test_an_error_leaves_the_standard_output_empty(capfd):
    assert exit_code_of(["train", "MountianCar-v0", "--json"]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert "Did you mean MountainCar-v0" in err


PRESSING = TALKING.replace("Talking", "Pressing").replace(
    "self.steps += 1", "self.steps += 1; Pressing.all = getattr(Pressing, 'all', 0) + 1"
)


def test_ctrl_c_says_where_the_run_was_saved(told, place):
    signal = "import signal; Pressing.all == 120 and signal.raise_signal(signal.SIGINT)\n        "
    text = PRESSING.replace("os.write(1", signal + "os.write(1")
    (place / "pressing.py").write_text(text)
    words = ["train", "pressing:Pressing-v0", *SMALL, "--agent", "dqn", "--out", "stopped"]
    document, err = told(*words, code=130)
    assert document == {"folder": "stopped", "interrupted": True}
    assert "Go on with: qlax resume stopped" in " ".join(err.split())
    listed, _ = told("runs", "stopped")
    assert listed["runs"][0]["status"] == "unfinished"


def test_every_document_goes_where_the_standard_output_is_kept():
    sources = [path.read_text() for path in Path(cli.__file__).parent.rglob("*.py")]
    assert not [text for text in sources if re.search(r"print\(\s*json\.dumps", text)]
