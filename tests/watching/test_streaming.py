"""Play as a stream of pictures and values."""

import io
import itertools
import json

import numpy as np
from PIL import Image

from qlax import heads
from qlax.envs.opening import opened
from qlax.watching.streaming import frames
from tests.watching.agents import small, untrained


def stream(policy, **options):
    with opened(*policy.environment()) as source:
        yield from frames(policy, source, **options)


def test_frames_are_pictures_and_plain_values():
    policy = untrained("Blackjack-v1", small())
    shown = list(stream(policy, episodes=1, seed=4, form="png"))
    for frame in shown:
        json.dumps(frame.values, allow_nan=False)
        assert Image.open(io.BytesIO(frame.image)).size == (730, 400)
    assert shown[0].values["actions"] == ["stick", "hit"]
    assert [frame.values["step"] for frame in shown] == list(range(len(shown)))
    assert [bool(frame.values["end"]) for frame in shown[-2:]] == [False, True]
    assert shown[-1].values["q_values"] is None
    first = shown[0].values
    assert first["action"] == int(np.argmax(first["q_values"]))


def test_episodes_follow_one_another_without_an_end():
    shown = stream(untrained("Blackjack-v1", small()), draws=False)
    numbers = [frame.values["episode"] for frame in itertools.islice(shown, 40)]
    assert numbers == sorted(numbers)
    assert numbers[-1] >= 1


def test_what_cannot_be_drawn_has_values_all_the_same():
    policy = untrained("Catch-bsuite", small(head=heads.C51(atoms=5)))
    shown = list(stream(policy, episodes=1, draws=False))
    assert {frame.image for frame in shown} == {b""}
    returns = shown[0].values["returns"]
    assert len(returns["values"]) == 5
    assert np.shape(returns["probabilities"]) == (3, 5)
