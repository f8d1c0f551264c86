"""What one seed begins, no other seed does: on the host, in the compiled loop, in evaluation."""

from typing import ClassVar

import numpy as np
import pytest

import qlax
from qlax.drivers import CompiledDriver, HostDriver
from qlax.envs.opening import source_of
from qlax.envs.seeds import env_seeds
from qlax.envs.select import select
from tests.envs.test_gymnasium import Corridor
from tests.runs.small import AGENT


def test_seeds_of_different_runs_do_not_meet():
    drawn = [one for seed in range(100) for one in env_seeds(seed, 16)]
    assert len(set(drawn)) == 1_600
    assert min(drawn) >= 0
    assert max(drawn) < 2**31
    assert env_seeds(7, 16)[:3] == env_seeds(7, 3)


@pytest.mark.parametrize("backend", ["gymnasium", "auto"])
def test_eight_environments_of_two_seeds_begin_in_sixteen_ways(backend):
    made = AGENT.replace(num_envs=8, learning_starts=16)
    source = source_of("CartPole-v1")
    shown = []
    for seed in (0, 1):
        env = select(source, num_envs=8, backend=backend).env
        driver = (HostDriver if backend == "gymnasium" else CompiledDriver)(made, env)
        shown.append(np.asarray(driver.init([seed]).timestep.observation))
    assert len(np.unique(np.concatenate(shown), axis=0)) == 16


class Heard(Corridor):
    """Remembers what it was seeded with."""

    seeds: ClassVar[list[int]] = []

    def reset(self, *, seed=None, options=None):
        if seed is not None:
            self.seeds.append(seed)
        return super().reset(seed=seed, options=options)


def test_training_and_evaluation_of_two_seeds_are_four_sets_of_episodes(tmp_path):
    heard = []
    for seed in (0, 1):
        for episodes in (0, 8):
            Heard.seeds.clear()
            out = tmp_path / f"{seed}-{episodes}"
            made = AGENT.replace(num_envs=4, learning_starts=8)
            qlax.train(Heard, made, steps=40, seed=seed, out=out, eval_episodes=episodes)
            heard.append(set(Heard.seeds) - {0})  # the description begins with 0
    (one, both), (other, others) = heard[:2], heard[2:]
    assert one < both
    assert len(both) >= 12
    assert not both & others
    assert not one & other
