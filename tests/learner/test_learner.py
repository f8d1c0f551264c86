"""A learner's protocol: what may be told when, and what it answers if that is not kept."""

import functools
import json
import shutil

import gymnasium as gym
import numpy as np
import pytest

import qlax
from qlax import Agent, UsageError, actions, explorers, networks, optimizers, replay, schedules
from qlax.envs import spec_of

SPEC = spec_of(observation=(2,), actions=3, id="Robot")
MASKED = spec_of(observation=gym.spaces.Discrete(4), actions=3, id="Game", has_mask=True)


def agent(**parts):
    return Agent(
        **{
            "network": networks.MLP(hidden=(4,)),
            "explorer": explorers.EpsilonGreedy(epsilon=0.5),
            "replay": replay.Uniform(capacity=32, batch_size=4),
            "optimizer": optimizers.SGD(learning_rate=0.1),
            "learning_starts": 4,
            **parts,
        }
    )


@functools.cache
def saved(folder):
    """Return the folder of a learner that has just acted first; loading it compiles little."""
    learner = qlax.Learner(agent(), SPEC)
    learner.act([0.0, 0.5])
    learner.save(folder / "learner")
    return folder / "learner"


@pytest.fixture(name="fresh", scope="module")
def _fresh():
    """A learner whose protocol is tried; each test leaves it as after an `act`."""
    learner = qlax.Learner(agent(), SPEC)
    learner.act([0.0, 0.5])
    return learner


def test_a_loop_learns_what_pays():
    """Left pays 1, right nothing: values are known exactly."""
    spec = spec_of(observation=gym.spaces.Discrete(1), actions=2, id="Bandit")
    table = agent(network=networks.Table(), replay=replay.Latest(), discount=0.0, learning_starts=1)
    learner = qlax.Learner(table, spec, seed=1)
    for _ in range(60):
        action = learner.act(0)
        learner.observe(1.0 - action, 0, True, False)
    assert learner.steps == 119  # an episode's beginning is a step, but for the first
    assert learner.updates == 60
    np.testing.assert_allclose(learner.policy.q_values(0), [1.0, 0.0], atol=0.05)
    row = learner.metrics()
    assert (row["episodes"], row["episode_length"], row["env_steps"]) == (60, 1.0, 119)
    assert learner.metrics()["episodes"] == 0


def test_what_is_saved_goes_on_bit_for_bit(tmp_path):
    rng = np.random.default_rng(0)
    shown, paid = rng.random((40, 2), np.float32), rng.random(40)

    def play(learner, start, stop):
        actions = []
        for index in range(start, stop):
            actions.append(learner.act(shown[index - 1] if index % 10 == 1 or not index else None))
            learner.observe(paid[index], shown[index], index % 10 == 0, False)
        return actions

    whole = qlax.Learner(agent(), SPEC, seed=3)
    before = play(whole, 0, 23)
    whole.save(tmp_path / "learner")
    again = qlax.Learner.load(tmp_path / "learner")
    assert (again.steps, again.updates) == (whole.steps, whole.updates)
    assert len(set(before)) > 1
    assert play(whole, 23, 40) == play(again, 23, 40)
    for ours, theirs in zip(
        *(one.policy.params.network["params"].items() for one in (whole, again)), strict=True
    ):
        assert str(ours) == str(theirs)
    whole.save(tmp_path / "learner")  # replaced
    again = qlax.Learner.load(tmp_path / "learner")
    assert again.steps == whole.steps
    policy = qlax.load(tmp_path / "learner")
    np.testing.assert_array_equal(policy.q_values(shown), whole.policy.q_values(shown))
    assert not [path for path in tmp_path.iterdir() if path.name != "learner"]


def test_one_that_has_not_begun_can_be_saved(tmp_path):
    qlax.Learner(agent(), SPEC, seed=9).save(tmp_path / "learner")
    again = qlax.Learner.load(tmp_path / "learner")
    assert (again.steps, again.updates, again.seed) == (0, 0, 9)
    with pytest.raises(UsageError, match="no policy yet"):
        again.policy  # noqa: B018
    with pytest.raises(UsageError, match="no metrics yet"):
        again.metrics()
    with pytest.raises(UsageError, match="observe came before act"):
        again.observe(0.0, [0.0, 0.0], False, False)
    with pytest.raises(UsageError, match="first act needs an observation"):
        again.act()


