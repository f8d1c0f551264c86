"""What all heads that learn a law, or a histogram, have in common."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax import UsageError
from qlax.heads import C51, FQF, IQN, Dueling, HLGauss, LearnsFromReturns, QuantileRegression
from qlax.maths.bootstrap import chosen, scalar_backup
from tests.heads.predicting import BATCH, DENSE, SPARSE, predicted, random_backup

# Wide enough that no return of these tests leaves them.
HEADS = (
    C51(low=-20.0, high=20.0, atoms=31),
    HLGauss(low=-20.0, high=20.0, bins=80),
    QuantileRegression(quantiles=7),
    IQN(quantiles=7, acting_quantiles=7, embedding=8),
    FQF(quantiles=7, embedding=8, knots=9, fraction_scale=1.0),
)
ACTION = jnp.array([0, 1, 2, 2, 1, 0])


def name_of(value):
    return type(value).__name__


@pytest.fixture(params=HEADS, ids=name_of, name="head")
def _head(request):
    return request.param


@pytest.mark.parametrize("features", [DENSE, SPARSE], ids=["dense", "sparse"])
def test_every_array_of_a_prediction_leads_with_the_batch(head, features):
    prediction = predicted(head, features, jax.random.key(3))
    assert {leaf.shape[0] for leaf in jax.tree.leaves(prediction)} == {BATCH}
    assert head.q_values(prediction).shape == (BATCH, 3)


def test_samples_do_not_depend_on_one_another(head):
    prediction = predicted(head)
    last = jax.tree.map(lambda leaf: leaf[3:], prediction)
    np.testing.assert_allclose(
        head.q_values(last), head.q_values(prediction)[3:], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_mean_of_a_target_is_the_scalar_backup(head, seed):
    prediction = predicted(head)
    reward, discount, backup = random_backup(seed)
    target = head.backup(reward, discount, prediction, backup)
    result = head.loss(prediction, ACTION, target)
    expected = scalar_backup(reward, discount, head.q_values(prediction), backup)
    # The error is the target's mean less the prediction's.
    np.testing.assert_allclose(result.error + result.value, expected, atol=2e-3)


@pytest.mark.parametrize("seed", range(2))
def test_no_cost_is_a_cost_of_zero(head, seed):
    prediction = predicted(head)
    reward, discount, backup = random_backup(seed)
    free, unpaid = (
        head.backup(reward, discount, prediction, backup._replace(cost=cost))
        for cost in (None, jnp.zeros_like(backup.policy))
    )
    jax.tree.map(lambda *laws: np.testing.assert_allclose(*laws, atol=1e-5), free, unpaid)


def test_the_value_is_the_mean_of_the_taken_action(head):
    prediction = predicted(head)
    target = head.backup(*random_backup()[:2], prediction, random_backup()[2])
    result = head.loss(prediction, ACTION, target)
    expected = chosen(head.q_values(prediction), ACTION)
    np.testing.assert_allclose(result.value, expected, rtol=1e-4, atol=1e-4)


def test_following_the_gradient_of_the_loss_makes_it_and_the_error_less(head):
    prediction = predicted(head)
    reward, discount, backup = random_backup()
    target = head.backup(reward, discount, prediction, backup)

    def step(_, prediction):
        gradient = jax.grad(lambda found: head.loss(found, ACTION, target).loss.sum())(prediction)
        return jax.tree.map(lambda leaf, slope: leaf - 0.3 * slope, prediction, gradient)

    after = jax.jit(lambda prediction: jax.lax.fori_loop(0, 5_000, step, prediction))(prediction)
    losses = [head.loss(found, ACTION, target) for found in (prediction, after)]
    assert (losses[1].loss < losses[0].loss).all()
    np.testing.assert_allclose(losses[1].error, np.zeros(BATCH), atol=0.1)
    assert float(jnp.abs(losses[0].error).max()) > 1.0


def test_only_the_taken_action_learns(head):
    prediction = predicted(head)
    target = head.backup(*random_backup()[:2], prediction, random_backup()[2])
    gradient = jax.grad(lambda found: head.loss(found, ACTION, target).loss.sum())(prediction)
    law = jax.tree.leaves(gradient)[0]
    moved = jnp.abs(law).max(-1) > 0.0
    np.testing.assert_array_equal(moved, jax.nn.one_hot(ACTION, 3) > 0.0)


@pytest.mark.parametrize("stream", [Dueling(), Dueling(hidden=4)])
def test_a_stream_is_used(head, stream):
    other = type(head)(**{**vars(head), "stream": stream})
    found = other.q_values(predicted(other))
    assert found.shape == (BATCH, 3)
    assert float(jnp.abs(found - head.q_values(predicted(head))).max()) > 1e-3


def test_only_histograms_of_numbers_learn_from_returns(head):
    assert isinstance(head, LearnsFromReturns) == isinstance(head, HLGauss)


REFUSED = [
    (C51, {"low": 1.0, "high": 1.0}, "C51.low is 1.0"),
    (C51, {"low": 11.0}, "C51.low is 11.0"),
    (C51, {"atoms": 1}, "C51.atoms is 1"),
    (C51, {"atoms": 5.0}, "C51.atoms is 5.0"),
    (C51, {"high": float("inf")}, "C51.high is inf"),
    (HLGauss, {"low": 2.0, "high": 1.0}, "HLGauss.low is 2.0"),
    (HLGauss, {"bins": 1}, "HLGauss.bins is 1"),
    (HLGauss, {"sigma_ratio": 0.0}, "HLGauss.sigma_ratio is 0.0"),
    (QuantileRegression, {"quantiles": 0}, "QuantileRegression.quantiles is 0"),
    (QuantileRegression, {"kappa": -0.1}, "QuantileRegression.kappa is -0.1"),
    (QuantileRegression, {"risk": 0.0}, "QuantileRegression.risk is 0.0"),
    (QuantileRegression, {"risk": 1.1}, "QuantileRegression.risk is 1.1"),
    (QuantileRegression, {"rescaling": "h"}, "QuantileRegression.rescaling is 'h'"),
    (IQN, {"quantiles": 0}, "IQN.quantiles is 0"),
    (IQN, {"acting_quantiles": 0}, "IQN.acting_quantiles is 0"),
    (IQN, {"embedding": 0}, "IQN.embedding is 0"),
    (IQN, {"kappa": -1.0}, "IQN.kappa is -1.0"),
    (IQN, {"risk": -0.5}, "IQN.risk is -0.5"),
    (IQN, {"stream": None}, "IQN.stream is None"),
    (FQF, {"quantiles": 1}, "FQF.quantiles is 1"),
    (FQF, {"embedding": 0}, "FQF.embedding is 0"),
    (FQF, {"knots": 1}, "FQF.knots is 1"),
    (FQF, {"kappa": -1.0}, "FQF.kappa is -1.0"),
    (FQF, {"fraction_scale": 0.0}, "FQF.fraction_scale is 0.0"),
    (FQF, {"entropy": -0.1}, "FQF.entropy is -0.1"),
    (FQF, {"risk": 2.0}, "FQF.risk is 2.0"),
]


@pytest.mark.parametrize(("kind", "fields", "told"), REFUSED)
def test_what_cannot_work_is_refused_in_one_sentence(kind, fields, told):
    with pytest.raises(UsageError) as caught:
        kind(**fields)
    assert str(caught.value).startswith(f"{told}, but must be ")
    assert str(caught.value).count(". ") == 0


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (C51, {"low": 0.0, "high": 1e-3, "atoms": 2}),
        (HLGauss, {"low": 0.0, "high": 1e-3, "bins": 2}),
        (QuantileRegression, {"quantiles": 1, "kappa": 0.0, "risk": 1e-6}),
        (IQN, {"quantiles": 1, "acting_quantiles": 1, "embedding": 1, "kappa": 0.0, "risk": 1e-6}),
        (FQF, {"quantiles": 2, "embedding": 1, "knots": 2, "kappa": 0.0, "entropy": 0.0}),
    ],
)
def test_the_edge_of_what_is_possible_works(kind, fields):
    head = kind(**fields)
    prediction = predicted(head)
    reward, discount, backup = random_backup()
    result = head.loss(prediction, ACTION, head.backup(reward, discount, prediction, backup))
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in result)
