"""Observations of a few numbers, in whatever shape."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import qlax
from qlax import networks, observations, replay
from qlax.explaining import value_surface
from qlax.explaining.flat import as_numbers, as_observation, bounds_of, points_between, size_of
from qlax.spaces import Box, Composite, Discrete, EnvSpec

MIXED = Composite(
    (
        ("place", Box((2,), "float32", -1.0, (1.0, 3.0))),
        ("floor", Discrete(5)),
        ("switches", Box((2, 2), "int32", 0, 1)),
    )
)


def spec_of(space):
    return EnvSpec(id="Somewhere-v0", observation=space, num_actions=2)


def test_lists_of_numbers_go_there_and_back():
    seen = {
        "place": np.asarray([[0.5, 2.0], [-0.5, 0.0]], np.float32),
        "floor": np.asarray([3, 4], np.int32),
        "switches": np.asarray([[[0, 1], [1, 0]], [[1, 1], [0, 0]]], np.int32),
    }
    numbers = as_numbers(MIXED, seen)
    assert numbers.tolist() == [[0.5, 2.0, 3, 0, 1, 1, 0], [-0.5, 0.0, 4, 1, 1, 0, 0]]
    back = as_observation(MIXED, numbers)
    for name, array in seen.items():
        np.testing.assert_array_equal(back[name], array)
        assert back[name].dtype == array.dtype
    bounds = bounds_of(MIXED)
    assert bounds.high.tolist() == [1.0, 3.0, 4.0, 1, 1, 1, 1]
    assert bounds.whole.tolist() == [False, False, True, True, True, True, True]
    assert bounds.bounded.all()


def test_images_stacks_states_and_crowds_are_no_lists_of_numbers():
    assert size_of(spec_of(MIXED)) == 7
    assert size_of(spec_of(Box((3, 3), "float32", 0, 1))) == 9
    for space in (
        Discrete(4),
        Box((65,), "float32", 0, 1),
        Box((8, 8), "float32", 0, 1),
        Box((4, 2), "float32", 0, 1, frames=4),
        Composite(
            (("image", Box((8, 8), "uint8", 0, 255)), ("number", Box((1,), "float32", 0, 1)))
        ),
    ):
        assert size_of(spec_of(space)) is None


def test_points_of_whole_numbers_are_whole():
    assert points_between(0, 3, 60, whole=True).tolist() == [0, 1, 2, 3]
    assert points_between(0, 9, 4, whole=True).tolist() == [0, 3, 6, 9]
    assert points_between(0, 1, 3, whole=False).tolist() == [0, 0.5, 1]


class Walk(gymnasium.Env):
    """A walk over six places and three floors, shown in the way of a space."""

    action_space = spaces.Discrete(2)

    def __init__(self, observation_space):
        self.observation_space = observation_space

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x, self.floor = 2, int(self.np_random.integers(3))
        return self._seen(), {}

    def step(self, action):
        self.x += 1 if action else -1
        return self._seen(), float(self.x == 5), self.x in (0, 5), False, {}

    def _seen(self):
        space = self.observation_space
        if isinstance(space, spaces.Dict):
            return {"floor": self.floor, "x": np.asarray([self.x, 0.5], np.float32)}
        return np.asarray([self.x, self.floor][: space.shape[0]], space.dtype)


SPACES = {
    "one number": (spaces.Box(0.0, 5.0, (1,), np.float32), ["value", "returns", "visits"]),
    "two whole numbers": (
        spaces.MultiDiscrete([6, 3]),
        ["value", "policy", "moments", "returns", "visits"],
    ),
    "a dict": (
        spaces.Dict({"floor": spaces.Discrete(3), "x": spaces.Box(0.0, 5.0, (2,), np.float32)}),
        ["importance", "pairs", "pairs-gap", "returns", "visits"],
    ),
}


@pytest.mark.parametrize("kind", SPACES)
def test_every_shape_of_a_few_numbers_is_explained(kind, tmp_path):
    space, names = SPACES[kind]
    agent = qlax.Agent(
        network=networks.MLP(hidden=(8,)),
        observation=observations.ScaleToBounds(),
        replay=replay.Uniform(capacity=400, batch_size=8),
        learning_starts=20,
    )
    env = Walk(space)
    run = qlax.train(env, agent, steps=300, eval_episodes=0, out=tmp_path / "run")
    explanation = qlax.explain(run, env=env, episodes=1)
    assert [picture.name for picture in explanation] == names
    assert explanation.left_out == {}
    if kind == "one number":
        with np.load(explanation["value"].data) as data:
            expected = run.policy.q_values(data["x"][:, None])
            np.testing.assert_allclose(data["q_values"], expected, rtol=1e-5, atol=1e-6)
    if kind == "two whole numbers":
        surface = value_surface(run.policy)
        assert (surface.x.tolist(), surface.y.tolist()) == ([0, 1, 2, 3, 4, 5], [0, 1, 2])
        points = np.stack(np.meshgrid(surface.x, surface.y), -1).reshape(-1, 2).astype(int)
        expected = run.policy.q_values(points).max(-1).reshape(3, 6)
        np.testing.assert_allclose(surface.values, expected, rtol=1e-5, atol=1e-6)
        with np.load(explanation["visits"].data) as data:
            assert data["counts_older_0_1"].shape == (3, 6)
            both = data["counts_older_0_1"] + data["counts_newer_0_1"]
        assert both.sum() == explanation["visits"].facts["states"] == 301
    if kind == "a dict":
        assert explanation["pairs"].facts["pairs"] == [["floor", "x 0"]]
        facts = explanation["importance"].facts
        assert facts["names"] == ["floor", "x 0", "x 1"]
        with np.load(explanation["importance"].data) as data:
            assert data["importance"][2] == 0.0  # it never changes
