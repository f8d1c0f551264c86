"""Images in any order of axes and of any size: what is recognised, and what is said."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.wrappers import AtariPreprocessing, FrameStackObservation, TransformObservation

import qlax
from qlax import networks
from qlax.envs.images import remarks_on
from qlax.envs.opening import describe
from qlax.networks.cnn import images
from qlax.observers import Observer
from qlax.presets import resolve
from qlax.spaces import Box, Composite, Discrete


def game(**options):
    return gymnasium.make("ALE/Pong-v5", **options)


def preprocessed():
    return FrameStackObservation(AtariPreprocessing(game(frameskip=1), noop_max=0), 4)


def darker():
    inner = preprocessed()
    return TransformObservation(inner, lambda seen: seen // 2, inner.observation_space)


def custom():
    blank = np.full((84, 84), 7, np.uint8)
    inner = AtariPreprocessing(game(frameskip=1), noop_max=0)
    return FrameStackObservation(inner, 4, padding_type=blank)


@pytest.fixture(autouse=True)
def _games():
    ale_py = pytest.importorskip("ale_py")
    gymnasium.register_envs(ale_py)


@pytest.mark.parametrize("make", [preprocessed, darker, custom])
def test_stacks_of_gymnasiums_own_are_images_of_four_channels(make):
    space = describe(make).observation
    assert space.shape == (4, 84, 84)
    env = make()
    shown = env.reset(seed=0)[0]
    seen = np.asarray(images("CNN", shown[None], space))
    np.testing.assert_array_equal(seen[0], np.moveaxis(shown, 0, -1))
    network = resolve(make).agent.network
    assert isinstance(network, networks.CNN)
    assert network.kernels == (8, 4)
    env.close()


def test_a_stack_that_is_known_for_one_is_stored_as_single_frames():
    assert describe(preprocessed).observation.frames == 4
    assert describe(darker).observation.frames == 1


RAW = "images of 210 × 160 pixels are learned from slowly: shrink them"


def test_raw_frames_get_a_sentence_before_training_and_in_the_check(tmp_path):
    said = []

    class Notes(Observer):
        def note(self, topic, text):
            said.append((topic, text))

    agent = qlax.Agent(
        network=networks.MLP(hidden=(1,)),
        replay=qlax.replay.Uniform(capacity=20, batch_size=2),
        learning_starts=20,
    )
    qlax.train(
        lambda: game(), agent, steps=10, eval_episodes=0, out=tmp_path / "run", observers=[Notes()]
    )
    (note,) = [text for topic, text in said if topic == "note" and "pixels" in text]
    assert note.startswith(RAW)
    report = qlax.envs.check_env(lambda: game(), episodes=1, steps=5)
    assert [sentence for sentence in report.notes if sentence.lower().startswith(RAW)]


@pytest.mark.parametrize(
    ("space", "said"),
    [
        (Box((84, 84), "uint8", 0, 255), []),
        (Box((4, 84, 84), "uint8", 0, 255, frames=4), []),
        (Box((300, 300), "float32", 0, 1), []),  # a table of numbers
        (Discrete(4), []),
        (Box((240, 256, 3), "uint8", 0, 255), ["images of 240 × 256 pixels"]),
        (Box((240, 256), "uint8", 0, 255), ["images of 240 × 256 pixels"]),
        (
            Composite((("eye", Box((3, 240, 256), "uint8", 0, 255)), ("leg", Discrete(4)))),
            ["observations of shape (3, 240, 256) are taken for", "images of 240 × 256 pixels"],
        ),
    ],
    ids=str,
)
def test_what_is_said_of_images(space, said):
    sentences = list(remarks_on(space))
    assert len(sentences) == len(said)
    assert all(map(str.startswith, sentences, said))


def test_the_check_says_that_channels_come_first():
    class Eye(gymnasium.Env):
        observation_space = spaces.Box(0, 255, (3, 20, 30), np.uint8)
        action_space = spaces.Discrete(2)

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            return np.zeros((3, 20, 30), np.uint8), {}

        def step(self, action):
            return np.zeros((3, 20, 30), np.uint8), 0.0, self.np_random.random() < 0.5, False, {}

    report = qlax.envs.check_env(Eye)
    assert any(
        "images of 20 × 30 pixels whose 3 channels come first" in one for one in report.notes
    )
