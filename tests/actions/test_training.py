"""Training, saving, loading and resuming where actions are not single numbers."""

import json

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import qlax
from qlax import presets
from qlax.actions import Factors, Grid
from qlax.cli.main import run as exit_code_of
from qlax.envs.opening import source_of
from qlax.watching.playing import play
from tests.actions.worlds import Aim, Locks
from tests.probes.training import agent_for_probes
from tests.runs.small import assert_same_policy

TABLE = agent_for_probes(num_envs=1, learning_starts=10, discount=0.0)
JOINT, APART = Factors(), Factors(joint_up_to=0)


def trained(env, tmp_path, *, steps=3_000, **parts):
    agent = TABLE.replace(**parts)
    return qlax.train(env, agent, steps=steps, out=tmp_path / "run", eval_episodes=20)


def test_dials_are_set_as_each_state_says(tmp_path):
    run = trained(Locks, tmp_path, actions=JOINT)
    assert run.policy.spec.num_actions == 24
    for policy in (run.policy, qlax.load(run.folder)):
        actions = [policy.predict(state) for state in range(4)]
        np.testing.assert_array_equal(actions, Locks.right)
        assert actions[0].dtype == np.int64
        np.testing.assert_array_equal(policy.predict(np.arange(4)), Locks.right)
    assert run.result["eval"]["mean"] == pytest.approx(5.0)
    assert qlax.evaluate(run.policy, Locks, episodes=3).mean == pytest.approx(5.0)


def test_dials_are_set_one_by_one_where_they_are_too_many(tmp_path):
    run = trained(Locks, tmp_path, actions=APART)
    assert run.policy.spec.factors == 3
    for policy in (run.policy, qlax.load(run.folder)):
        np.testing.assert_array_equal(policy.predict(np.arange(4)), Locks.right)
        values = policy.q_values(0)
        assert values.shape == (3, 4)
        np.testing.assert_array_equal(np.isinf(values).sum(-1), [2, 1, 0])
    assert run.result["eval"]["mean"] == pytest.approx(5.0)
    gone_on = qlax.resume(run.folder, env=Locks, steps=3_200)
    assert gone_on.result["eval"]["mean"] == pytest.approx(5.0)


def test_masks_of_factors_hold_for_each_of_them(tmp_path):
    run = trained(lambda: Locks(masks="tuple"), tmp_path, actions=APART)
    assert run.result["eval"]["mean"] == pytest.approx(2.5)


def test_an_interrupted_run_of_factors_goes_on_bit_for_bit(tmp_path):
    agent = presets.dqn().replace(actions=Grid(points=5, joint_up_to=0), learning_starts=50)
    options = {"seed": 1, "eval_episodes": 0, "progress": False}
    whole = qlax.train("Pendulum-v1", agent, steps=300, out=tmp_path / "whole", **options)
    part = qlax.train("Pendulum-v1", agent, steps=150, out=tmp_path / "part", **options)
    gone_on = qlax.resume(part.folder, steps=300, progress=False)
    assert_same_policy(gone_on.folder, whole.folder)


def test_a_film_shows_the_values_of_every_factor(tmp_path):
    run = trained(Aim, tmp_path, steps=100, actions=Grid(points=3, joint_up_to=0))
    seen = next(
        iter(play(run.policy, source_of(Aim).acting(run.policy.agent.actions), draws=False))
    )
    assert seen.thought.q_values.shape == (6,)
    assert len(seen.thought.marked) == 2
    with pytest.raises(qlax.UsageError, match="no pictures of such values"):
        qlax.explain(run.policy, out=tmp_path / "pictures", env=Aim)


def test_continuous_numbers_are_put_where_the_grid_allows(tmp_path):
    run = trained(Aim, tmp_path, actions=Grid(points=3))
    best = run.policy.predict(np.array([1, 0], np.int8))
    assert best.dtype == np.float32
    np.testing.assert_array_equal(best, [1.0, -1.0])
    assert run.result["eval"]["mean"] == pytest.approx(0.0)
    assert run.policy.actor().act(np.array([0, 0], np.int8)).tolist() == [-1.0, -1.0]


