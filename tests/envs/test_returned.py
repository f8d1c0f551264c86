"""What reset and step return when they are not as Gymnasium has them."""

import sys

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import qlax
from qlax import EnvironmentFailure
from qlax.envs import check_env
from qlax.runs import checkpoint


class Plain(gymnasium.Env):
    observation_space = spaces.Tuple((spaces.Discrete(2), spaces.Discrete(2)))
    action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at = 0
        return self.shown()

    def step(self, action):
        self.at += 1
        return self.stepped(self.shown()[0], 0.0, self.at == 5)

    def shown(self):
        return (0, 1), {}

    def stepped(self, shown, paid, ended):
        return shown, paid, ended, False, {}


class OldReset(Plain):
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return 0, 1  # looks like two values


class OldResetOfOne(Plain):
    observation_space = spaces.Box(0, 1, (2,))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.zeros(2, np.float32)


class OldStep(Plain):
    def stepped(self, shown, paid, ended):
        return shown, paid, ended, {}


class InfoIsNone(Plain):
    def stepped(self, shown, paid, ended):
        return shown, paid, ended, False, None


class EndsAsText(Plain):
    def stepped(self, shown, paid, ended):
        return shown, paid, "no", False, {}


class PaysTwo(Plain):
    def stepped(self, shown, paid, ended):
        return shown, np.zeros(2), ended, False, {}


class Exits(Plain):
    def stepped(self, shown, paid, ended):
        sys.exit("enough")


AGENT = qlax.presets.q_table()
WRONG = [
    (OldReset, "info is 1, but must be a dict", "reset"),
    (
        OldResetOfOne,
        "reset returned one value, but must return two: observation and info. Return "
        "(observation, {}); an environment of old Gym is wrapped in shimmy.GymV21CompatibilityV0",
        "reset",
    ),
    (
        OldStep,
        "step returned 4 values, which is the old API of Gym with one `done`, but must return "
        "five: observation, reward, terminated, truncated and info. Return whether a time limit "
        "cut the episode as the fourth; an environment of old Gym is wrapped in shimmy",
        "step 1",
    ),
    (InfoIsNone, "info is None, but must be a dict", "step 1"),
    (EndsAsText, "terminated is 'no', but must be True or False", "step 1"),
]


@pytest.mark.parametrize(("env", "said", "when"), WRONG, ids=[row[0].__name__ for row in WRONG])
def test_training_and_the_check_say_what_is_wrong_and_the_way_over(env, said, when, tmp_path):
    agent = qlax.presets.dqn() if env is OldResetOfOne else AGENT
    with pytest.raises(EnvironmentFailure) as caught:
        qlax.train(env, agent, steps=20, out=tmp_path / "run")
    told = str(caught.value)
    assert told.startswith(f"{env.__name__} is not as Gymnasium has it: in {when} {said}")
    assert any(problem.startswith(said) for problem in check_env(env).problems)


@pytest.mark.parametrize("flag", [True, np.True_, 1, np.array([True]), np.int64(1)])
def test_a_flag_may_be_any_single_truth(flag, tmp_path):
    class Ends(Plain):
        def stepped(self, shown, paid, ended):
            return shown, 1.0, flag if ended else False, False, {}

    run = qlax.train(Ends, AGENT, steps=24, eval_episodes=2, out=tmp_path / "run")
    assert run.result["eval"]["mean"] == 5.0
    assert check_env(Ends).ok


def test_a_step_that_asks_to_exit_is_a_failure_and_what_was_learned_is_saved(tmp_path):
    class ExitsLate(Plain):
        def step(self, action):
            if self.at == 4:
                sys.exit("enough")
            return super().step(action)

    with pytest.raises(EnvironmentFailure, match="ExitsLate failed to step: SystemExit: enough"):
        qlax.train(ExitsLate, AGENT, steps=100, out=tmp_path / "run")
    (saved,) = checkpoint.checkpoints(tmp_path / "run")
    assert checkpoint.iteration_of(saved) == 4
