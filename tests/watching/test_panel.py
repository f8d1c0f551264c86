"""The value of each action as a picture."""

import numpy as np
import pytest
from PIL import ImageColor

from qlax.drawing import EVAL, INK, LINE
from qlax.spaces import Box, EnvSpec
from qlax.watching.actions import action_names
from qlax.watching.panel import LEAST_HEIGHT, WIDTH, Panel, significant
from qlax.watching.playing import Turn
from qlax.watching.scales import Range, Spread, ticks_of
from qlax.watching.thinking import Returns, Thought


def spec_of(actions, first=0):
    box = Box((2,), "float32", -1.0, 1.0)
    return EnvSpec(id="Own-v0", observation=box, num_actions=actions, first_action=first)


def turn_of(q_values, *, returns=None, members=None, step=0, end=None):
    q_values = np.asarray(q_values, np.float32)
    thought = (
        None
        if end
        else Thought(
            q_values,
            best=int(q_values.argmax()),
            marked=frozenset([int(q_values.argmax())]),
            returns=returns,
            members=members,
        )
    )
    return Turn(
        episode=0,
        seed=0,
        step=step,
        observation=None,
        picture=None,
        thought=thought,
        action=None if end else int(q_values.argmax()),
        taken=None,
        reward=0.0,
        total=-3.0,
        legal=None,
        end=end,
    )


def lengths(picture, colour):
    """Return how many pixels of a colour each row of a picture has."""
    return (np.asarray(picture) == ImageColor.getrgb(colour)).all(-1).sum(-1)


def panel_of(actions, **options):
    spec = spec_of(actions)
    return Panel(spec, action_names(None, spec), **options)


def test_the_best_bar_is_whole_and_the_others_are_shorter_by_what_their_values_are_less():
    picture = panel_of(3).draw(turn_of([-10.0, -4.0, -6.0]))
    bars = np.asarray(picture)[:, 20:]  # without the mark of the best
    best, others = lengths(bars, LINE).max(), lengths(bars, "#b8c4d0")
    long, short = others.max(), others[others > 0].min()
    assert 0 < short < long < best
    assert long / best == pytest.approx(1 - 2 / (1.15 * 6), abs=0.03)
    assert short / best == pytest.approx(1 - 6 / (1.15 * 6), abs=0.03)


def test_all_panels_have_the_size_that_was_asked_for():
    assert panel_of(3, height=20).draw(turn_of([1.0, 2.0, 3.0])).size == (WIDTH, LEAST_HEIGHT)
    assert panel_of(3, height=321).draw(turn_of([1.0, 2.0, 3.0])).size == (WIDTH, 321)


def test_of_many_actions_the_best_are_shown():
    values = np.linspace(-1, 1, 500)
    assert lengths(panel_of(500).draw(turn_of(values)), LINE).max() > 20


@pytest.mark.parametrize(
    "values",
    [[0.0, 0.0], [1e9, -1e9], [-np.inf, 3.0], [-np.inf, -np.inf], [np.nan, 1.0], [5.0]],
    ids=str,
)
def test_any_values_can_be_drawn(values):
    panel = panel_of(len(values))
    for step in range(3):
        panel.draw(turn_of(values, step=step))
    panel.draw(turn_of(values, step=3, end="terminated"))


def test_members_of_an_ensemble_are_strokes_all_within_the_scale():
    members = np.array([[5.0, 1.0], [-1.0, -9.0]])
    drawn = panel_of(2).draw(turn_of([2.0, -4.0], members=members))
    strokes = (np.asarray(drawn)[30, 60:] == ImageColor.getrgb(INK)).all(-1)
    assert strokes.sum() >= 2


def test_what_a_person_does_is_marked():
    panel, turn = panel_of(2), turn_of([1.0, 2.0])
    assert lengths(panel.draw(turn), EVAL).sum() == 0
    assert lengths(panel.draw(turn, taken=0), EVAL).sum() > 0


@pytest.mark.parametrize(
    "returns",
    [
        Returns(np.linspace(-1, 1, 5), np.full((2, 5), 0.2)),
        Returns(np.linspace(-1, 1, 8).reshape(2, 4), np.full((2, 4), 0.25)),
        Returns(np.zeros((2, 4)), np.full((2, 4), 0.25)),
    ],
    ids=["atoms", "quantiles", "certain"],
)
def test_distributions_are_drawn(returns):
    values = (returns.values * returns.probabilities).sum(-1)
    drawn = panel_of(2).draw(turn_of(values, returns=returns))
    assert lengths(drawn, LINE).max() > 0


def test_atoms_become_columns_as_high_as_they_are_probable():
    returns = Returns(np.array([0.0, 1.0, 2.0]), np.array([[0.5, 0.25, 0.25]]))
    np.testing.assert_allclose(
        returns.columns(np.linspace(-0.5, 2.5, 7))[0], [1, 1, 0.5, 0.5, 0.5, 0.5]
    )
    assert returns.between(0.3, np.array([True])) == (-0.5, 1.5)


def test_quantiles_become_strokes_where_they_are():
    returns = Returns(np.array([[0.1, 0.2, 2.9]]), np.full((1, 3), 1 / 3))
    columns = returns.columns(np.linspace(0.0, 3.0, 4))[0]
    assert columns[0] == 1.0
    assert columns[1] == 0.0
    assert 0 < columns[2] < 1


def test_scales_widen_at_once_and_narrow_slowly():
    spread = Spread()
    assert spread.of(np.array([0.0, 10.0])) == (10.0 - 11.5, 10.0)
    low, high = spread.of(np.array([9.0, 10.0]))
    assert high - low == pytest.approx(0.98 * 11.5)
    scale, legal = Range(), np.array([True])
    wide = scale.of(Returns(np.array([[0.0, 10.0]]), np.full((1, 2), 0.5)), legal)
    narrow = scale.of(Returns(np.array([[4.0, 5.0]]), np.full((1, 2), 0.5)), legal)
    assert wide[0] < narrow[0] < 1
    assert 9 < narrow[1] < wide[1]


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (-54.321, 2, "−54.32"),
        (100.125, 2, "100.12"),
        (0.12345, 4, "0.1235"),
        (123456.0, 2, "123456"),
        (-12345678.0, 2, "−1.2e+07"),
        (7.0, 0, "7"),
        (-0.001, 2, "0.00"),
    ],
)
def test_values_fit_beside_their_bars(value, digits, text):
    assert significant(value, digits) == text


def test_ends_of_scales_have_digits_enough():
    assert ticks_of(-0.01, 0.02) == ("−0.010", "0.020")
    assert ticks_of(-200, 0) == ("−200", "0")


def test_actions_without_names_are_called_by_the_environments_numbers():
    assert action_names(None, spec_of(3, first=1)) == ("1", "2", "3")
