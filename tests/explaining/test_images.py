"""Images: frames, what hangs on them, and where training has been."""

import gymnasium
import numpy as np
import pytest

import qlax
from qlax import networks, observations, replay
from qlax.explaining.frames import image_of, over_pixels, picture_of, shade
from qlax.explaining.saliency import occlusion
from qlax.spaces import Box, Composite, Discrete, EnvSpec


class Spots(gymnasium.Env):
    """An image of bytes, 12 × 12, in which only the upper left corner ever changes."""

    action_space = gymnasium.spaces.Discrete(2)
    observation_space = gymnasium.spaces.Box(0, 255, (12, 12, 1), np.uint8)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.count = 0
        return self._seen(), {}

    def step(self, action):
        self.count += 1
        return self._seen(), float(self.lit == action), self.count == 8, False, {}

    def _seen(self):
        self.lit = int(self.np_random.integers(2))
        seen = np.full((12, 12, 1), 40, np.uint8)
        seen[0, 0] = 255 * self.lit
        return seen


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    agent = qlax.Agent(
        network=networks.MLP(hidden=(16,)),
        observation=observations.Pixels(),
        replay=replay.Uniform(capacity=400, batch_size=16),
        learning_starts=50,
    )
    out = tmp_path_factory.mktemp("images") / "run"
    return qlax.train(Spots, agent, steps=300, eval_episodes=0, out=out)


@pytest.fixture(scope="module")
def explanation(run):
    return qlax.explain(run, env=Spots, episodes=2)


def test_images_have_saliency_by_occlusion_and_gradient(explanation):
    assert [picture.name for picture in explanation] == ["saliency", "returns", "visits"]
    with np.load(explanation["saliency"].data) as data:
        assert data["frames"].shape == (4, 12, 12, 1)
        assert data["occlusion"].shape == data["gradient"].shape == (4, 12, 12)
        assert np.isfinite(data["gradient"]).all()
        assert (data["gradient"] > 0).any()


def test_hiding_a_pixel_changes_max_q_by_as_much_as_the_policy_says(run, explanation):
    with np.load(explanation["saliency"].data) as data:
        frames, heats = data["frames"], data["occlusion"]
    for frame, heat in zip(frames, heats, strict=True):
        hidden = frame.astype(float)
        padded = np.pad(hidden[..., 0], 1, mode="edge")
        mean = np.mean(
            [[padded[i : i + 12, j : j + 12] for j in range(3)] for i in range(3)], (0, 1)
        )
        for place in ((0, 0), (0, 1), (6, 6)):
            changed = frame.copy()
            changed[place] = int(mean[place] + 1e-9)
            before, after = run.policy.q_values(np.stack([frame, changed])).max(-1)
            np.testing.assert_allclose(heat[place], abs(after - before), atol=1e-4)


def test_what_the_replay_holds_is_the_mean_of_what_was_seen(explanation):
    facts = explanation["visits"].facts
    assert facts == {"states": 301, "while_training": True}
    with np.load(explanation["visits"].data) as data:
        mean = data["mean"][..., 0]
    assert 60 < mean[0, 0] < 200
    np.testing.assert_array_equal(mean[1:], 40.0)


def test_the_largest_image_is_found_wherever_it_is():
    def spec(space):
        return EnvSpec(id="Somewhere-v0", observation=space, num_actions=2)

    image = Box((7, 7, 3), "uint8", 0, 255)
    assert image_of(spec(image)) == (None, image)
    beside = Composite((("direction", Discrete(4)), ("image", image)))
    assert image_of(spec(beside)) == ("image", image)
    assert image_of(spec(Box((4,), "float32", 0, 1))) is None
    assert image_of(spec(Box((4, 4), "float32", 0, 1))) is None


def test_frames_are_taken_out_of_stacks_however_channels_lie():
    stack = Box((4, 8, 9), "uint8", 0, 255, frames=4)
    shown = np.arange(4 * 8 * 9).reshape(4, 8, 9)
    np.testing.assert_array_equal(picture_of(stack, shown)[..., 0], shown[3])
    np.testing.assert_array_equal(over_pixels(stack, shown), shown.sum(0))
    first = Box((3, 8, 9), "uint8", 0, 255)
    shown = np.arange(3 * 8 * 9).reshape(3, 8, 9)
    np.testing.assert_array_equal(picture_of(first, shown), np.moveaxis(shown, 0, -1))
    np.testing.assert_array_equal(over_pixels(first, shown), shown.sum(0))
    last = Box((8, 9, 6), "bool", 0, 1)
    shown = np.zeros((8, 9, 6), bool)
    shown[2, 3, [1, 4]] = True
    colours = shade(last, picture_of(last, shown))
    assert colours.shape == (8, 9, 3)
    assert (colours[2, 3] != colours[0, 0]).any()
    assert over_pixels(last, shown)[2, 3] == 2


def test_boards_of_switches_are_switched_off_cell_by_cell():
    space = Box((10, 10, 2), "bool", 0, 1)

    class Eyes:
        def at(self, observation, legal=None):
            class Look:
                value = (
                    observation.reshape(len(observation), -1).sum(-1)
                    + 10.0 * observation[:, 4, 5, 0]
                )

            return Look()

    class Subject:
        eyes = Eyes()

    board = np.zeros((1, 10, 10, 2), bool)
    board[0, 4, 5, 0] = board[0, 7, 7, 1] = True
    heat = occlusion(Subject(), board, None, space, None)
    assert heat[0, 4, 5] == 11.0
    assert heat[0, 7, 7] == 1.0
    assert heat.sum() == 12.0
