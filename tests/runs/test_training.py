import contextlib
import json
import sys

import gymnasium
import numpy as np
import pytest
from flax import linen as nn

import qlax
from qlax import presets
from qlax.cli.summary import print_summaries
from qlax.runs import checkpoint, folder
from tests.envs.test_gymnasium import Corridor
from tests.probes import mdp
from tests.runs.small import AGENT, STEPS, arrays, assert_same_policy, untimed

ENV = "MountainCar-v0"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return qlax.train(
        ENV, AGENT, steps=STEPS, seed=3, out=tmp_path_factory.mktemp("a") / "run", eval_episodes=3
    )


def test_a_run_leaves_everything_it_promises(run):
    names = {entry.name for entry in run.folder.iterdir()}
    assert names == {
        "config.json",
        "metrics.jsonl",
        "curve.png",
        ".lock",
        "best",
        "moments",
        "policy",
        "checkpoints",
        "result.json",
    }
    assert (run.folder / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert {entry.name for entry in (run.folder / "policy").iterdir()} == {
        "params.npz",
        "policy.json",
    }


def test_the_result_says_what_was_done(run):
    result = json.loads((run.folder / "result.json").read_text())
    assert result == run.result
    assert (result["env"], result["agent"], result["backend"]) == (ENV, "custom", "jax")
    assert (result["seed"], result["env_steps"]) == (3, STEPS)
    # An update after every step from number 50 to number 400.
    assert result["updates"] == STEPS - 50 + 1
    assert result["threshold"] == -110
    evaluation = result["eval"]
    assert evaluation["episodes"] == len(evaluation["returns"]) == 3
    assert evaluation["mean"] == np.mean(evaluation["returns"])
    assert evaluation["std"] == pytest.approx(np.std(evaluation["returns"]))
    assert result["solved"] == (evaluation["mean"] >= -110)
    phases = [result[f"{phase}_seconds"] for phase in ("compile", "train", "eval")]
    assert all(seconds > 0 for seconds in phases)
    assert result["total_seconds"] >= sum(phases)


def test_the_metrics_count_every_step_and_update_once(run):
    rows = folder.read_metrics(run.folder)
    assert [row["env_steps"] for row in rows] == list(range(4, STEPS + 1, 4))
    assert rows[-1]["updates"] == run.result["updates"]
    assert rows[0]["loss"] is None
    assert rows[-1]["loss"] > 0
    # MountainCar's first episode lasts its 200 steps; the 201st only begins the second.
    assert [row["env_steps"] for row in rows if row["episodes"]] == [200]
    assert rows[49]["episode_return"] == -200


def test_the_configuration_is_enough_to_run_it_again(run, tmp_path):
    document = json.loads((run.folder / "config.json").read_text())
    again = qlax.train(
        document["env"],
        qlax.load(run.folder).agent,
        steps=document["steps"],
        seed=document["seed"],
        backend=document["backend"],
        eval_episodes=document["eval_episodes"],
        out=tmp_path / "again",
    )
    assert_same_policy(run.folder, again.folder)
    assert again.result["eval"] == run.result["eval"]
    assert untimed(run.folder) == untimed(again.folder)


def test_another_seed_is_another_run(run, tmp_path):
    other = qlax.train(ENV, AGENT, steps=STEPS, seed=4, out=tmp_path / "other", eval_episodes=0)
    first, second = (arrays(path / "policy" / "params.npz") for path in (run.folder, other.folder))
    name = next(iter(first))
    assert not np.array_equal(first[name], second[name])
    assert other.result["eval"] is None
    assert other.result["solved"] is None


def test_a_loaded_policy_predicts_for_one_and_for_many(run):
    policy = qlax.load(run.folder)
    observations = np.array([[-0.5, 0.0], [0.3, 0.05], [-1.0, -0.02]], np.float32)
    many = policy.predict(observations)
    assert many.shape == (3,)
    assert [policy.predict(observation) for observation in observations] == many.tolist()
    assert isinstance(policy.predict(observations[0]), int)
    np.testing.assert_array_equal(policy.q_values(observations).argmax(-1), many)
    assert policy.q_values(observations[0]).shape == (3,)
    with pytest.raises(qlax.UsageError, match=r"shape \(3,\).*observations of shape \(2,\)"):
        policy.predict([0.0, 0.0, 0.0])


def test_a_policy_can_be_saved_elsewhere(run, tmp_path):
    run.policy.save(tmp_path / "mine")
    assert qlax.load(tmp_path / "mine").agent == run.policy.agent


def test_evaluation_is_repeatable_and_depends_on_its_seed(run):
    one, same, other = (qlax.evaluate(run.policy, episodes=4, seed=seed) for seed in (5, 5, 6))
    assert one == same
    assert (one.episodes, one.seed, len(one.returns)) == (4, 5, 4)
    assert other.seed == 6


def test_every_environment_of_an_evaluation_plays_its_share(run):
    # 23 episodes on 20 environments: three of them play twice, none is cut short.
    evaluation = qlax.evaluate(run.policy, episodes=23)
    assert len(evaluation.returns) == 23
    assert all(-200 <= value < 0 for value in evaluation.returns)


def test_a_policy_is_not_evaluated_where_it_does_not_fit(run):
    with pytest.raises(qlax.UsageError, match="CartPole-v1 shows"):
        qlax.evaluate(run.policy, "CartPole-v1", episodes=1)


def test_seeds_get_a_folder_each_and_a_summary(run, tmp_path):
    runs = qlax.train_seeds(
        ENV, AGENT, seeds=[3, 8], steps=STEPS, out=tmp_path / "both", eval_episodes=2
    )
    assert [run.folder.name for run in runs] == ["seed-3", "seed-8"]
    summary = json.loads((tmp_path / "both" / "result.json").read_text())
    assert summary["seeds"] == [3, 8]
    assert summary["eval"]["means"] == [run.result["eval"]["mean"] for run in runs]
    alone, together = (
        arrays(path / "policy" / "params.npz") for path in (run.folder, runs[0].folder)
    )
    for name in alone:
        # The same run in another program: equal but for rounding.
        np.testing.assert_allclose(alone[name], together[name], rtol=1e-3, atol=1e-3)


def test_seeds_of_a_host_environment_run_one_after_another(tmp_path):
    runs = qlax.train_seeds(
        ENV, AGENT, seeds=[1, 2], steps=60, out=tmp_path / "h", backend="gymnasium", eval_episodes=0
    )
    assert [run.result["backend"] for run in runs] == ["gymnasium"] * 2
    assert json.loads((tmp_path / "h" / "result.json").read_text())["seeds"] == [1, 2]
    resumed = qlax.resume(tmp_path / "h", steps=80)
    assert [run.result["seed"] for run in resumed] == [1, 2]
    assert [run.result["env_steps"] for run in resumed] == [80, 80]
    assert [run.result["resumed_at"] for run in resumed] == [60, 60]
    # Each seed's own times add up to the group's.
    whole = json.loads((tmp_path / "h" / "result.json").read_text())
    for phase in ("compile_seconds", "train_seconds"):
        own = [run.result[phase] for run in resumed]
        assert sum(own) == pytest.approx(whole[phase], abs=0.01)
        assert max(own) < whole[phase]


def test_a_folder_that_exists_is_left_alone(run):
    before = (run.folder / "result.json").read_bytes()
    with pytest.raises(qlax.UsageError, match=r"exists already.*qlax.resume"):
        qlax.train(ENV, AGENT, steps=STEPS, out=run.folder)
    assert (run.folder / "result.json").read_bytes() == before


def test_default_folders_never_collide(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with contextlib.ExitStack() as runs:
        began = [
            runs.enter_context(folder.new_folder(None, "ale_py:ALE/Pong-v5", "dqn", "seed-0"))
            for _ in range(4)
        ]
        assert len(set(began)) == 4
        assert {path.parent.as_posix() for path in began} == {"runs/ALE-Pong-v5/dqn"}
        (began[1] / "config.json").touch()
    # What nothing was written to goes, and what is left stays.
    assert [path.exists() for path in began] == [False, True, False, False]


def test_a_folder_that_was_made_for_nothing_goes_with_those_above_it(tmp_path):
    def given(path):
        return folder.new_folder(path, "CartPole-v1", "dqn", "seed-0")

    with pytest.raises(qlax.Diverged), given(tmp_path / "a" / "b"):
        raise qlax.Diverged("before anything was written")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "empty").mkdir()
    with given(tmp_path / "empty"):
        pass
    assert (tmp_path / "empty").is_dir()  # it was there before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"eval_episodes": -1}, "eval_episodes is -1"),
        ({"checkpoint_every": 0}, "checkpoint_every is 0"),
        ({"backend": "torch"}, "backend is 'torch'"),
        ({"agent": "dqnn"}, "There is no agent 'dqnn'. Did you mean"),
        ({"env": "MountainCar-v9"}, "There is no environment 'MountainCar-v9'"),
        ({"env": "Pendulum-v1"}, "has continuous actions"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_written(options, said, tmp_path):
    arguments = {"env": ENV, "agent": AGENT, "steps": 10, "out": tmp_path / "no"} | options
    with pytest.raises(qlax.UsageError, match=said):
        qlax.train(**arguments)
    assert not (tmp_path / "no").exists()


class Wide(nn.Module):
    """A network of the user's own."""

    width: int = 8

    @nn.compact
    def __call__(self, x):
        return nn.tanh(nn.Dense(self.width)(x))


def test_a_network_and_an_environment_of_ones_own_need_no_change_to_qlax(tmp_path):
    gymnasium.register("tests/Corridor-v0", lambda: Corridor(), max_episode_steps=20)
    agent = AGENT.replace(network=Wide(width=4))
    run = qlax.train("tests/Corridor-v0", agent, steps=80, out=tmp_path / "own", eval_episodes=2)
    assert run.result["backend"] == "gymnasium"
    with pytest.raises(qlax.UsageError, match=r"part of your own, Wide"):
        qlax.load(run.folder)
    policy = qlax.load(run.folder, agent=agent)
    seen = Corridor().observation_space.sample()
    assert policy.predict(seen) == run.policy.predict(seen)


def test_an_environment_in_jax_is_compiled_and_evaluated_as_it_is(tmp_path):
    probe = mdp.Probe(mdp.cut_short())
    run = qlax.train(probe, AGENT, steps=60, out=tmp_path / "jax", eval_episodes=2)
    assert run.result["backend"] == "jax"
    assert len(run.result["eval"]["returns"]) == 2


@pytest.mark.parametrize(
    "env", ["CliffWalking-v1", mdp.Probe(mdp.cut_short()._replace(time_limit=None))]
)
def test_a_policy_that_goes_in_circles_is_cut_off_and_that_is_said(env, tmp_path, capsys):
    run = qlax.train(env, presets.q_learning(), steps=1, out=tmp_path / "circles", eval_episodes=1)
    assert run.result["eval"]["cut"] == 1
    print_summaries(run, quiet=False)
    assert "1 of them cut after 10,000 steps, as nothing ended them" in capsys.readouterr().out


def test_an_environment_that_truncates_by_itself_is_not_called_cut(tmp_path):
    class Short(Corridor):
        def step(self, action):
            return *super().step(0)[:3], True, {}

    run = qlax.train(Short, AGENT, steps=60, out=tmp_path / "short", eval_episodes=3)
    assert run.result["eval"]["cut"] == 0


class Failing(Corridor):
    """Raises in its hundredth step."""

    steps = 0

    def step(self, action):
        Failing.steps += 1
        if Failing.steps == 100:
            raise RuntimeError("the bridge is out")
        return super().step(action)


def test_a_run_whose_environment_fails_is_saved_and_can_go_on(tmp_path):
    path = tmp_path / "failing"
    with pytest.raises(qlax.EnvironmentFailure, match="the bridge is out"):
        qlax.train(Failing, AGENT, steps=150, out=path, eval_episodes=0)
    saved = checkpoint.checkpoints(path)[-1]
    stored = arrays(saved / "state.npz")
    assert stored["agent/actor/clock/taken/low"] == checkpoint.iteration_of(saved)
    # A hundred steps, of which the last failed, and those that only began an episode.
    valid = stored["agent/replay/flags"] & 4
    assert (valid > 0).sum() == 99
    run = qlax.resume(path, env=Failing)
    assert run.result["env_steps"] == 150
    assert [row["env_steps"] for row in folder.read_metrics(path)] == list(range(1, 151))


@pytest.fixture(name="forgetting")
def _forgetting():
    yield
    gymnasium.registry.pop("Corridor-v3", None)


@pytest.mark.usefixtures("forgetting")
def test_an_environment_named_with_its_module_is_found_again(tmp_path, monkeypatch):
    (tmp_path / "corridors.py").write_text(
        "import gymnasium\n"
        "from tests.envs.test_gymnasium import Corridor\n"
        "gymnasium.register('Corridor-v3', Corridor)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    run = qlax.train("corridors:Corridor-v3", AGENT, steps=60, eval_episodes=0)
    assert run.folder.as_posix() == "runs/Corridor-v3/custom/seed-0"
    # As in a process that has not imported the module.
    gymnasium.registry.pop("Corridor-v3")
    monkeypatch.delitem(sys.modules, "corridors")
    assert qlax.evaluate(qlax.load(run.folder), episodes=2).mean == 6.0