def test_each_has_its_turn(fresh):
    with pytest.raises(UsageError, match="act was called twice"):
        fresh.act([0.0, 0.5])
    fresh.observe(1.0, [0.5, 0.5], False, False)
    with pytest.raises(UsageError, match="observe was called twice"):
        fresh.observe(1.0, [0.5, 0.5], False, False)
    with pytest.raises(UsageError, match="another observation than observe was"):
        fresh.act([0.5, 0.6])
    fresh.act([0.5, 0.5])
    fresh.observe(1.0, [0.0, 0.0], False, True)
    with pytest.raises(UsageError, match="The episode has ended: begin the next one"):
        fresh.observe(1.0, [0.0, 0.0], False, False)
    with pytest.raises(UsageError, match="The episode has ended, so act needs"):
        fresh.act()
    assert fresh.act([0.0, 0.5]) in range(3)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((np.nan, [0.0, 0.0], False, False), "reward is nan, but must be finite"),
        ((np.inf, [0.0, 0.0], False, False), "reward is inf, but must be finite"),
        (("1", [0.0, 0.0], False, False), "reward is '1', but must be a number"),
        ((1.0, [0.0, 0.0, 0.0], False, False), r"of shape \(3,\), but its observation space"),
        ((1.0, [0.0, np.nan], False, False), "nan, but it is not finite"),
        ((1.0, "left", False, False), r"of shape \(\), but its observation space"),
        ((1.0, ["a", "b"], False, False), "that is no array of numbers"),
        ((1.0, [[0.0], [0.0, 1.0]], False, False), "no array of numbers"),
        ((1.0, [0.0, 0.0], 0.5, False), "terminated is 0.5, but must be True or False"),
        ((1.0, [0.0, 0.0], False, None), "truncated is None, but must be True or False"),
    ],
)
def test_what_cannot_be_right_is_refused_and_changes_nothing(fresh, given, said):
    steps = fresh.steps
    with pytest.raises(UsageError, match=said):
        fresh.observe(*given)
    assert fresh.steps == steps


def test_somebody_else_may_act(fresh):
    fresh.observe(1.0, [0.5, 0.5], False, False, action=2)
    fresh.observe(1.0, [0.25, 0.5], False, False, action=np.int64(1))  # without `act`
    state = fresh._loop.lend()
    stream = state.agent.replay
    newest = (int(stream.count) - np.array([2, 1])) % stream.rows
    assert np.asarray(stream.action)[newest, 0].tolist() == [2, 1]
    fresh._loop.take(state)
    fresh.act()
    for wrong in (3, -1, 0.5, "left", [0]):
        with pytest.raises(UsageError, match=r"^action is"):
            fresh.observe(1.0, [0.5, 0.5], False, False, action=wrong)


def test_masks_come_with_either_call():
    learner = qlax.Learner(agent(network=networks.Table()), MASKED)
    with pytest.raises(UsageError, match="must be told which of its 3 actions are legal"):
        learner.act(0)
    with pytest.raises(UsageError, match=r"action_mask has shape \(2,\)"):
        learner.act(0, [True, True])
    with pytest.raises(UsageError, match="action_mask is all zeros"):
        learner.act(0, [0, 0, 0])
    for _ in range(5):
        assert learner.act(0, [0, 0, 1]) == 2
        learner.observe(0.0, 1, False, False)  # the next `act` tells
        with pytest.raises(UsageError, match="not known"):
            learner.observe(0.0, 1, False, False, action=1)
        with pytest.raises(UsageError, match="legal where it goes on"):
            learner.act()
        assert learner.act(None, [0, 1, 0]) == 1
        with pytest.raises(UsageError, match="not legal by the action mask"):
            learner.observe(0.0, 2, False, False, action=2)
        learner.observe(0.0, 2, False, False, action_mask=[1, 0, 0])
        assert learner.act() == 0
        learner.observe(1.0, 3, True, False)
    assert learner.steps == 19
    assert learner.updates > 0


