"""A run that has learned is never lost: the policy comes first, all else after it."""

import warnings

import gymnasium
import numpy as np
import pytest

import qlax
from tests.runs import small


class Simulator(gymnasium.Env):
    """A simulator of which only one may be open."""

    observation_space = gymnasium.spaces.Box(-1, 1, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(3)
    is_open = False

    def __init__(self):
        if Simulator.is_open:
            raise OSError(98, "Address already in use")
        Simulator.is_open = True

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.elapsed = 0
        return np.zeros(2, np.float32), {}

    def step(self, action):
        self.elapsed += 1
        return np.zeros(2, np.float32), 1.0, False, self.elapsed >= 20, {}

    def close(self):
        Simulator.is_open = False


@pytest.fixture(autouse=True)
def _closed():
    Simulator.is_open = False


def train(env, out, episodes):
    return qlax.train(env, small.AGENT, steps=60, eval_episodes=episodes, out=out)


@pytest.mark.parametrize("episodes", [0, 1])
def test_one_instance_is_enough(episodes, tmp_path):
    run = train(Simulator, tmp_path / "run", episodes)
    assert (run.result["eval"] is not None) == (episodes > 0)
    qlax.load(run.folder)
    assert not Simulator.is_open
    assert qlax.resume(run.folder, env=Simulator, steps=80).result["env_steps"] == 80


@pytest.mark.parametrize("episodes", [0, 1])
def test_an_environment_that_fails_to_close_is_named_and_the_run_kept(episodes, tmp_path):
    class Crashing(Simulator):
        def __init__(self):
            self.stepped = False

        def step(self, action):
            self.stepped = True
            return super().step(action)

        def close(self):
            if self.stepped:
                raise RuntimeError("simulator already gone")

    with pytest.warns(UserWarning, match="Crashing failed to close: RuntimeError: simulator"):
        run = train(Crashing, tmp_path / "run", episodes)
    assert (run.folder / "result.json").exists()
    qlax.load(run.folder)


def test_an_evaluation_that_cannot_begin_leaves_policy_and_result(tmp_path):
    class Once(Simulator):
        """Steps 60 times, and never again."""

        steps = 0

        def __init__(self):
            pass

        def step(self, action):
            Once.steps += 1
            if Once.steps > 60:
                raise RuntimeError("the licence has run out")
            return super().step(action)

    with pytest.warns(UserWarning, match="saved, but not evaluated: .*the licence has run out"):
        run = train(Once, tmp_path / "run", 5)
    assert run.result["eval"] is None
    assert "the licence has run out" in run.result["eval_error"]
    qlax.load(run.folder)


def test_a_run_shows_itself_in_a_line(tmp_path):
    with warnings.catch_warnings():
        run = train(Simulator, tmp_path / "run", 0)
    assert repr(run) == f"Run({str(tmp_path / 'run')!r})"
