"""What is suggested for an id that nobody knows can be typed as it stands, and trained in."""

import sys

import gymnasium
import pytest

from qlax import UsageError
from qlax.envs.opening import describe

FLAPPY = """
import gymnasium, numpy as np
class Bird(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (2,))
    action_space = gymnasium.spaces.Discrete(2)
    def reset(self, *, seed=None, options=None):
        return np.zeros(2, np.float32), {}
class Glider(Bird):
    action_space = gymnasium.spaces.Box(-1, 1, (2,))
gymnasium.register("FlappyBird-v0", "flappy_bird_gymnasium:Bird")
gymnasium.register("FlappyGlider-v0", "flappy_bird_gymnasium:Glider")
"""


@pytest.fixture
def _flappy(tmp_path, monkeypatch):
    """A package that registers its ids on import, and is not announced."""
    (tmp_path / "flappy_bird_gymnasium.py").write_text(FLAPPY)
    record = tmp_path / "flappy_bird_gymnasium-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: flappy-bird-gymnasium\n")
    (record / "top_level.txt").write_text("flappy_bird_gymnasium\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("flappy_bird_gymnasium", None)
    for name in ("FlappyBird-v0", "FlappyGlider-v0"):
        gymnasium.registry.pop(name, None)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Taxi-v2", "Taxi-v4"),
        ("MountainCar", "MountainCar-v0"),
        ("mountaincar-v0", "MountainCar-v0"),
        ("MountianCar-v0", "MountainCar-v0"),
        ("FrozenLake8x8-v9", "FrozenLake8x8-v1"),
        ("FourRoms-misc", "FourRooms-misc"),
        ("MetaMaze", "MetaMaze-misc"),
    ],
)
def test_the_same_name_comes_first_and_continuous_actions_never(name, meant):
    with pytest.raises(UsageError) as refused:
        describe(name)
    assert str(refused.value) == f"There is no environment {name!r}. Did you mean {meant}?"


def test_a_game_is_found_in_its_namespace():
    pytest.importorskip("ale_py")
    with pytest.raises(UsageError, match=r"Did you mean (.* or )?ALE/Pong-v5"):
        describe("Pong-v9")


@pytest.mark.usefixtures("_flappy")
@pytest.mark.parametrize("name", ["FlappyBird-v0", "flappy_bird_gymnasium:FlapyBird-v0"])
def test_an_id_that_needs_its_module_is_suggested_with_it(name):
    with pytest.raises(UsageError) as refused:
        describe(name)
    meant = "Did you mean flappy_bird_gymnasium:FlappyBird-v0?"
    assert str(refused.value) == f"There is no environment {name!r}. {meant}"


def test_where_nothing_is_alike_the_list_is_named():
    with pytest.raises(UsageError, match=r"`qlax envs` lists what is there\.$"):
        describe("Zzyzx-v0")
