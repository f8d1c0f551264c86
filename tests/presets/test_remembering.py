"""Agents with a memory solve what agents without one cannot."""

import pytest

import qlax
from qlax import presets
from tests.probes.recall import Recall
from tests.tiers import in_turn


def solved(agent, steps):
    """Return how often the agent is right in the end."""
    return qlax.train(Recall(), agent, steps=steps, eval_episodes=100).result["eval"]["mean"]


REMEMBERING = {"drqn": 3_000, "r2d2": 6_000, "pqn_lstm": 20_000}


@pytest.mark.parametrize("name", in_turn(list(REMEMBERING), 3))
def test_recurrent_agents_remember(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert solved(presets.AGENTS[name](), REMEMBERING[name]) == 1.0


@pytest.mark.parametrize("name", in_turn(["drqn", "pqn_lstm"], 2))
def test_without_their_memory_they_are_right_half_of_the_time(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert solved(presets.AGENTS[name]().replace(memory=None), REMEMBERING[name]) < 0.7
