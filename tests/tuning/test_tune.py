"""A whole search, small: what it writes, how it goes on, and what it survives."""

import json
import signal
import subprocess
import sys
import time

import pytest

import qlax
from qlax import Agent, UsageError, networks, optimizers, replay
from qlax.cli.main import run as exit_code_of
from qlax.tuning.plan import read_study

AGENT = Agent(
    network=networks.MLP(hidden=(8,)),
    replay=replay.Uniform(capacity=200, batch_size=8),
    optimizer=optimizers.Adam(learning_rate=1e-3),
    learning_starts=20,
)
SEARCH = {
    "agent.optimizer.learning_rate": [1e-4, 1e-3, 1e-2, 1e38],
    "agent.discount": "uniform(0.8,0.99)",
    "agent.replay.batch_size": [8, 150],
    "agent.replay.capacity": [100, 200],
}


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    """A search among whose trials some diverge and some are impossible."""
    folder = tmp_path_factory.mktemp("tuned") / "search"
    found = qlax.tune(
        "CartPole-v1",
        AGENT,
        search=SEARCH,
        trials=10,
        seeds=2,
        steps=200,
        confirm_seeds=2,
        jobs=2,
        out=folder,
        progress=False,
    )
    return folder, found


def test_every_trial_ends_in_one_way(tuned):
    _, found = tuned
    assert sorted(one.number for one in found.trials) == list(range(10))
    assert sum(found.counts.values()) == 10
    assert found.counts["complete"] >= 1
    assert found.counts["diverged"] + found.counts["impossible"] >= 1
    for one in found.trials:
        too_large = one.values["replay.batch_size"] > one.values["replay.capacity"]
        assert (one.outcome == "impossible") == too_large
        if one.values["optimizer.learning_rate"] == 1e38 and not too_large:
            assert one.outcome == "diverged"
        if one.outcome == "complete":
            assert len(one.scores) == 2
            assert len(one.course) == 10


def test_the_first_trial_is_the_agent_itself(tuned):
    _, found = tuned
    first = next(one for one in found.trials if one.number == 0)
    assert first.values["optimizer.learning_rate"] == 1e-3
    assert first.values["replay.batch_size"] == 8


def test_the_best_are_confirmed_beside_the_default(tuned):
    _, found = tuned
    default, *others = found.confirmed
    assert default.name == "default"
    assert default.agent == AGENT
    assert 1 <= len(others) <= 3
    assert all(len(one.scores) == 2 for one in found.confirmed)
    best = max(found.confirmed, key=lambda one: one.value)
    assert found.best.agent == best.agent
    assert "2 fresh seeds" in found.verdict


def test_what_came_out_can_be_trained(tuned, tmp_path):
    folder, found = tuned
    given = qlax.read_config(folder / "best.toml")
    assert given["agent"].agent == found.best.agent
    assert given["steps"] == 200
    told = (folder / "preset.py").read_text()
    names: dict = {}
    exec(told, names)  # a preset to paste, which is ours
    function = found.best.name.replace("-", "_")
    assert names[function]() == found.best.agent
    result = json.loads((folder / "result.json").read_text())
    assert result["verdict"] == found.verdict
    lines = (folder / "trials.csv").read_text().splitlines()
    assert len(lines) == 11
    assert lines[0].startswith("trial,outcome,value,evaluations,seed_0,seed_1,discount")
    assert (folder / "history.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_call_goes_on(tuned):
    folder, found = tuned
    again = qlax.tune(out=folder, trials=12, confirm_seeds=2, progress=False)
    assert len(again.trials) == 12
    before = {one.number: one for one in found.trials}
    assert all(one == before[one.number] for one in again.trials if one.number in before)


def test_another_search_in_the_same_folder_is_refused(tuned):
    folder, _ = tuned
    with pytest.raises(UsageError, match=r"another seeds, 2, not 3: give another `out`"):
        qlax.tune("CartPole-v1", AGENT, seeds=3, out=folder)
    with pytest.raises(UsageError, match="another search"):
        qlax.tune("CartPole-v1", AGENT, search={"discount": [0.9, 0.99]}, out=folder)
    with pytest.raises(UsageError, match="another env"):
        qlax.tune("Acrobot-v1", AGENT, out=folder)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"trials": 0}, "trials is 0"),
        ({"seeds": 0}, "seeds is 0"),
        ({"steps": 1.5}, "steps is 1.5"),
        ({"minutes": -1}, "minutes is -1"),
        ({"jobs": 0}, "jobs is 0"),
        ({"backend": "cuda"}, "backend is 'cuda'"),
        ({"search": {"discoun": "log(1,2)"}}, "Did you mean discount"),
        ({"agent": "dqm"}, "There is no agent 'dqm'"),
    ],
)
def test_what_cannot_work_is_refused_and_nothing_is_written(options, words, tmp_path):
    given = {"agent": AGENT, "search": SEARCH, "out": tmp_path / "search", **options}
    with pytest.raises(UsageError, match=words):
        qlax.tune("CartPole-v1", **given)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_search_is_no_search_to_go_on_with(tmp_path):
    with pytest.raises(UsageError, match="env is None"):
        qlax.tune(out=tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="exists already"):
        qlax.tune("CartPole-v1", AGENT, search=SEARCH, out=tmp_path)


