"""What a library leaves out, it leaves to others: the process's output and warnings stay theirs."""

import sys
import threading
import warnings

import gymnasium
import numpy as np

import qlax
from qlax.silence import output_dropped, warnings_ignored
from tests.runs.small import AGENT


def test_two_threads_put_back_what_they_found(capsys):
    first_in, second_in = threading.Event(), threading.Event()

    def first():
        with output_dropped(), warnings_ignored():
            first_in.set()
            second_in.wait(0.2)
            print("nobody reads this")

    def second():
        first_in.wait(5)
        second_in.set()
        with output_dropped(), warnings_ignored():
            print("nor this")

    before = sys.stdout, sys.stderr, list(warnings.filters)
    threads = [threading.Thread(target=act) for act in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sys.stdout, sys.stderr, list(warnings.filters)) == before
    assert capsys.readouterr().out == ""


class Slow(gymnasium.Env):
    """Waits while it is made until another is being made too."""

    observation_space = gymnasium.spaces.Box(-1, 1, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)
    both = threading.Barrier(2)

    def __init__(self):
        if threading.current_thread() is not threading.main_thread():
            self.both.wait(20)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place = 0
        return np.zeros(2, np.float32), {}

    def step(self, action):
        self.place += 1
        return np.zeros(2, np.float32), 0.0, False, self.place >= 20, {}


def test_trainings_in_two_threads_change_nothing_of_the_process(tmp_path):
    before = sys.stdout, gymnasium.logger.min_level, list(warnings.filters)
    runs = {}

    def train(name):
        runs[name] = qlax.train(Slow, AGENT, steps=100, eval_episodes=1, out=tmp_path / name)

    threads = [threading.Thread(target=train, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {run.result["env_steps"] for run in runs.values()} == {100}
    assert (sys.stdout, gymnasium.logger.min_level, list(warnings.filters)) == before
