"""Policies of runs that are not finished, and policies in other processes."""

import copy
import json
import multiprocessing
import pickle
import shutil
import zipfile

import gymnasium
import numpy as np
import pytest

import qlax
from qlax import EnvironmentFailure, UsageError, networks, observations, replay
from qlax.cli.main import run as exit_code_of
from qlax.runs import checkpoint
from tests.runs import small

SHOWN = np.zeros(4, np.float32)


class Fails(gymnasium.Wrapper):
    """CartPole whose pole breaks in step 300."""

    def __init__(self):
        super().__init__(gymnasium.make("CartPole-v1"))
        self.steps = 0

    def step(self, action):
        self.steps += 1
        if self.steps == 300:
            raise RuntimeError("the pole broke")
        return self.env.step(action)


@pytest.fixture(scope="module", name="failed")
def _failed(tmp_path_factory):
    path = tmp_path_factory.mktemp("failed") / "run"
    agent = small.AGENT.replace(observation=observations.Normalise())
    with pytest.raises(EnvironmentFailure):
        qlax.train(Fails, agent, steps=1_000, out=path)
    return path


class Enough(qlax.observers.Observer):
    """Interrupts a run after its first checkpoint."""

    def checkpoint(self, event):
        raise KeyboardInterrupt


@pytest.fixture(scope="module", name="interrupted")
def _interrupted(tmp_path_factory):
    path = tmp_path_factory.mktemp("interrupted") / "run"
    with pytest.raises(qlax.Interrupted):
        qlax.train("CartPole-v1", small.AGENT, steps=400, out=path, observers=[Enough()])
    return path


def test_a_failed_run_has_the_policy_of_its_newest_checkpoint(failed):
    (saved, *_) = reversed(checkpoint.checkpoints(failed))
    done = checkpoint.iteration_of(saved)
    said = rf"run is unfinished: the policy is that of its newest checkpoint, after {done} of 1,000"
    with pytest.warns(UserWarning, match=said):
        policy = qlax.load(failed)
    with np.load(saved / "state.npz") as stored:
        names = [name for name in stored.files if name.startswith("agent/learner/params/")]
        for name in names:
            kept = policy.params.network
            for key in name.split("/")[3:]:
                kept = kept[key]
            np.testing.assert_array_equal(kept, stored[name])
        assert names
        np.testing.assert_array_equal(
            policy.params.stage.count, stored["agent/learner/stage/count"]
        )
    assert policy.predict(SHOWN) in (0, 1)
    assert qlax.evaluate(policy, "CartPole-v1", episodes=2).episodes == 2
    with pytest.raises(UsageError, match="environment of your own"):
        qlax.evaluate(policy, episodes=2)


def test_an_interrupted_run_is_evaluated_and_filmed(interrupted, tmp_path, capsys):
    words = ["eval", str(interrupted), "--episodes", "2", "--film", str(tmp_path / "a.gif")]
    with pytest.warns(UserWarning, match="is unfinished.*after 80 of 400 steps"):
        assert exit_code_of(words) == 0
    assert "CartPole-v1: " in capsys.readouterr().out
    assert (tmp_path / "a.gif").stat().st_size > 0


def test_a_run_that_went_on_to_its_end_has_its_own_policy(interrupted, tmp_path):
    whole = tmp_path / "whole"
    shutil.copytree(interrupted, whole)
    run = qlax.resume(whole)
    assert qlax.load(whole).spec == run.policy.spec  # without a word


def test_without_a_checkpoint_there_is_no_policy(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UsageError, match=r"holds no policy.*and no checkpoint"):
        qlax.load(tmp_path)


def test_unfinished_seeds_are_evaluated_each(tmp_path, capsys):
    with pytest.raises(qlax.Interrupted):
        qlax.train_seeds(
            "CartPole-v1",
            small.AGENT,
            seeds=[3, 4],
            steps=400,
            out=tmp_path / "run",
            observers=[Enough()],
        )
    # Side by side, seed 3 is saved before Ctrl-C; the other has nothing yet.
    with pytest.warns(UserWarning, match="seed-3 is unfinished"):
        assert exit_code_of(["eval", str(tmp_path / "run"), "--episodes", "2", "--json"]) == 0
    (seed,) = json.loads(capsys.readouterr().out)["seeds"]
    assert seed["seed_of_run"] == 3


def test_parts_of_ones_own_are_given_again(tmp_path):
    class Wide(networks.MLP):
        pass

    agent = small.AGENT.replace(network=Wide(hidden=(4,)))
    with pytest.raises(qlax.Interrupted):
        qlax.train("CartPole-v1", agent, steps=400, out=tmp_path / "run", observers=[Enough()])
    with pytest.raises(UsageError, match="a part of your own"):
        qlax.load(tmp_path / "run")
    with pytest.warns(UserWarning, match="is unfinished"):
        assert qlax.load(tmp_path / "run", agent=agent).agent == agent
    other = small.AGENT.replace(network=networks.MLP(hidden=(5,)))
    with pytest.raises(UsageError, match="it is another agent's"):
        qlax.load(tmp_path / "run", agent=other)


# --- in other processes ---------------------------------------------------------------------------


@pytest.fixture(scope="module", name="run")
def _run(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "run"
    return qlax.train("CartPole-v1", small.AGENT, steps=100, eval_episodes=1, out=path)


@pytest.mark.parametrize(
    "copied", [lambda one: pickle.loads(pickle.dumps(one)), copy.copy, copy.deepcopy]
)
def test_policies_runs_and_actors_are_pickled_and_copied_after_use(run, copied):
    shown = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    expected = run.policy.q_values(shown)
    np.testing.assert_array_equal(copied(run.policy).q_values(shown), expected)
    again = copied(run)
    np.testing.assert_array_equal(again.policy.q_values(shown), expected)
    assert (again.folder, again.result) == (run.folder, run.result)
    actor = run.policy.actor()
    actor.act(shown[0])
    assert copied(actor).act(shown[0]) == actor.act(shown[0])


def test_a_policy_acts_in_another_process(run):
    shown = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        there = pool.apply(run.policy.predict, (shown,))
    np.testing.assert_array_equal(there, run.policy.predict(shown))


def test_a_policy_is_shown_in_a_line(run):
    assert repr(run.policy) == "<Policy for CartPole-v1: MLP, Scalar; 58 parameters>"
    assert len(repr(run)) < 200


def test_the_check_is_there_in_python():
    report = qlax.check("CartPole-v1", episodes=1)
    assert report.ok
    assert qlax.check is qlax.envs.check_env


def test_only_what_is_learned_is_read_of_a_checkpoint(failed, monkeypatch):
    """A replay may be larger than what memory is left."""
    read = []
    original = zipfile.ZipFile.open
    monkeypatch.setattr(
        zipfile.ZipFile,
        "open",
        lambda self, name, *rest: (read.append(name), original(self, name, *rest))[1],
    )
    with pytest.warns(UserWarning, match="unfinished"):
        qlax.load(failed)
    assert read
    assert all(name.startswith("agent/learner/") for name in read)
    assert isinstance(small.AGENT.replay, replay.Uniform)
