"""Environments that do not come back: interrupted, named, and what was learned is saved."""

import signal
import subprocess
import sys
import threading
import time

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import qlax
from qlax import EnvironmentFailure
from qlax.cli.main import run as exit_code_of
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.opening import describe
from qlax.runs import checkpoint


def turning():
    while True:
        pass


def sleeping():
    time.sleep(10_000)


def waiting():
    threading.Event().wait()


def stubborn():
    while True:
        try:
            time.sleep(10_000)
        except Exception:
            continue


class Stuck(gymnasium.Env):
    """Counts to 40, then never comes back from a step."""

    observation_space = spaces.Discrete(100)
    action_space = spaces.Discrete(2)
    hang = staticmethod(turning)
    at_step = 40
    in_reset = False

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at = 0
        if self.in_reset and seed != 0:  # seed 0 is for its description
            self.hang()
        return 0, {}

    def step(self, action):
        self.at += 1
        if self.at == self.at_step:
            self.hang()
        return self.at, 1.0, False, False, {}


AGENT = qlax.presets.q_table()


def hanging_in(hang, **options):
    return type("Stuck", (Stuck,), {"hang": staticmethod(hang), **options})


def trained(env, path, **options):
    with pytest.raises(EnvironmentFailure) as caught:
        qlax.train(env, AGENT, steps=1_000, step_timeout=0.4, out=path, **options)
    return str(caught.value)


@pytest.mark.parametrize("hang", [turning, sleeping, waiting, stubborn])
def test_a_step_that_never_returns_is_a_failure_and_what_was_learned_is_saved(hang, tmp_path):
    said = trained(hanging_in(hang), tmp_path / "run")
    assert said.startswith(
        "Stuck did not return from step within 0.4 seconds, the longest that is waited for "
        "(`step_timeout`), in step 40: it was in "
    )
    (saved,) = checkpoint.checkpoints(tmp_path / "run")
    assert checkpoint.iteration_of(saved) == 39
    with pytest.warns(UserWarning, match="after 39 of 1,000 steps"):
        assert qlax.load(tmp_path / "run").predict(3) in (0, 1)


def test_it_is_said_where_the_environment_was(tmp_path):
    said = trained(hanging_in(turning), tmp_path / "run")
    assert "it was in turning (test_watchdog.py, line " in said


def test_a_reset_that_never_returns_is_one_too(tmp_path):
    said = trained(hanging_in(sleeping, in_reset=True), tmp_path / "run", seed=1)
    assert "did not return from reset within 0.4 seconds" in said
    assert not (tmp_path / "run").exists()


def test_in_another_thread_it_is_interrupted_between_instructions(tmp_path):
    said = []
    other = threading.Thread(
        target=lambda: said.append(trained(hanging_in(turning), tmp_path / "run"))
    )
    other.start()
    other.join()
    assert "did not return from step within 0.4 seconds" in said[0]


def test_environments_that_step_in_threads_are_given_up(monkeypatch):
    monkeypatch.setattr("qlax.envs.gymnasium.usable_cores", lambda: 2)
    over = threading.Event()
    env = hanging_in(lambda: over.wait(), at_step=1)
    stepped = GymnasiumEnv(env, 2, describe(Stuck), in_threads=True, step_timeout=0.4)
    stepped.reset(0)
    with pytest.raises(EnvironmentFailure, match="did not return from step within"):
        stepped.step(np.zeros(2, np.int32))
    stepped.close()  # does not wait for them
    over.set()


def test_the_signal_is_as_it_was_before(tmp_path):
    """In a process of its own: what other tests left open may be watched still."""
    code = (
        "import signal; from tests.envs.test_watchdog import Stuck, trained\n"
        "assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL\n"
        f"trained(Stuck, {str(tmp_path / 'run')!r})\n"
        "assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_signal_that_is_taken_is_left_alone(tmp_path):
    def own(number, frame):
        raise AssertionError

    before = signal.signal(signal.SIGALRM, own)
    try:
        trained(Stuck, tmp_path / "run")
        assert signal.getsignal(signal.SIGALRM) is own
    finally:
        signal.signal(signal.SIGALRM, before)


def test_steps_within_the_limit_are_left_alone(tmp_path):
    class Slow(Stuck):
        at_step = 0

        def step(self, action):
            time.sleep(0.01)
            shown, paid, _, _, info = super().step(action)
            return shown, paid, self.at >= 90, False, info

    run = qlax.train(Slow, AGENT, steps=100, step_timeout=10, eval_episodes=1, out=tmp_path / "r")
    assert run.result["env_steps"] == 100


def test_without_a_limit_nothing_watches(tmp_path):
    before = threading.active_count()
    spec = describe(Stuck)
    stepped = GymnasiumEnv(Stuck, 1, spec, step_timeout=None)
    assert threading.active_count() == before
    stepped.close()


def test_an_evaluation_that_hangs_leaves_the_policy(tmp_path):
    class HangsLater(Stuck):
        steps = 0

        def step(self, action):
            HangsLater.steps += 1
            if HangsLater.steps > 120:
                turning()
            return super().step(action)[0], 1.0, self.at == 20, False, {}

    with pytest.warns(UserWarning, match="The policy is saved, but not evaluated: HangsLater did"):
        run = qlax.train(HangsLater, AGENT, steps=100, step_timeout=0.4, out=tmp_path / "run")
    assert run.result["eval"] is None
    assert qlax.load(tmp_path / "run").predict(0) in (0, 1)


def test_the_command_line_has_an_option(tmp_path, capsys):
    gymnasium.register("Stuck-v0", hanging_in(sleeping))
    try:
        words = ["train", "Stuck-v0", "--agent", "q_table", "--step-timeout", "0.4"]
        assert exit_code_of([*words, "--steps", "100", "--out", str(tmp_path / "run")]) == 1
    finally:
        del gymnasium.registry["Stuck-v0"]
    said = " ".join(capsys.readouterr().err.split())
    assert "Stuck-v0 did not return from step within 0.4 seconds" in said
    assert "--step-timeout" in said
