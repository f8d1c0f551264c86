"""Seeds with other intervals and other ends, on one grid."""

import numpy as np
import pytest

from qlax.comparing.curves import GRID, common_grid, curve_of, on_grid
from qlax.errors import UsageError


def line(end=100.0, every=10.0, height=1.0):
    x = np.arange(0.0, end + 1, every)
    return x, height * x


def test_seeds_that_agree_are_drawn_where_they_reported():
    curve = curve_of([line(), line(height=3.0)], middle="mean")
    np.testing.assert_array_equal(curve.x, line()[0])
    np.testing.assert_allclose(curve.middle, 2.0 * curve.x)
    assert (curve.low <= curve.middle).all()
    assert (curve.middle <= curve.high).all()


def test_seeds_with_other_intervals_are_interpolated():
    curve = curve_of([line(every=10), line(every=7)], middle="mean")
    whole = curve.is_whole
    np.testing.assert_allclose(curve.middle[whole], curve.x[whole])
    assert curve.x[whole].max() == 98.0


def test_there_is_no_band_beyond_the_end_of_any_seed_and_nothing_is_made_up():
    curve = curve_of([line(end=50), line(end=100, height=2.0), line(end=100, height=4.0)])
    beyond = curve.x > 50
    assert (curve.count[beyond] == 2).all()
    assert np.isnan(curve.low[beyond]).all()
    assert np.isfinite(curve.low[~beyond]).all()
    np.testing.assert_allclose(curve.middle[beyond], 3.0 * curve.x[beyond])
    assert np.isnan(on_grid(*line(end=50), np.array([50.0, 51.0]))[1])


def test_of_many_values_between_two_places_the_mean_is_drawn_not_one_of_them():
    x = np.arange(10_000.0)
    noise = np.tile([0.0, 10.0], 5_000)
    curve = curve_of([(x, noise), (x[:-1], noise[:-1])], middle="mean")
    assert len(curve.x) <= GRID + 2
    assert np.abs(curve.middle[2:-2] - 5.0).max() < 0.5


@pytest.mark.parametrize("middle", ["iqm", "mean", "median"])
@pytest.mark.parametrize("band", ["interval", "std", "range"])
def test_bands_surround_the_middle(middle, band):
    random = np.random.default_rng(0)
    series = [(np.arange(5.0), random.normal(size=5)) for _ in range(6)]
    curve = curve_of(series, middle=middle, band=band)
    assert (curve.low <= curve.middle + 1e-12).all()
    assert (curve.middle <= curve.high + 1e-12).all()


def test_one_seed_and_none_have_no_band():
    assert np.isnan(curve_of([line()]).low).all()
    assert curve_of([]).seeds == 0
    assert len(common_grid([])) == 0
    assert curve_of([line(), (np.empty(0), np.empty(0))]).seeds == 1


@pytest.mark.parametrize("wrong", [{"middle": "mode"}, {"band": "stripes"}])
def test_other_words_are_refused(wrong):
    with pytest.raises(UsageError, match="must be one of"):
        curve_of([line()], **wrong)
