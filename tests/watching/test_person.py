"""A person at the keyboard, whose episodes are kept as data."""

import json

import gymnasium
import numpy as np
import pytest

from qlax import UsageError
from qlax.watching.person import play_by_hand
from qlax.watching.recording import DESCRIPTION, Recorder, read_plays
from tests.watching.agents import small, untrained
from tests.watching.test_playing import Masked


class Hands:
    """A screen with a keyboard, whose keys are pressed and held by a script."""

    def __init__(self, pressed, held=()):
        self._pressed, self._held = list(pressed), frozenset(held)
        self.said = []

    def show(self, picture, said, values):
        self.said.append(said)

    def pressed(self):
        return [self._pressed.pop(0)] if self._pressed else ["escape"]

    def held(self):
        return self._held

    def close(self):
        pass


def played(env, hands, folder, **options):
    return play_by_hand(
        env,
        hands,
        lambda source, game: Recorder(folder, source.spec, game.names, source.origin),
        **options,
    )


def test_what_a_person_plays_is_kept_and_can_be_played_again(tmp_path):
    hands = Hands(["down", "x", "right", "right", "escape"])
    kept = played("FrozenLake-v1", hands, tmp_path / "new", seed=3)
    assert kept.episodes == [
        {"file": "episode-0000.npz", "seed": 3, "steps": 3, "return": 0.0, "end": None}
    ]
    described, (episode,) = read_plays(tmp_path / "new")
    assert described["spec"]["id"] == "FrozenLake-v1"
    assert described["actions"] == ["left", "down", "right", "up"]
    np.testing.assert_array_equal(episode.actions, [1, 2, 2])
    assert not episode.terminated.any()
    assert not episode.truncated.any()
    assert (episode.q_values, episode.action_masks) == (None, None)
    env = gymnasium.make("FrozenLake-v1")
    seen = [env.reset(seed=3)[0], *(env.step(action)[0] for action in episode.actions)]
    np.testing.assert_array_equal(episode.observations, seen)


def test_an_episode_that_ends_says_how_and_another_begins(tmp_path):
    kept = played("Blackjack-v1", Hands(["s", "s", "s"]), tmp_path / "new", seed=5, episodes=2)
    assert [one["end"] for one in kept.episodes] == ["terminated"] * 2
    assert kept.episodes[0]["seed"] == 5
    _, episodes = read_plays(tmp_path / "new")
    assert episodes[0].terminated.tolist() == [True]
    assert sorted(episodes[0].observations) == ["0", "1", "2"]  # Blackjack shows three numbers
    assert episodes[0].observations["0"].shape == (2,)


def test_where_time_goes_on_no_key_means_idling(tmp_path):
    hands = Hands(["left", *["f1"] * 3])
    kept = played("MountainCar-v0", hands, tmp_path / "new", fps=100)
    _, (episode,) = read_plays(tmp_path / "new")
    assert episode.actions[0] == 0
    assert set(episode.actions[1:]) <= {1}
    assert kept.episodes[0]["end"] is None
    assert hands.said[0] == "press a key to begin"


def test_time_can_be_made_to_wait(tmp_path):
    played("MountainCar-v0", Hands(["left", "right", "right"]), tmp_path / "new", waits=True)
    _, (episode,) = read_plays(tmp_path / "new")
    np.testing.assert_array_equal(episode.actions, [0, 2, 2])


def test_an_episode_can_be_given_up(tmp_path):
    hands = Hands(["right", "backspace", "down"])
    played("FrozenLake-v1", hands, tmp_path / "new")
    _, episodes = read_plays(tmp_path / "new")
    assert [episode.actions.tolist() for episode in episodes] == [[2], [1]]


def test_an_agent_beside_says_what_it_thinks_of_every_state(tmp_path):
    policy = untrained("FrozenLake-v1", small())
    played("FrozenLake-v1", Hands(["right", "down"]), tmp_path / "new", policy=policy, seed=1)
    _, (episode,) = read_plays(tmp_path / "new")
    np.testing.assert_allclose(
        episode.q_values, policy.q_values(episode.observations[:2]), rtol=1e-5
    )


class Drawn(Masked):
    """The masked environment, drawn."""

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012
    render_mode = "rgb_array"

    def render(self):
        return np.zeros((4, 4, 3), np.uint8)


def test_illegal_actions_are_not_taken_and_masks_and_dicts_are_kept(tmp_path):
    played(Drawn, Hands(["1", "0", "0", "1", "2"]), tmp_path / "new")
    _, (episode,) = read_plays(tmp_path / "new")
    np.testing.assert_array_equal(episode.actions, [1, 2, 3])
    np.testing.assert_array_equal(episode.action_masks[:3], np.eye(3, dtype=bool))
    assert sorted(episode.observations) == ["a", "b"]
    np.testing.assert_array_equal(episode.observations["b"], [0, 1, 2, 3])


def test_nothing_is_written_where_nothing_was_played(tmp_path):
    kept = played("FrozenLake-v1", Hands([]), tmp_path / "new")
    assert kept.episodes == []
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_played_is_refused(tmp_path):
    for env, options, sentence in (
        ("MemoryChain-bsuite", {}, "cannot be drawn"),
        ("FrozenLake-v1", {"fps": 0}, "fps is 0"),
        ("FrozenLake-v1", {"episodes": 0}, "episodes is 0"),
        ("FrozenLake-v1", {"policy": untrained("CartPole-v1", small())}, "was trained for"),
    ):
        with pytest.raises(UsageError, match=sentence):
            played(env, Hands([]), tmp_path / "new", **options)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def kept(tmp_path):
    played("FrozenLake-v1", Hands(["down", "right"]), tmp_path / "new")
    return tmp_path / "new"


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(UsageError, match=r"holds no plays: there is no plays\.json"):
        read_plays(tmp_path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": 99}, "newer qlax"),
        ({"episodes": 3}, "lists no files"),
        ({"episodes": [{"file": "../../etc"}]}, "lists no files"),
        ({"episodes": [3]}, "lists no files"),
        ({"episodes": [{"file": "episode-0009.npz"}]}, "is not there"),
    ],
    ids=str,
)
def test_damaged_descriptions_are_refused(kept, change, sentence):
    path = kept / DESCRIPTION
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(UsageError, match=sentence):
        read_plays(kept)


def test_damaged_episodes_are_refused_and_no_code_is_loaded(kept):
    path = kept / "episode-0000.npz"
    path.write_bytes(path.read_bytes()[:80])
    with pytest.raises(UsageError, match="is damaged"):
        read_plays(kept)
    np.savez(path, observations=np.zeros(2), actions=np.array([object()]))
    with pytest.raises(UsageError, match="is damaged"):
        read_plays(kept)
    np.savez(path, observations=np.zeros(2), actions=np.zeros(1))
    with pytest.raises(UsageError, match="it lacks rewards, terminated, truncated"):
        read_plays(kept)
