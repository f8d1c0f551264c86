"""What a run needs is known before any of it is taken."""

import re

import jax
import numpy as np
import pytest

import qlax
from qlax import UsageError, replay
from qlax.runs import ram


def test_a_replay_that_cannot_fit_is_refused_and_nothing_is_written(tmp_path):
    huge = qlax.Agent(replay=replay.Uniform(capacity=2_000_000_000))
    with pytest.raises(UsageError, match=r"needs \d+\.\d GB of memory.*a replay of .* would fit"):
        qlax.train("CartPole-v1", huge, steps=100, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_seeds_side_by_side_need_as_many_replays(tmp_path):
    large = qlax.Agent(replay=replay.Uniform(capacity=100_000_000))
    with pytest.raises(UsageError, match=r"of memory"):
        qlax.train_seeds("CartPole-v1", large, seeds=range(40), steps=100, out=tmp_path / "runs")


def test_what_is_said_to_fit_fits(monkeypatch):
    monkeypatch.setattr(ram, "free_bytes", lambda: 3e9)
    agent = qlax.Agent(replay=replay.Uniform(capacity=100_000_000))
    state = shapes(agent)
    with pytest.raises(UsageError) as refusal:
        ram.require_ram(agent, state, 1)
    fitting = int(str(refusal.value).rpartition("=")[2].rstrip("."))
    smaller = qlax.Agent(replay=replay.Uniform(capacity=fitting))
    ram.require_ram(smaller, shapes(smaller), 1)
    assert ram.bytes_of(shapes(smaller)) > 1.9e9


def test_gradients_of_a_large_table_need_room_as_well(monkeypatch):
    agent = qlax.presets.tile_coding()
    state = shapes(agent, "MountainCar-v0")
    table = ram.bytes_of(state.agent.learner.params)
    rest = ram.bytes_of(state) - table
    for free, fits in ((1.9 * table, False), (2.1 * table, True)):
        monkeypatch.setattr(ram, "free_bytes", lambda free=free: rest + free + ram._RESERVE)
        if fits:
            ram.require_ram(agent, state, 1)
        else:
            with pytest.raises(UsageError, match="of memory"):
                ram.require_ram(agent, state, 1)


def test_much_memory_is_told_and_little_is_not():
    for capacity, much in ((1_000, False), (30_000_000, True)):
        agent = qlax.Agent(replay=replay.Uniform(capacity=capacity))
        forecast = ram.require_ram(agent, shapes(agent), 1)
        assert forecast.is_much == much
    assert re.fullmatch(r"0\.8 GB, of which the replay 0\.8 GB; [\d.]+ GB are free", str(forecast))


def test_bytes_are_those_of_the_arrays():
    tree = {"a": np.zeros((3, 5), np.float32), "b": jax.ShapeDtypeStruct((7,), np.uint8)}
    assert ram.bytes_of(tree) == 67


def shapes(agent, env="CartPole-v1"):
    from qlax.drivers import driver_for
    from qlax.envs.select import select

    selected = select(env, num_envs=agent.num_envs)
    return driver_for(selected.kind, agent, selected.env).shape(0)