def test_a_damaged_study_is_named(tmp_path):
    (tmp_path / "study.json").write_text('{"format": 1, "agent_name": 3}')
    with pytest.raises(UsageError, match=r"study.json is damaged: it has agent_name 3"):
        read_study(tmp_path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--search", "agent.discount"], "must be a field and a range"),
        (["--search", "agent.discoun=uniform(0.9,0.99)"], "Did you mean discount"),
        (["--search", "agent.discount=unifrm(0.9,0.99)"], "Did you mean uniform"),
        (["--search", "agent.bootstrap=choice(doubel,greedy)"], "Did you mean double"),
        (["--trials", "0"], "--trials is 0"),
        (["--agent", "dqm"], "There is no agent 'dqm'"),
        (["--search", "agent.discount=[1,2]", "--search", "agent.discount=[1,2]"], "a range is"),
    ],
)
def test_the_command_refuses_in_a_sentence(words, said, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert exit_code_of(["tune", "CartPole-v1", *words]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert list(tmp_path.iterdir()) == []


def test_one_environment_that_is_lent_is_refused(tmp_path):
    import gymnasium
    import numpy as np

    class Own(gymnasium.Env):
        observation_space = gymnasium.spaces.Box(-1, 1, (2,), np.float32)
        action_space = gymnasium.spaces.Discrete(2)

    with pytest.raises(UsageError, match="a search needs one for each seed"):
        qlax.tune(Own(), AGENT, search=SEARCH, out=tmp_path / "search")


@pytest.mark.exhaustive
def test_the_host_is_searched_one_trial_after_another(tmp_path):
    found = qlax.tune(
        "CartPole-v1",
        AGENT,
        search={"discount": [0.8, 0.9, 0.99]},
        backend="gymnasium",
        trials=2,
        seeds=2,
        steps=100,
        confirm_seeds=1,
        out=tmp_path / "search",
        progress=False,
    )
    assert len(found.trials) == 2
    assert found.counts["complete"] == 2


PROGRAM = """
import sys
import qlax
from tests.tuning.test_tune import AGENT
qlax.tune("CartPole-v1", AGENT, search={"discount": "uniform(0.8,0.99)"}, trials=400, seeds=1,
          steps=2_000, confirm_seeds=0, jobs=1, out=sys.argv[1], progress=False)
"""


def _after_trials(folder, process, count):
    """Wait until so many trials of another process have ended."""
    journal = folder / "journal.log"
    until = time.monotonic() + 300
    while time.monotonic() < until and process.poll() is None:
        if journal.exists() and journal.read_text().count('"scores"') >= count:
            return
        time.sleep(0.2)
    raise AssertionError(f"no {count} trials: exit code {process.poll()}")


@pytest.mark.exhaustive
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_search_that_is_stopped_or_killed_goes_on(number, tmp_path):
    folder = tmp_path / "search"
    words = [sys.executable, "-c", PROGRAM, str(folder)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        _after_trials(folder, process, 6)
        process.send_signal(number)
        _, err = process.communicate(timeout=120)
    if number == signal.SIGINT:
        assert f"Go on with qlax.tune(out={str(folder)!r})" in err
        assert (folder / "trials.csv").exists()
    found = qlax.tune(out=folder, trials=1, confirm_seeds=0, progress=False)
    assert len(found.trials) >= 6
    more = len(found.trials) + 5
    found = qlax.tune(out=folder, trials=more, confirm_seeds=0, progress=False)
    assert len(found.trials) == more
