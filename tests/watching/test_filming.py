"""Films of policies at play."""

import itertools
import sys

import gymnasium
import numpy as np
import pytest
from PIL import Image

import qlax
from qlax import UsageError


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    out = tmp_path_factory.mktemp("film") / "run"
    return qlax.train("MountainCar-v0", steps=300, eval_episodes=0, out=out).policy


def test_a_film_shows_the_episode_frame_by_frame(policy, tmp_path):
    qlax.film(policy, tmp_path / "play.gif", seconds=1.0, fps=10, width=150, panel=False)
    with Image.open(tmp_path / "play.gif") as picture:
        assert picture.width == 150
        shown, duration = [], 0
        for frame in range(picture.n_frames):
            picture.seek(frame)
            duration += picture.info["duration"]
            shown.append(np.asarray(picture.convert("L")))
    # Frames that are alike are stored as one that is shown for longer.
    assert 2 <= len(shown) <= 10
    assert duration == 1_000
    # The car moves, and little else: neighbouring frames differ in few pixels.
    changed = [np.mean(one != other) for one, other in itertools.pairwise(shown)]
    assert 0.0 < max(changed) < 0.2


def test_it_ends_with_the_episode_and_says_what_was_earned(policy, tmp_path):
    earned = qlax.film(policy, tmp_path / "play.gif", seconds=100.0, fps=10, every=10)
    assert -200.0 <= earned <= -80.0
    with Image.open(tmp_path / "play.gif") as picture:
        assert 8 <= picture.n_frames <= 22


def test_what_cannot_be_drawn_is_refused(policy, tmp_path):
    class Unseen(gymnasium.Env):
        observation_space = gymnasium.spaces.Box(-1.0, 1.0, (2,), np.float32)
        action_space = gymnasium.spaces.Discrete(3)

    with pytest.raises(UsageError, match="cannot be drawn"):
        qlax.film(policy, tmp_path / "play.gif", Unseen)
    gymnasium.register("Undrawable-v0", lambda: Unseen())
    with pytest.raises(UsageError, match=r"Undrawable-v0 cannot be drawn: .*render_mode"):
        qlax.film(policy, tmp_path / "play.gif", "Undrawable-v0")
    gymnasium.registry.pop("Undrawable-v0")
    assert list(tmp_path.iterdir()) == []


def test_a_policy_of_another_environment_is_refused(policy, tmp_path):
    with pytest.raises(UsageError, match=r"CartPole-v1 shows .* but the policy was trained for"):
        qlax.film(policy, tmp_path / "play.gif", "CartPole-v1")


def test_bad_numbers_are_refused(policy, tmp_path):
    for name, value in (("seconds", 0.0), ("fps", 0), ("every", 0), ("width", 0)):
        with pytest.raises(UsageError, match=name):
            qlax.film(policy, tmp_path / "play.gif", **{name: value})


def test_an_mp4_is_a_film_in_h264(policy, tmp_path):
    av = pytest.importorskip("av")
    qlax.film(policy, tmp_path / "play.mp4", seconds=1.0, fps=10, width=151, panel=False)
    with av.open(str(tmp_path / "play.mp4")) as file:
        (stream,) = file.streams
        shown = [frame.to_ndarray(format="rgb24") for frame in file.decode(stream)]
        assert (stream.codec_context.name, float(stream.average_rate)) == ("h264", 10.0)
    assert len(shown) == 10
    assert shown[0].shape == (100, 150, 3)  # 151 × 101: both must be even
    assert shown[0].mean() > 200  # a car and a hill on white
    assert np.mean(np.any(shown[0] != shown[-1], axis=-1)) < 0.2


def test_a_webp_is_one_also_in_a_folder_that_is_made_for_it(policy, tmp_path):
    qlax.film(policy, tmp_path / "new" / "play.webp", seconds=0.5, fps=10)
    with Image.open(tmp_path / "new" / "play.webp") as picture:
        assert (picture.format, picture.n_frames > 1) == ("WEBP", True)


def test_films_of_other_kinds_are_refused_before_anything_is_played(policy, tmp_path, monkeypatch):
    with pytest.raises(UsageError, match=r"path is '.*play\.mov', but must end in one of \.mp4"):
        qlax.film(policy, tmp_path / "play.mov")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(UsageError, match=r"pip install av, or give a \.webp"):
        qlax.film(policy, tmp_path / "play.mp4", "Nowhere-v0")
    assert list(tmp_path.iterdir()) == []