@pytest.mark.parametrize("masks", ["tuple", "flat"])
@pytest.mark.parametrize("shown", [False, True], ids=["info", "observation"])
def test_masks_of_factors_keep_illegal_values_from_being_taken(masks, shown, tmp_path):
    """The environment raises for an illegal action, in training and in evaluation."""

    def made():
        return Locks(masks=masks, in_observation=shown)

    run = trained(made, tmp_path, actions=JOINT)
    assert run.result["eval"]["mean"] == pytest.approx(2.5)  # all but the third dial
    env = made()
    seen, info = env.reset(seed=0)
    given = {} if shown else {"action_mask": info["action_mask"]}
    action = run.policy.predict(seen, **given)
    assert (action[:2] == Locks.right[env.state, :2]).all()
    values = run.policy.q_values(seen, **given)
    assert values.shape == (24,)
    assert np.isinf(values).sum() == 24 - 2 * 3 * (3 if env.state == 0 else 2)


def test_a_mask_of_the_wrong_length_is_a_failure_of_the_environment(tmp_path):
    class Wrong(Locks):
        def legal(self):
            return np.ones(4, np.int8)

    with pytest.raises(qlax.EnvironmentFailure, match=r"mask has \[4\] entries"):
        qlax.train(lambda: Wrong(masks="flat"), TABLE, steps=50, out=tmp_path / "run")


def test_an_interrupted_swing_goes_on_bit_for_bit(tmp_path):
    agent = presets.dqn().replace(actions=Grid(points=5), learning_starts=50)
    options = {"seed": 1, "eval_episodes": 0, "progress": False}
    whole = qlax.train("Pendulum-v1", agent, steps=400, out=tmp_path / "whole", **options)
    part = qlax.train("Pendulum-v1", agent, steps=200, out=tmp_path / "part", **options)
    gone_on = qlax.resume(part.folder, steps=400, progress=False)
    assert gone_on.result["backend"] == "jax"
    assert_same_policy(gone_on.folder, whole.folder)
    assert qlax.load(gone_on.folder).spec.actions.values == ((-2.0, -1.0, 0.0, 1.0, 2.0),)


def test_the_command_line_takes_a_grid(tmp_path, capsys):
    words = ["train", "Pendulum-v1", "--steps", "60", "--eval-episodes", "1", "--json"]
    assert exit_code_of([*words, "--out", str(tmp_path / "run"), "--agent.actions", "grid:3"]) == 0
    capsys.readouterr()
    written = json.loads((tmp_path / "run" / "config.json").read_text())
    assert written["agent"]["actions"] == {
        "type": "actions.Grid",
        "points": 3,
        "joint_up_to": 256,
    }
    assert written["spec"]["actions"]["values"] == [[-2.0, 0.0, 2.0]]
    assert exit_code_of(["eval", str(tmp_path / "run"), "--episodes", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["episodes"] == 1


def test_the_default_of_a_known_environment_has_a_grid():
    for name in ("dqn", "c51", "m_dqn", "rainbow"):
        assert isinstance(presets.resolve("Pendulum-v1", name).agent.actions, Grid)
    own = presets.dqn().replace(actions=Grid(points=3))
    assert presets.fitted(own, "Pendulum-v1").actions == Grid(points=3)


def test_a_check_tells_what_becomes_of_actions():
    report = qlax.check(Locks)
    assert report.ok
    assert any("2 × 3 × 4 actions are numbered as one" in note for note in report.notes)
    report = qlax.check(lambda: Locks(masks="tuple"))
    assert report.ok, report
    report = qlax.check("Pendulum-v1")
    assert report.ok
    assert any("actions.Grid(points=9)" in note for note in report.notes)

    class Endless(Aim):
        action_space = spaces.Box(-np.inf, np.inf, (2,), np.float32)

    assert any("a grid needs limits" in problem for problem in qlax.check(Endless).problems)


def test_what_a_step_returns_amiss_is_still_told(tmp_path):
    class Old(gymnasium.Env):
        observation_space, action_space = Locks.observation_space, Locks.action_space

        def reset(self, *, seed=None, options=None):
            return 0

        def step(self, action):
            return 0, 0.0, True, {}

    with pytest.raises(qlax.EnvironmentFailure, match="reset returned one"):
        qlax.train(Old, TABLE, steps=10, out=tmp_path / "run")
