"""Play on a screen: what may be asked for, and which policy plays."""

import time

import numpy as np
import pytest

import qlax
from qlax import UsageError
from qlax.loading import load
from qlax.watching.following import Newest
from qlax.watching.live import watch
from qlax.watching.remote import SPEEDS, Remote
from tests.watching.agents import small, untrained


class Scripted:
    """A screen whose keys are pressed by a script: for every picture a list of keys."""

    def __init__(self, *script):
        self.script, self.shown, self.said = list(script), [], []
        self.is_closed = False

    def show(self, picture, said, values):
        self.shown.append(values)
        self.said.append(said)

    def pressed(self):
        return self.script.pop(0) if self.script else ["q"]

    def close(self):
        self.is_closed = True


@pytest.fixture(scope="module")
def policy():
    return untrained("CartPole-v1", small())


def test_a_screen_is_shown_every_turn_until_somebody_quits(policy):
    screen = Scripted(*[["right"]] * 4)
    assert watch(lambda: policy, screen, fps=1000) == []
    assert [values["step"] for values in screen.shown] == [0, 1, 2, 3, 4]
    assert set(screen.said) == {"paused"}
    assert screen.is_closed


def test_a_pause_lasts_until_it_is_over(policy):
    screen = Scripted(["space"], [], [], ["+"], ["space"])
    watch(lambda: policy, screen, fps=1000)
    assert screen.said[:3] == ["paused", "paused, speed ×2", "speed ×2"]


def test_the_next_episode_can_be_asked_for_and_counts_as_left(policy):
    screen = Scripted(["n"], ["n"], ["q"])
    assert watch(lambda: policy, screen, seed=9, fps=1000) == []
    seeds = [(values["episode"], values["seed"]) for values in screen.shown]
    assert seeds == [(0, 9), (1, 10), (2, 11)]


def test_so_many_episodes_are_played_and_their_returns_returned():
    policy = untrained("Blackjack-v1", small())
    began = time.monotonic()
    returns = watch(lambda: policy, Scripted(*[["n"], []] * 20), episodes=2, fps=1000)
    assert len(returns) <= 2
    assert time.monotonic() - began < 60


def test_speeds_have_ends():
    remote = Remote()
    for _ in range(20):
        assert remote.ask("faster")
    assert remote.speed == SPEEDS[-1]
    for _ in range(20):
        assert remote.ask("slower")
    assert remote.speed == SPEEDS[0]
    assert not remote.ask("w")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"fps": 0}, "fps is 0, but must be from 1 to 1000"),
        ({"episodes": 0}, "episodes is 0"),
        ({"width": 3}, "width is 3"),
        ({"seed": -1}, "seed is -1"),
        ({"env": "MountainCar-v0"}, "but the policy was trained for"),
    ],
    ids=str,
)
def test_bad_arguments_are_refused(policy, options, sentence):
    with pytest.raises(UsageError, match=sentence):
        watch(lambda: policy, Scripted(), **options)


def test_another_policy_plays_from_the_next_episode_on(policy):
    other = untrained("CartPole-v1", small(network=qlax.networks.MLP(hidden=(4,))))
    asked = iter([policy, other, other])
    screen = Scripted(["n"], ["q"])
    watch(lambda: next(asked), screen, fps=1000)
    first, second = screen.shown
    assert first["q_values"] != second["q_values"]


def test_the_newest_policy_of_a_run_is_read_again_only_when_there_is_a_newer(tmp_path):
    run = tmp_path / "run"
    early, late = (
        untrained("CartPole-v1", small(network=qlax.networks.MLP(hidden=(width,))))
        for width in (3, 4)
    )
    early.save(run / "moments" / f"{0:012}")
    newest = Newest(run)
    one = newest()
    assert one is newest()
    assert newest.is_changing
    assert newest.said() == "after 0 steps of training"
    late.save(run / "moments" / f"{100:012}")
    two = newest()
    assert two.agent.network == late.agent.network
    late.save(run / "policy")
    assert newest().agent == late.agent
    assert not newest.is_changing
    assert newest.said() == "training has ended"
    finished = Newest(run)
    finished()
    assert finished.said() is None
    np.testing.assert_array_equal(newest().q_values(np.zeros(4)), load(run).q_values(np.zeros(4)))


def test_a_folder_without_any_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no policy"):
        Newest(tmp_path)()
