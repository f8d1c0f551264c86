"""A network that reads very many numbers is told of before training."""

import gymnasium
import numpy as np
import pytest

import qlax
from qlax import networks, presets
from qlax.observers import Observer
from tests.presets.test_presets import showing
from tests.runs.small import AGENT


class Notes(Observer):
    """Keeps what is told of inputs."""

    def __init__(self):
        self.texts = []

    def note(self, topic, text):
        if "input" in text:
            self.texts.append(text)


class Walk(showing(gymnasium.spaces.Discrete(20_000))):
    """A long row of states."""

    def step(self, action):
        return 7, 0.0, False, False, {}


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        (AGENT, ["entry for each of 20,000 states"]),
        (presets.q_learning(), []),
    ],
    ids=["network", "table"],
)
def test_very_many_states_are_for_a_table(agent, told, tmp_path):
    notes = Notes()
    options = {"steps": 60, "eval_episodes": 0, "out": tmp_path / "run"}
    qlax.train(Walk, agent, observers=[notes], **options)
    assert len(notes.texts) == len(told)
    assert all(part in text for part, text in zip(told, notes.texts, strict=True))


class Wall(showing(gymnasium.spaces.Box(0.0, 1.0, (100, 101), np.float32))):
    """Very many numbers."""

    def step(self, action):
        return self.observation_space.sample(), 0.0, False, False, {}


@pytest.mark.parametrize(
    ("network", "count"), [(networks.MLP(hidden=(4,)), 1), (networks.CNN(hidden=(4,)), 0)]
)
def test_very_many_numbers_are_not_for_an_mlp(network, count, tmp_path):
    notes = Notes()
    options = {"steps": 20, "eval_episodes": 0, "out": tmp_path / "run"}
    qlax.train(Wall, AGENT.replace(network=network), observers=[notes], **options)
    assert len(notes.texts) == count
    assert all("10,100 numbers" in text for text in notes.texts)