def test_several_environments_begin_anew_in_the_next_step():
    learner = qlax.Learner(agent(), SPEC, num_envs=2)
    with pytest.raises(UsageError, match="num_envs is 2"):
        learner.act([0.0, 0.0])
    actions = learner.act(np.zeros((2, 2)))
    assert actions.shape == (2,)
    learner.observe([1.0, 1.0], np.ones((2, 2)), [True, False], [False, False])
    learner.act(np.ones((2, 2)))
    with pytest.raises(UsageError, match="environment 0 ended in the step before"):
        learner.observe([1.0, 1.0], np.ones((2, 2)), [False, False], [False, False])
    with pytest.raises(UsageError, match=r"reward is 1\.0, but must be a number, 2 of them"):
        learner.observe(1.0, np.ones((2, 2)), [False, False], [False, False])
    with pytest.raises(UsageError, match="terminated is False"):
        learner.observe([0.0, 1.0], np.ones((2, 2)), False, [False, False])
    learner.observe([0.0, 1.0], np.zeros((2, 2)), [False, False], [False, True])
    assert learner.steps == 4
    assert learner.metrics()["episodes"] == 2


def test_schedules_need_to_know_how_long():
    fading = agent(
        explorer=explorers.EpsilonGreedy(epsilon=schedules.Linear(start=1.0, end=0.1, steps=None))
    )
    with pytest.raises(UsageError, match="steps must be given"):
        qlax.Learner(fading, SPEC)


def test_actions_of_others_are_refused_where_their_probability_counts():
    careful = agent(
        explorer=explorers.Boltzmann(temperature=0.5),
        replay=replay.Rollout(
            length=2, minibatches=1, lambda_return=replay.LambdaReturn(kind="retrace")
        ),
        update_every=2,
    )
    learner = qlax.Learner(careful, SPEC)
    learner.act([0.0, 0.0])
    with pytest.raises(UsageError, match="asks how likely the explorer was"):
        learner.observe(0.0, [0.0, 0.0], False, False, action=1)


def test_damaged_folders_are_refused(tmp_path, tmp_path_factory):
    whole = saved(tmp_path_factory.getbasetemp())
    with pytest.raises(UsageError, match="holds no learner"):
        qlax.Learner.load(tmp_path)
    folder = shutil.copytree(whole, tmp_path / "learner")
    notes = json.loads((folder / "learner.json").read_text())

    def damaged(**changes):
        (folder / "learner.json").write_text(json.dumps({**notes, **changes}))
        return pytest.raises(UsageError)

    for changes in (
        {"format": 2},
        {"iteration": -1},
        {"seed": "0"},
        {"is_given": 1},
        {"agent": {"type": "os.system"}},
        {"spec": {}},
        {"origin": 3},
    ):
        with damaged(**changes):
            qlax.Learner.load(folder)
    with damaged(agent={**notes["agent"], "num_envs": 2}):
        qlax.Learner.load(folder)
    (folder / "learner.json").write_text(json.dumps(notes))
    (folder / "state.npz").write_bytes(b"nothing")
    with pytest.raises(UsageError, match="damaged"):
        qlax.Learner.load(folder)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(UsageError, match="holds no learner: give another path"):
        qlax.Learner.load(whole).save(tmp_path / "other")


def test_actions_of_several_numbers_are_the_environments_own(tmp_path):
    space = gym.spaces.MultiDiscrete([2, 3], start=[0, 5])
    choices = actions.Factors()
    spec = spec_of(observation=(2,), actions=space, chosen=choices)
    learner = qlax.Learner(agent(actions=choices), spec)
    for step in range(8):
        action = learner.act([0.0, 1.0] if step == 0 else None)
        assert space.contains(action)
        taken = None if step % 2 else np.array([1, 6])
        learner.observe(1.0, [0.1 * step, 1.0], False, False, action=taken)
    assert learner.updates > 0
    learner.save(tmp_path / "learner")
    assert space.contains(qlax.Learner.load(tmp_path / "learner").act())
    for wrong in ([1, 9], [1], "left", 1.5):
        with pytest.raises(UsageError, match="which is none of 2 × 3 actions"):
            learner.observe(1.0, [0.0, 1.0], False, False, action=wrong)
