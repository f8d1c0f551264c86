"""Long curves with few points."""

import numpy as np
import pytest

from qlax.board.thinning import kept


@pytest.mark.parametrize("length", [0, 1, 8, 9, 31, 100, 1_000, 4_097, 100_000])
@pytest.mark.parametrize("most", [8, 50, 1_000])
def test_there_are_few_points_in_order_and_both_ends_are_among_them(length, most):
    values = np.random.default_rng(length).normal(size=length)
    chosen = kept(values, most)
    assert len(chosen) <= most
    assert (np.diff(chosen) > 0).all()
    if length:
        assert {chosen[0], chosen[-1]} == {0, length - 1}
        assert {values.argmin(), values.argmax()} <= set(chosen)


def test_a_peak_of_one_row_stays():
    values = np.zeros(100_000)
    values[73_211], values[5_004] = 1.0, -1.0
    assert {73_211, 5_004} <= set(kept(values, 100))


def test_the_same_rows_give_the_same_points_and_more_change_only_the_end():
    values = np.random.default_rng(0).normal(size=9_000)
    before, after = kept(values[:8_200], 1_000), kept(values[:8_300], 1_000)
    np.testing.assert_array_equal(kept(values[:8_200], 1_000), before)
    np.testing.assert_array_equal(before[before < 8_160], after[after < 8_160])
