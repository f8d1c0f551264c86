"""Arguments made plain, or refused at the door."""

import inspect
import traceback
from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import pytest

import qlax
from qlax.arguments import path_of, whole_number, whole_numbers


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), np.array(3), jnp.int32(3), 3.0])
def test_whole_numbers_become_pythons(value):
    assert type(whole_number("steps", value)) is int
    assert whole_number("steps", value) == 3


@pytest.mark.parametrize(
    "value", [None, "3", 3.5, True, np.bool_(True), np.nan, np.inf, -1, np.array([3]), 3j, [3]]
)
def test_anything_else_is_refused(value):
    with pytest.raises(qlax.UsageError, match=r"steps is .*a whole number, at least 0"):
        whole_number("steps", value)


def test_several_and_paths():
    assert whole_numbers("seeds", np.arange(2)) == [0, 1]
    assert path_of("out", "~/x") == Path.home() / "x"
    with pytest.raises(qlax.UsageError, match="out is 3"):
        path_of("out", 3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": None},
        {"seed": True},
        {"steps": "400"},
        {"steps": 1000.5},
        {"eval_episodes": "2"},
        {"checkpoint_every": 0.5},
    ],
)
def test_training_refuses_before_it_makes_a_folder(wrong, tmp_path):
    with pytest.raises(qlax.UsageError, match=next(iter(wrong))):
        qlax.train("CartPole-v1", **{"steps": 40, **wrong}, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_mistake_is_told_in_the_frame_that_made_it():
    with pytest.raises(qlax.UsageError) as refused:
        qlax.train("MountianCar-v0")
    told = traceback.format_exception(refused.value)
    assert len(refused.traceback) == 2  # this one, and that of the door
    assert "During handling" not in "".join(told)
    assert "direct cause" not in "".join(told)
    assert "There is no environment 'MountianCar-v0'. Did you mean MountainCar-v0" in told[-1]


def test_what_the_users_own_code_raised_stays_to_be_seen():
    def broken():
        raise RuntimeError("no display")

    with pytest.raises(qlax.UsageError, match="no display") as refused:
        qlax.train(broken)
    assert "in broken" in "".join(traceback.format_exception(refused.value))


ID = "CartPole-v1"
NUMBERS_OF_STEPS = ["400", 1000.5, True, np.nan, np.inf, -1, 0, [3], np.array([3]), 3j, {}]
SEEDS = ["0", 1.5, True, None, np.nan, -1, [0]]
COUNTS = ["2", 0.5, True, np.nan, -1, [1]]
SECONDS = ["5", 0, -1.0, True, np.nan, np.inf, [1.0]]
FLAGS = ["yes", 2, [True]]
PATHS = [3, ["a"], True, b"a"]
AGENTS = [3, qlax.presets.dqn, qlax.Agent, ["dqn"], "dqnn", True]
OBSERVERS = [qlax.observers.Progress(), [3], [qlax.observers.Progress], "progress", 3]
SEVERAL_SEEDS = [3, "01", [], [0, 0], [0, "1"], [0.5], None, [-1], np.int64(3)]
NEW_RUN = {
    "agent": AGENTS,
    "steps": NUMBERS_OF_STEPS,
    "out": PATHS,
    "backend": [3, "torch", None, ["auto"]],
    "eval_episodes": COUNTS,
    "eval_every": COUNTS,
    "checkpoint_every": [*COUNTS, 0],
    "progress": FLAGS,
    "env_kwargs": [3, [1], {3: 4}, "render_mode"],
    "step_timeout": SECONDS,
    "observers": OBSERVERS,
    "start_from": [3, ["a"], True, "nowhere"],
    "start_without": [3, "nothing"],
    "metrics": ["return", 3, [3]],
}


class Trained(NamedTuple):
    policy: qlax.Policy
    folder: Path


@pytest.fixture(scope="module", name="trained")
def _trained(tmp_path_factory):
    agent = qlax.presets.dqn().replace(
        learning_starts=20, network=qlax.networks.MLP(hidden=(4,)), time_limit=None
    )
    out = tmp_path_factory.mktemp("arguments") / "run"
    run = qlax.train(ID, agent, steps=40, eval_episodes=0, out=out)
    return Trained(run.policy, run.folder)


PUBLIC = {
    "train": ({"env": ID}, NEW_RUN | {"seed": SEEDS, "env": [3, None, [ID], b"CartPole-v1"]}),
    "train_seeds": ({"env": ID, "seeds": [0, 1]}, NEW_RUN | {"seeds": SEVERAL_SEEDS}),
    "sweep": (
        {"env": ID, "steps": 40},
        {
            "agent": AGENTS,
            "steps": NUMBERS_OF_STEPS,
            "seeds": SEVERAL_SEEDS,
            "eval_episodes": COUNTS,
            "learning_rates": [0.1, "0.1", [0.0], [np.nan], ["a"], [True], None],
            "discounts": [0.9, [1.5], [-0.1], [np.inf], [None], "0.9"],
        },
    ),
    "resume": (
        {"path": "RUN"},
        {
            "path": [*PATHS, "nowhere"],
            "steps": [*NUMBERS_OF_STEPS, 39],
            "agent": AGENTS,
            "env": [3, [ID]],
            "step_timeout": SECONDS,
            "observers": OBSERVERS,
            "logs": [None, *FLAGS],
            "progress": FLAGS,
        },
    ),
    "load": ({"path": "RUN"}, {"path": [*PATHS, "nowhere"], "agent": AGENTS}),
    "evaluate": (
        {"policy": "POLICY"},
        {
            "policy": ["run", None, 3],
            "episodes": [*COUNTS, 0],
            "seed": SEEDS,
            "env": [3, [ID]],
            "step_timeout": SECONDS,
        },
    ),
    "film": (
        {"policy": "POLICY", "path": "play.gif"},
        {
            "policy": ["run", None, 3],
            "path": [*PATHS, "play.mov", "play"],
            "seed": SEEDS,
            "env": [3, [ID], "Nowhere-v0"],
            "seconds": ["2", 0.0, -1.0, np.nan, True, None],
            "fps": [*COUNTS, 0, 51],
            "every": [*COUNTS, 0],
            "width": [*COUNTS, 0],
            "episodes": [*COUNTS, 0],
            "panel": [None, *FLAGS],
        },
    ),
    "explain": (
        {"run": "RUN", "out": "pictures"},
        {
            "run": [3, None, "nowhere"],
            "out": PATHS,
            "env": [3, [ID]],
            "episodes": [*COUNTS, 0],
            "seed": SEEDS,
            "best": [None, *FLAGS],
        },
    ),
    "plot": (
        {"runs": "RUN", "path": "curves.png"},
        {
            "runs": [3, None, [], "nowhere"],
            "path": [3, ["a"], True, "curves.txt"],
            "x": ["days", 3, None],
            "y": ["nothing", 3],
            "middle": ["middle", None],
            "band": ["all", None],
            "env": [3, [ID]],
            "columns": [3, "steps"],
        },
    ),
    "compare": (
        {"runs": "RUN"},
        {
            "runs": [3, None, [], "nowhere"],
            "at": ["4", 0.5, -1, 0],
            "env": [3, [ID]],
            "columns": [3, "steps"],
            "seed": SEEDS,
        },
    ),
    "report": (
        {"runs": "RUN"},
        {
            "runs": [3, None, [], "nowhere"],
            "path": [3, ["a"], True, "report.txt"],
            "film": [None, *FLAGS],
            "values": [None, *FLAGS],
            "env": [3, [ID]],
            "columns": [3, "steps"],
        },
    ),
    "read_config": ({}, {"path": [3, ["a"], True, "nowhere", "nowhere.toml"]}),
    "check": (
        {"env": ID},
        {"env": [3, None], "episodes": [*COUNTS, 0], "seed": SEEDS, "steps": NUMBERS_OF_STEPS},
    ),
}
WRONG = [
    (function, name, value)
    for function, (_, arguments) in PUBLIC.items()
    for name, values in arguments.items()
    for value in values
]


def called(function, arguments, trained):
    places = {"POLICY": trained.policy, "RUN": trained.folder}
    found = qlax
    for name in function.split("."):
        found = getattr(found, name)
    return found(
        **{
            name: places.get(value, value) if isinstance(value, str) else value
            for name, value in arguments.items()
        }
    )


@pytest.mark.parametrize(("function", "name", "value"), WRONG)
def test_every_argument_is_refused_by_name_before_anything_is_written(
    function, name, value, trained, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(qlax.UsageError) as refused:
        called(function, PUBLIC[function][0] | {name: value}, trained)
    said = str(refused.value)
    assert name in said or name.rstrip("s") in said or f"{value}" in said
    assert list(tmp_path.iterdir()) == []
    assert len(refused.traceback) == 3  # this test, `called`, and the door


def test_every_argument_is_tried():
    for function, (given, arguments) in PUBLIC.items():
        found = qlax
        for name in function.split("."):
            found = getattr(found, name)
        named = set(inspect.signature(found).parameters) - {"timing", "env_kwargs"}
        assert named <= set(given) | set(arguments), function


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("train", {"env": ID, "steps": np.int64(40), "seed": np.array(1), "eval_episodes": 0.0}),
        ("sweep", {"env": ID, "steps": 40.0, "seeds": np.arange(1), "eval_episodes": np.int8(0),
                   "learning_rates": np.array([1e-3]), "discounts": jnp.array([0.9])}),
        ("resume", {"path": "RUN", "steps": np.int32(40)}),
        ("evaluate", {"policy": "POLICY", "episodes": np.int64(1), "seed": jnp.int32(3)}),
        ("film", {"policy": "POLICY", "path": "a.gif", "seconds": np.float32(0.2), "fps": 10.0}),
        ("check", {"env": ID, "episodes": np.int64(1), "seed": 1.0, "steps": 9}),
    ],
)  # fmt: skip
def test_numbers_of_numpy_and_jax_are_numbers(function, arguments, trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    called(function, arguments, trained)
