"""Our statistics beside rliable's own, on the same arrays, and what they say of few seeds.

rliable's numbers are in `data/rliable.json`, which `numbers_of_rliable.py` wrote.
"""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from qlax.comparing import statistics

THEIRS = json.loads((Path(__file__).parent / "data" / "rliable.json").read_text())


def scores(runs, tasks, seed=0, shift=0.0):
    return np.random.default_rng(seed).normal(shift, 1.0, (runs, tasks))


def shape_of(entry):
    return "x".join(map(str, np.shape(entry["scores"])))


@pytest.mark.parametrize("theirs", THEIRS["single"], ids=shape_of)
def test_estimates_are_those_of_rliable(theirs):
    for name in ("iqm", "mean", "median", "optimality_gap"):
        assert getattr(statistics, name)(theirs["scores"]) == pytest.approx(theirs[name])
    ours = statistics.performance_profile(theirs["scores"], theirs["thresholds"])
    np.testing.assert_allclose(ours, theirs["profile"])


@pytest.mark.parametrize("theirs", THEIRS["single"], ids=shape_of)
def test_intervals_are_those_of_rliable_up_to_chance(theirs):
    found, thresholds = theirs["scores"], theirs["thresholds"]
    ours = statistics.stratified_bootstrap(found, resamples=50_000)
    if len(found) == 1:
        assert np.isnan(ours).all()
        return
    np.testing.assert_allclose(ours, theirs["iqm_interval"], atol=0.03)
    low, high = statistics.stratified_bootstrap(
        found, lambda drawn: statistics.performance_profile(drawn, thresholds), resamples=10_000
    )
    step = 1 / np.size(found)  # the profile of so few runs moves in steps
    np.testing.assert_allclose(np.stack([low, high], -1), theirs["profile_interval"], atol=step)


@pytest.mark.parametrize("theirs", THEIRS["pairs"])
def test_the_probability_of_improvement_is_that_of_rliable_also_with_ties(theirs):
    x, y = theirs["x"], theirs["y"]
    assert statistics.probability_of_improvement(x, y) == pytest.approx(theirs["probability"])
    assert statistics.probability_of_improvement(x, x) == 0.5
    ours = statistics.improvement_interval(x, y, resamples=20_000)
    if min(len(x), len(y)) == 1:
        assert np.isnan(ours).all()
    else:
        np.testing.assert_allclose(ours, theirs["interval"], atol=0.03)


def test_profiles_have_intervals_at_every_threshold():
    found, thresholds = scores(10, 3), np.linspace(-2, 2, 5)
    low, high = statistics.stratified_bootstrap(
        found, lambda drawn: statistics.performance_profile(drawn, thresholds)
    )
    middle = statistics.performance_profile(found, thresholds)
    assert low.shape == (5,)
    assert (low <= middle).all()
    assert (middle <= high).all()


def test_the_same_seed_gives_the_same_interval_and_large_draws_are_made_in_portions(monkeypatch):
    found = scores(10, 3)
    assert statistics.stratified_bootstrap(found) == statistics.stratified_bootstrap(found)
    assert statistics.stratified_bootstrap(found) != statistics.stratified_bootstrap(found, seed=1)
    monkeypatch.setattr(statistics, "_MOST_AT_ONCE", 100)
    low, high = statistics.stratified_bootstrap(found, resamples=500)
    assert low < statistics.iqm(found) < high


def test_of_a_single_run_there_is_no_interval():
    assert np.isnan(statistics.stratified_bootstrap([[3.0]])).all()
    assert np.isnan(statistics.improvement_interval([1.0], [1.0, 2.0])).all()
    assert statistics.permutation_test([1.0], [5.0]) == 1.0


def test_identical_scores_have_an_interval_without_width_and_no_difference():
    same = np.full((5, 2), 500.0)
    assert statistics.stratified_bootstrap(same) == (500.0, 500.0)
    assert statistics.probability_of_improvement(same, same) == 0.5
    assert statistics.permutation_test(same, same) == 1.0
    assert statistics.runs_needed(0.5) == math.inf


@pytest.mark.parametrize(("runs", "p"), [(2, 2 / 6), (3, 2 / 20), (4, 2 / 70), (5, 2 / 252)])
def test_the_permutation_test_counts_the_ways_to_deal_runs(runs, p):
    low, high = np.arange(runs), np.arange(runs) + 100.0
    assert statistics.permutation_test(high, low) == pytest.approx(p, abs=0.008)


def test_the_permutation_test_is_right_as_often_as_it_says():
    random = np.random.default_rng(0)
    draws = [
        statistics.permutation_test(*random.normal(size=(2, 5)), permutations=300) <= 0.1
        for _ in range(400)
    ]
    assert np.mean(draws) <= 0.13


def test_more_runs_are_needed_the_closer_agents_are():
    assert statistics.runs_needed(0.99) == 6
    assert statistics.runs_needed(0.75) == pytest.approx(21, abs=1)
    assert statistics.runs_needed(0.25) == statistics.runs_needed(0.75)
    assert statistics.runs_needed(0.6, tasks=4) < statistics.runs_needed(0.6) / 3.5


def test_several_comparisons_count_for_more():
    np.testing.assert_allclose(statistics.holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])
    assert statistics.holm([0.9, 0.8]).max() == 1.0


@pytest.mark.parametrize("wrong", [np.zeros((0, 2)), np.zeros((2, 0)), 3.0])
def test_nothing_is_not_a_score(wrong):
    with pytest.raises(ValueError, match="must be runs × tasks"):
        statistics.iqm(wrong)
