"""Numbers of an environment's own, kept episode by episode."""

import gymnasium
import numpy as np
import pytest

import qlax
from qlax import networks, observers
from qlax.envs.info import InfoRecorder, info_metrics
from qlax.runs import folder


class Counting(gymnasium.Env):
    """Episodes of five steps, numbered from 1, whose info tells both."""

    observation_space = gymnasium.spaces.Box(-1.0, 1.0, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)
    episode = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.episode, self.number = self.episode + 1, 0
        return np.zeros(2, np.float32), {"number": 1_000}

    def step(self, action):
        self.number += 1
        info = {"number": self.number, "deep": {"episode": np.array([self.episode])}, "name": "a"}
        if self.number == 3:
            info["seldom"] = 7
        return np.zeros(2, np.float32), 1.0, self.number == 5, False, info


AGENT = qlax.Agent(network=networks.MLP(hidden=(4,)), learning_starts=20, num_envs=2)
METRICS = ["info.number", "info.number:last", "info.number:max", "info.deep.episode", "info.seldom"]


def trained(out, metrics, env=Counting, **options):
    return qlax.train(
        env, AGENT, metrics=metrics, eval_episodes=0, out=out, **{"steps": 240, **options}
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("info") / "run"
    return trained(out, METRICS, observers=[observers.CSV()])


def test_rows_have_what_episodes_came_with(run):
    rows = [row for row in folder.read_metrics(run.folder) if row["episodes"]]
    assert len(rows) > 5
    for row in rows:
        assert row["info.number"] == 3.0  # of 1, 2, 3, 4, 5; not of the reset
        assert row["info.number:last"] == row["info.number:max"] == 5.0
        assert row["info.seldom"] == 7.0
    # Both environments are in their n-th episode together: every step but resets counts.
    assert rows[-1]["info.deep.episode"] > rows[0]["info.deep.episode"] >= 1.0
    empty = [row for row in folder.read_metrics(run.folder) if not row["episodes"]]
    assert all(row["info.number"] is None for row in empty)


def test_logs_have_names_for_it(run):
    header = (run.folder / "metrics.csv").read_text().splitlines()[0].split(",")
    assert {"info/number", "info/number_max", "info/deep.episode"} <= set(header)


def test_a_run_that_goes_on_keeps_it(run):
    before = len(folder.read_metrics(run.folder))
    qlax.resume(run.folder, env=Counting, steps=300)
    rows = folder.read_metrics(run.folder)[before:]
    assert [row["info.number"] for row in rows if row["episodes"]]
    assert all(set(METRICS) <= set(row) for row in rows)


def test_what_is_no_metric_is_refused(tmp_path):
    for words, sentence in [
        (["number"], r"metrics has 'number', but must be info\.KEY, info\.KEY:last or"),
        (["info."], r"metrics has 'info\.'"),
        (["info.number:min"], r"metrics has 'info\.number:min'"),
        ([3], r"metrics has 3"),
        ("info.number", r"metrics is 'info\.number', but must be several"),
        (
            ["info.numbr"],
            r"has ended an episode without it: its info had number, deep\.episode, na",
        ),
        (["info.name"], r"'info\.name', which must be a number, but in Counting it is 'a'"),
    ]:
        with pytest.raises(qlax.UsageError, match=sentence):
            trained(tmp_path / "run", words)
    assert not (tmp_path / "run").exists()


def test_what_is_compiled_has_no_info(tmp_path):
    with pytest.raises(qlax.UsageError, match=r"compiled program \(\w+\).*backend='gymnasium'"):
        trained(tmp_path / "run", ["info.a"], env="CartPole-v1")
    with pytest.raises(qlax.UsageError, match=r"CartPole-v1 has ended .* its info was empty"):
        trained(tmp_path / "run", ["info.a"], env="CartPole-v1", backend="gymnasium")
    assert not (tmp_path / "run").exists()


def test_an_environment_that_is_lent_is_not_played_before(tmp_path):
    agent, env = AGENT.replace(num_envs=1), Counting()
    with pytest.warns(UserWarning, match=r"ended without info\.numbr: its info had number"):
        qlax.train(
            env, agent, metrics=["info.numbr"], steps=40, eval_episodes=0, out=tmp_path / "run"
        )


def test_an_infinite_number_does_not_count():
    recorder = InfoRecorder(info_metrics(["info.a", "info.a:max"]), "here")
    for value, ended in [(1.0, False), (np.inf, False), (True, False), (np.float32(4), True)]:
        recorder.see(0, {"a": value}, ended=ended)
    recorder.see(1, {"a": 100.0}, ended=False)
    assert recorder.columns() == {"info.a": 2.0, "info.a:max": 4.0}
    assert recorder.columns() == {"info.a": None, "info.a:max": None}
    recorder.see(1, {"a": 50.0}, ended=True)
    assert recorder.columns() == {"info.a": 75.0, "info.a:max": 100.0}


def test_a_rule_may_end_training_by_it(tmp_path):
    rule = observers.StopWhen("info.number:max >= 5")
    run = trained(tmp_path / "run", ["info.number:max"], observers=[rule])
    assert run.result["stopped"] == "info.number:max >= 5"
