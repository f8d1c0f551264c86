"""A user's own vector environment: shown as the environments it is made of, by exact values."""

import sys
import types

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv, VectorEnv

import qlax
from qlax import Agent, EnvironmentFailure, UsageError, explorers, networks, replay
from qlax.envs.opening import opened
from qlax.envs.select import select


class Countdown(gym.Env):
    """Counts down from where it began; pays what it shows; ends at zero, or is cut after four."""

    observation_space = gym.spaces.Box(0.0, 10.0, (1,), np.float32)
    action_space = gym.spaces.Discrete(2, start=1)  # 1 stays, 2 goes down

    def __init__(self, start=2, masked=False):
        self.start, self.masked = start, masked

    def _info(self):
        return {"action_mask": np.array([0, 1], np.int8)} if self.masked else {}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.left, self.steps = self.start, 0
        return np.array([self.left], np.float32), self._info()

    def step(self, action):
        assert action in (1, 2)
        self.left, self.steps = self.left - (action - 1), self.steps + 1
        shown = np.array([self.left], np.float32)
        return shown, float(self.left), self.left <= 0, self.steps == 4, self._info()


class Hand(VectorEnv):
    """A vector environment of a user's own."""

    single_observation_space = Countdown.observation_space
    single_action_space = Countdown.action_space
    num_envs = 2

    def __init__(self, mode=AutoresetMode.NEXT_STEP, resets=True, info=None):
        self.info = info or {}
        self.metadata = {"autoreset_mode": mode}
        self.resets = resets
        self.envs = [Countdown(2), Countdown(5)]
        self.done = np.zeros(2, bool)

    def reset(self, *, seed=None, options=None):
        self.done = np.zeros(2, bool)
        return np.stack([env.reset()[0] for env in self.envs]), self.info

    def step(self, actions):
        rows = []
        for env, action, done in zip(self.envs, actions, self.done, strict=True):
            if done and self.resets:
                rows.append((env.reset()[0], 0.0, False, False))
            else:
                rows.append(env.step(action)[:4])
        shown, paid, ended, cut = zip(*rows, strict=True)
        self.done = np.array(ended) | np.array(cut)
        return np.stack(shown), np.array(paid), np.array(ended), np.array(cut), self.info


STARTS = [lambda: Countdown(2), lambda: Countdown(5)]
MODES = list(AutoresetMode)


def given():
    """Return every kind that is taken, by name."""
    for mode in MODES:
        yield f"sync {mode.value}", lambda mode=mode: SyncVectorEnv(STARTS, autoreset_mode=mode)
    yield "async", lambda: AsyncVectorEnv(STARTS, context="spawn")
    yield "hand", Hand


KINDS = dict(given())
SLOW = pytest.mark.exhaustive  # its processes import all that is imported here


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=SLOW if kind == "async" else ()) for kind in KINDS]
)
def test_episodes_end_and_begin_as_those_of_single_environments(kind):
    env = KINDS[kind]()
    with opened(env) as source:
        host = select(source, num_envs=2).env
        shown = [host.reset(0)] + [host.step(np.array([1, 1], np.int32)) for _ in range(6)]
    seen = np.stack([step.observation[:, 0] for step in shown]).T.tolist()
    assert seen == [[2, 1, 0, 2, 1, 0, 2], [5, 4, 3, 2, 1, 5, 4]]
    assert np.stack([step.reward for step in shown]).T.tolist() == [
        [0, 1, 0, 0, 1, 0, 0],
        [0, 4, 3, 2, 1, 0, 4],
    ]
    assert [step.terminated.tolist() for step in shown] == [
        [at in (2, 5), False] for at in range(7)
    ]
    assert [step.truncated.tolist() for step in shown] == [[False, at == 4] for at in range(7)]
    assert [step.first.tolist() for step in shown] == [
        [at in (0, 3, 6), at in (0, 5)] for at in range(7)
    ]
    host.close()
    env.reset()  # it was lent, and is open
    env.close()


def test_one_is_trained_and_evaluated_in_as_it_is(tmp_path):
    made = Agent(
        network=networks.MLP(hidden=(8,)),
        explorer=explorers.EpsilonGreedy(epsilon=0.5),
        replay=replay.Uniform(capacity=256, batch_size=16),
        learning_starts=20,
    )
    options = {"steps": 60, "eval_episodes": 3, "progress": False, "out": tmp_path / "run"}
    run = qlax.train(Hand(), made, **options)
    assert run.policy.agent.num_envs == 2
    assert run.result["env_steps"] == 60
    assert run.result["eval"]["episodes"] == 3
    assert run.result["env"] == "Hand"
    options["out"] = tmp_path / "other"
    with pytest.raises(UsageError, match="num_envs is 3, but env is a vector environment of 2"):
        qlax.train(Hand(), made.replace(num_envs=3), **options)
    with pytest.raises(UsageError, match="time_limit is 7, which cannot be put on a vector"):
        qlax.train(Hand(), made.replace(time_limit=7), **options)
    with pytest.raises(UsageError, match="but a single one is needed here"):
        qlax.film(run.policy, tmp_path / "film.gif", env=Hand())
    resumed = qlax.resume(tmp_path / "run", env=Hand(), steps=80, progress=False)
    assert resumed.result["env_steps"] == 80


@pytest.mark.parametrize("kind", ["sync", "hand"])
def test_masks_come_with_the_info(kind):
    starts = [lambda: Countdown(2, masked=True)] * 2
    masks = {"action_mask": np.array([[0, 1], [0, 1]], np.int8)}
    env = SyncVectorEnv(starts) if kind == "sync" else Hand(info=masks)
    with opened(env) as source:
        assert source.spec.has_mask
        host = select(source, num_envs=2).env
        steps = [host.reset(0), *(host.step(np.array([1, 1])) for _ in range(3))]
    for step in steps:
        assert step.legal.tolist() == [[False, True]] * 2
    env.close()


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.DISABLED, None])
def test_what_begins_anew_otherwise_is_refused_with_what_to_do(mode):
    with pytest.raises(UsageError, match="must begin anew in the step after"):
        qlax.train(Hand(mode), steps=10)


def test_one_that_does_not_do_what_it_says_is_found_out():
    with opened(Hand(resets=False)) as source:
        host = select(source, num_envs=2).env
        host.reset(0)
        host.step(np.array([1, 1]))
        host.step(np.array([1, 1]))
        with pytest.raises(EnvironmentFailure, match="environment 0, whose episode ended"):
            host.step(np.array([1, 1]))


def test_vector_environments_of_stable_baselines_are_answered(monkeypatch):
    """The real class needs torch: it is known by the name of the class and its module."""
    module = types.ModuleType("stable_baselines3.common.vec_env.base_vec_env")
    VecEnv = type("VecEnv", (), {"__module__": module.__name__, "num_envs": 4})
    monkeypatch.setitem(sys.modules, module.__name__, module)
    DummyVecEnv = type("DummyVecEnv", (VecEnv,), {})
    with pytest.raises(UsageError, match=r"DummyVecEnv, .* an agent with num_envs=4"):
        qlax.train(DummyVecEnv())
