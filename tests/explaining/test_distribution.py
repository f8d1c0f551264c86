"""Distributions of returns along an episode."""

import dataclasses

import numpy as np
import pytest

import qlax
from qlax import heads, networks, replay
from qlax.explaining.distribution import quantiles, spread_of
from tests.explaining.test_returns import episode_of
from tests.tiers import in_turn

LEVELS = (0.1, 0.5, 0.9)


def predicted(prediction, steps=1):
    return dataclasses.replace(episode_of(np.zeros(steps)), prediction=prediction)


def test_quantiles_are_the_smallest_value_with_so_much_below():
    values = np.asarray([[0.0, 1.0, 2.0, 3.0]])
    weights = np.asarray([[0.2, 0.3, 0.4, 0.1]])
    assert quantiles(values, weights, (0.2, 0.5, 0.51, 1.0)).tolist() == [[0.0, 1.0, 2.0, 3.0]]
    assert quantiles(values, weights, (0.0, 0.95)).tolist() == [[0.0, 3.0]]


def test_atoms_keep_their_places_and_are_scaled_back():
    head = heads.C51(low=0.0, high=2.0, atoms=3)
    logits = np.log(np.asarray([[[0.5, 0.25, 0.25], [1e-9, 1.0, 1e-9]]], np.float32))
    spread = spread_of(head, predicted(logits), factor=0.1)
    np.testing.assert_allclose(spread.values[0, 0], [0.0, 10.0, 20.0])
    np.testing.assert_allclose(spread.weights[0, 0], [0.5, 0.25, 0.25], rtol=1e-5)
    assert spread.are_atoms


def test_quantiles_are_put_in_order():
    head = heads.QuantileRegression(quantiles=3)
    crossing = np.asarray([[[3.0, 1.0, 2.0], [0.0, 0.0, 0.0]]], np.float32)
    spread = spread_of(head, predicted(crossing))
    assert spread.values[0, 0].tolist() == [1.0, 2.0, 3.0]
    np.testing.assert_allclose(spread.weights, 1 / 3)
    assert not spread.are_atoms


def test_of_an_ensemble_it_is_what_its_members_expect():
    head = heads.Ensemble(members=3)
    members = np.asarray([[[3.0, 0.0], [1.0, 0.0], [2.0, 0.0]]], np.float32)  # [B, K, A]
    spread = spread_of(head, predicted(members))
    assert spread.values[0, 0].tolist() == [1.0, 2.0, 3.0]


HEADS = [
    heads.C51(low=0.0, high=50.0),
    heads.QuantileRegression(quantiles=8),
    heads.IQN(quantiles=4, acting_quantiles=8),
    heads.FQF(quantiles=8),
    heads.HLGauss(low=0.0, high=50.0),
    heads.Ensemble(members=3),
]


@pytest.mark.parametrize("head", in_turn(HEADS, 3), ids=lambda head: type(head).__name__)
def test_its_mean_is_the_value_that_the_agent_acts_by(head, tmp_path):
    agent = qlax.Agent(
        network=networks.MLP(hidden=(8,)),
        head=head,
        replay=replay.Uniform(capacity=100, batch_size=4),
        learning_starts=20,
    )
    run = qlax.train("CartPole-v1", agent, steps=100, eval_episodes=0, out=tmp_path / "run")
    explanation = qlax.explain(run, episodes=2)
    with np.load(explanation["distribution"].data) as data:
        mean = (data["values"] * data["probabilities"]).sum(-1)
        np.testing.assert_allclose(data["mean"], mean, rtol=1e-5)
        assert (np.diff(data["values"], axis=-1) >= 0).all()
        assert (np.diff(data["quantiles"], axis=-1) >= 0).all()
        steps, mean = len(mean), data["mean"]
    with np.load(explanation["returns"].data) as data:
        # One of the episodes compared with what was observed is the one that is drawn.
        found = [
            begin
            for begin in range(len(data["predicted"]) - steps + 1)
            if np.allclose(data["predicted"][begin : begin + steps], mean, rtol=1e-3, atol=1e-3)
        ]
    assert found
    with np.load(explanation["distribution-actions"].data) as data:
        assert data["density"].max() <= 1.0 + 1e-6
        assert (data["density"].sum(-1) > 0.9).all()


def test_heads_of_means_alone_have_none(tmp_path):
    run = qlax.train(
        "CartPole-v1",
        qlax.Agent(network=networks.MLP(hidden=(4,)), learning_starts=50),
        steps=100,
        eval_episodes=0,
        out=tmp_path / "run",
    )
    explanation = qlax.explain(run, episodes=1)
    assert "distribution" not in [picture.name for picture in explanation]
    assert explanation.left_out == {}
