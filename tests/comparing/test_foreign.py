"""Logs that other libraries really wrote; `logs_of_others.py` made them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from qlax.comparing.foreign import Columns, logs_in
from qlax.comparing.foreign.core import NotALog
from qlax.comparing.foreign.events import scalars
from qlax.comparing.foreign.names import names_in

OTHERS = Path(__file__).parent / "data" / "others"
CLEANRL = OTHERS / "CartPole-v1__dqn__3__1700000000"


def only(path, **options):
    (trace,), unreadable = logs_in(path, **options)
    assert unreadable == []
    return trace


def test_a_run_of_stable_baselines3_has_its_evaluations_and_training_episodes():
    first, second = logs_in(OTHERS / "sb3")[0]
    assert (first.env, first.agent, first.seed, second.seed) == ("CartPole-v1", "dqn (SB3)", 1, 2)
    steps, returns = first.line("eval_return", "steps")
    np.testing.assert_array_equal(steps, [400, 800, 1200, 1600, 2000])
    with np.load(first.folder / "evaluations.npz") as arrays:
        np.testing.assert_allclose(returns, arrays["results"].mean(axis=1))
    steps, returns = first.line("episode_return", "steps")
    episodes = (first.folder / "monitor.csv").read_text().splitlines()[2:]
    assert len(returns) == len(episodes)
    assert returns[0] == float(episodes[0].split(",")[0])
    assert steps[-1] == sum(int(row.split(",")[1]) for row in episodes)
    assert len(first.line("loss", "steps")[0]) > 0
    assert len(first.line("episode_return", "seconds")[0]) > 0


def test_monitor_files_of_several_workers_are_one_run():
    trace = only(OTHERS / "workers")
    assert trace.env == "CartPole-v1"
    steps, _ = trace.line("episode_return", "steps")
    files = sorted((OTHERS / "workers").glob("*.csv"))
    lengths = [
        int(row.split(",")[1]) for file in files for row in file.read_text().splitlines()[2:]
    ]
    assert len(files) == 4
    assert len(steps) == len(lengths)
    assert steps[-1] == sum(lengths)


def test_event_files_of_cleanrl_are_read_without_tensorboard():
    trace = only(CLEANRL)
    assert (trace.env, trace.agent, trace.seed) == ("CartPole-v1", "dqn", 3)
    steps, returns = trace.line("episode_return", "steps")
    np.testing.assert_array_equal(steps, 25 * np.arange(1, 41))
    np.testing.assert_array_equal(returns, 10 + np.arange(40))
    assert len(trace.line("loss", "steps")[0]) == 10


def test_event_files_with_other_names_and_with_tensors_are_read():
    trace = only(OTHERS / "tianshou", env="CartPole-v1")
    np.testing.assert_array_equal(trace.line("eval_return", "steps")[1], 20.0 * np.arange(10))
    np.testing.assert_array_equal(trace.line("episode_return", "steps")[1], 15.0 * np.arange(10))
    trace = only(OTHERS / "new_style", env="CartPole-v1")
    np.testing.assert_array_equal(trace.line("episode_return", "steps")[1], np.arange(5.0))


def test_a_tag_or_column_of_any_name_can_be_asked_for():
    trace = only(CLEANRL, columns=Columns(returns="charts/episodic_length"))
    assert trace.line("eval_return", "steps")[1][0] == 10
    _, (wrong,) = logs_in(CLEANRL, columns=Columns(returns="charts/nothing"))
    assert "has no 'charts/nothing': there is charts/episodic_return" in wrong.why


def test_event_files_cut_off_anywhere_give_what_was_whole(tmp_path):
    (whole,) = CLEANRL.iterdir()
    data = whole.read_bytes()
    cut = tmp_path / whole.name
    full = len(list(scalars(whole)))
    numbers = []
    for size in range(120, len(data), 97):
        cut.write_bytes(data[:size])
        numbers.append(len(list(scalars(cut))))
    assert numbers == sorted(numbers)
    assert numbers[-1] < full == 100


@pytest.mark.parametrize(
    "text", [b"no events at all, but text", b"\xff" * 200, b"\x02" + b"\0" * 40]
)
def test_what_only_looks_like_an_event_file_is_named(tmp_path, text):
    file = tmp_path / "events.out.tfevents.1.x"
    file.write_bytes(text)
    with pytest.raises(NotALog):
        list(scalars(file))
    found, (wrong,) = logs_in(tmp_path, env="CartPole-v1")
    assert found == []
    assert str(file) in wrong.why


def test_one_damaged_run_keeps_no_other_from_being_read(tmp_path):
    shutil.copytree(OTHERS / "sb3", tmp_path / "sb3")
    broken = tmp_path / "sb3" / "dqn" / "CartPole-v1_1"
    (broken / "evaluations.npz").write_bytes(b"PK\x03\x04 no archive")
    (found,), (wrong,) = logs_in(tmp_path)
    assert found.seed == 2
    assert "CartPole-v1_1" in wrong.why


def test_arrays_of_objects_are_not_unpickled(tmp_path):
    results = np.empty(2, object)
    np.savez(tmp_path / "evaluations.npz", timesteps=np.arange(2), results=results)
    found, (wrong,) = logs_in(tmp_path, env="X-v0")
    assert found == []
    assert "without running code" in wrong.why


@pytest.mark.parametrize("text", ["", "r,l,t\n1,2,3\n", "#{}\nr,l,t\n", '#{"t_start": 1}\na,b\n'])
def test_what_is_no_monitor_file_is_named(tmp_path, text):
    (tmp_path / "monitor.csv").write_text(text)
    found, (wrong,) = logs_in(tmp_path, env="X-v0")
    assert found == []
    assert "is left out" in wrong.why


def test_the_line_that_a_crash_cut_off_is_left_out(tmp_path):
    text = '#{"t_start": 1.0, "env_id": "X-v0"}\nr,l,t\n1.0,5,0.1\n2.0,6,0.2\n3.0,'
    (tmp_path / "monitor.csv").write_text(text)
    steps, returns = only(tmp_path).line("episode_return", "steps")
    assert (steps.tolist(), returns.tolist()) == ([5, 11], [1, 2])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dqn_seed4.csv", "global_step,episodic_return\n10,1\n20,2\n"),
        ("dqn_seed4.csv", "Wall time,Step,Value\n1.7e9,10,1\n1.7e9,20,2\n"),
        ("dqn_seed4.tsv", "Steps\tEval_Return\n10\t1\n20\t2\n"),
        ("dqn_seed4.json", json.dumps([{"step": 10, "reward": 1}, {"step": 20, "reward": 2}])),
        ("dqn_seed4.json", json.dumps({"step": [10, 20], "score": [1, 2]})),
        (
            "dqn_seed4.jsonl",
            '{"timesteps_total": 10, "env_runners": {"episode_return_mean": 1}}\n'
            '{"timesteps_total": 20, "env_runners": {"episode_return_mean": 2}}\n{"times',
        ),
    ],
)
def test_tables_are_read_by_the_usual_names(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    trace = only(tmp_path / name, env="X-v0")
    assert (trace.agent, trace.seed) == ("dqn", 4)
    (line,) = [kind for kind in ("eval_return", "episode_return") if kind in trace.lines]
    steps, returns = trace.line(line, "steps")
    assert (steps.tolist(), returns.tolist()) == ([10, 20], [1, 2])


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "", "no columns"),
        ("a.csv", "when,what\n1,2\n", "name one of when, what"),
        ("a.csv", "step,what\n1,2\n", "known to be returns"),
        ("a.csv", "step,return\nx,y\n", "known to be returns"),
        ("a.json", "3", "no table"),
        ("a.json", "[" * 5000, "damaged"),
        ("a.json", '{"step": 1, "return": null}', "returns"),
    ],
)
def test_tables_that_say_too_little_are_named(tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    found, (wrong,) = logs_in(tmp_path / name, env="X-v0")
    assert found == []
    assert said in wrong.why


def test_unusual_columns_are_read_when_named(tmp_path):
    (tmp_path / "a.csv").write_text("when,what\n1,2\n3,4\n")
    trace = only(tmp_path / "a.csv", env="X-v0", columns=Columns("when", "what"), agent="mine")
    assert trace.agent == "mine"
    assert trace.line("eval_return", "steps")[1].tolist() == [2, 4]


def test_what_does_not_say_its_environment_asks_for_it():
    _, (wrong,) = logs_in(OTHERS / "tianshou")
    assert "which environment" in wrong.why


@pytest.mark.parametrize(
    ("folder", "names"),
    [
        ("runs/Acrobot-v1__c51__2__1700000000", ("Acrobot-v1", "c51", 2)),
        ("logs/qrdqn/LunarLander-v2_3", ("LunarLander-v2", "qrdqn", 3)),
        ("log/CartPole-v1/dqn/7/240131-101112", ("CartPole-v1", "dqn", 7)),
        ("tb/DQN_2", (None, "DQN", 2)),
        ("results/rainbow/seed_5", (None, "rainbow", 5)),
    ],
)
def test_names_of_folders_say_what_was_trained(folder, names, tmp_path):
    found = names_in(Path("/") / folder)
    assert found[:3] == names
