"""Every world is drawn and its actions are called by their names, without a display."""

import importlib.util

import gymnasium
import pytest

import qlax
from qlax.envs.opening import opened
from qlax.watching.playing import game
from tests.watching.agents import small, untrained

CLASSIC = {
    "CartPole-v1": ("left", "right"),
    "MountainCar-v0": ("left", "coast", "right"),
    "Acrobot-v1": ("torque −1", "no torque", "torque +1"),
    "FrozenLake-v1": ("left", "down", "right", "up"),
    "CliffWalking-v1": ("up", "right", "down", "left"),
    "Taxi-v4": ("south", "north", "east", "west", "pick up", "drop off"),
    "Blackjack-v1": ("stick", "hit"),
}
OTHERS = {
    "LunarLander-v3": ("Box2D", ("no engine", "left engine", "main engine", "right engine")),
    "ALE/Pong-v5": ("ale_py", ("noop", "fire", "right", "left", "rightfire", "leftfire")),
    "MinAtar/Breakout-v1": ("minatar", ("none", "left", "right")),
    "MiniGrid-Empty-5x5-v0": (
        "minigrid",
        ("left", "right", "forward", "pickup", "drop", "toggle", "done"),
    ),
    "VizdoomBasic-v1": ("vizdoom", ("none", "attack", "move right", "move left")),
    "SuperMarioBros-1-1-v0": (
        "gym_super_mario_bros",
        ("none", "right", "right A", "right B", "right A B", "A", "left"),
    ),
}


def film(env, path):
    policy = untrained(env, small())
    with opened(env) as source, game(source, policy) as played:
        names = played.names
    qlax.film(policy, path, seconds=0.5)
    assert path.stat().st_size > 1000
    return names


@pytest.mark.parametrize("env", CLASSIC)
def test_the_plain_install_films_every_classic_task(env, tmp_path, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert film(env, tmp_path / "film.mp4") == CLASSIC[env]


# Box2D is compiled by a SWIG whose types have no module.
@pytest.mark.filterwarnings("ignore:builtin type:DeprecationWarning")
@pytest.mark.exhaustive
@pytest.mark.parametrize("env", OTHERS)
def test_other_worlds_are_filmed_too(env, tmp_path):
    package, names = OTHERS[env]
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    assert film(env, tmp_path / "film.webp") == names


def test_what_writes_text_is_drawn_as_text(tmp_path):
    policy = untrained("FrozenLake-v1", small())
    qlax.film(
        policy,
        tmp_path / "film.gif",
        gymnasium.make("FrozenLake-v1", render_mode="ansi"),
        seconds=0.5,
    )
    assert (tmp_path / "film.gif").stat().st_size > 500
