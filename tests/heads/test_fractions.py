"""FQF: quantiles at learned fractions, and what the fractions learn."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax.heads import FQF
from qlax.heads.fractions import QuantilesOf, Samples
from qlax.maths.bootstrap import Backup
from tests.heads.predicting import ACTIONS, BATCH, DENSE, SPARSE, Applied, predicted, random_params

WIDTHS = jnp.array([[0.5, 0.3, 0.2]])
HEAD = FQF(quantiles=3, kappa=0.0, entropy=0.0)
QUANTILES = jnp.array([[[1.0, 2.0, 5.0], [0.0, 3.0, 4.0]]])
PREDICTION = QuantilesOf(QUANTILES, jnp.array([[[1.5, 4.0], [2.0, 3.0]]]), jnp.log(WIDTHS))


def test_action_values_are_weighted_by_the_widths():
    np.testing.assert_allclose(HEAD.q_values(PREDICTION), [[2.1, 1.7]], rtol=1e-6)


def test_caution_counts_what_lies_in_the_tail_by_its_width():
    # Middles ¼, 0.65 and 0.9
    for risk, expected in ((0.7, [11 / 8, 9 / 8]), (0.5, [1.0, 0.0]), (0.1, [1.0, 0.0])):
        found = FQF(quantiles=3, risk=risk).q_values(PREDICTION)
        np.testing.assert_allclose(found, [expected], rtol=1e-6)


def test_a_target_and_its_loss_by_hand():
    backup = Backup(jnp.array([[0.0, 1.0]]))
    target = HEAD.backup(jnp.array([1.0]), jnp.array([0.5]), PREDICTION, backup)
    np.testing.assert_allclose(target.values, [[1.0, 2.5, 3.0]])
    np.testing.assert_allclose(target.weights, WIDTHS, rtol=1e-6)
    result = HEAD.loss(PREDICTION, jnp.array([0]), target)
    # δ of 1: 0, 1½, 2; of 2: −1, ½, 1; of 5: −4, −2½, −2; levels ¼, 0.65 and 0.9
    expected = (
        0.25 * (0.3 * 1.5 + 0.2 * 2.0)
        + (0.35 * 0.5 * 1.0 + 0.65 * (0.3 * 0.5 + 0.2 * 1.0))
        + 0.1 * (0.5 * 4.0 + 0.3 * 2.5 + 0.2 * 2.0)
    )
    np.testing.assert_allclose(result.loss, [expected], rtol=1e-5)
    np.testing.assert_allclose(result.value, [2.1], rtol=1e-6)
    np.testing.assert_allclose(result.error, [1.85 - 2.1], rtol=1e-5)


def test_fractions_of_equal_widths_are_fixed_quantiles():
    prediction = predicted(FQF(quantiles=4, embedding=8, fraction_scale=1e-12))
    np.testing.assert_allclose(jax.nn.softmax(prediction.logits), np.full((BATCH, 4), 0.25))
    np.testing.assert_allclose(
        FQF(quantiles=4).q_values(prediction), prediction.quantiles.mean(-1), rtol=1e-5
    )


def logistic(level):
    return jnp.log(level / (1.0 - level))


def at(logits, quantile):
    """Return the prediction of one action whose quantile function is known."""
    fractions = jnp.cumsum(jax.nn.softmax(logits, -1), -1)
    below = jnp.concatenate([jnp.zeros_like(fractions[:, :1]), fractions[:, :-1]], -1)
    middles = 0.5 * (below + fractions)
    return QuantilesOf(quantile(middles)[:, None], quantile(below[:, 1:])[:, None], logits)


def slope(head, logits, quantile):
    """Return the loss's derivative by the logits, with F's values given."""
    known = at(logits, quantile)
    target = Samples(jnp.zeros((1, 1)), jnp.ones((1, 1)))

    def loss(logits):
        return head.loss(known._replace(logits=logits), jnp.array([0]), target).loss.sum()

    return jax.grad(loss)(logits)


def area(widths):
    """Return W₁ of the logistic law and its staircase, by the midpoint rule."""
    upper = np.cumsum(widths)
    fine = (np.arange(4_000) + 0.5) / 4_000
    total = 0.0
    for high, width in zip(upper, widths, strict=True):
        levels = high - width + width * fine
        middle = high - 0.5 * width
        gaps = np.abs(np.log(levels / (1 - levels)) - np.log(middle / (1 - middle)))
        total += width * gaps.mean()
    return total


def softmax(logits):
    powers = np.exp(logits)
    return powers / powers.sum()


def test_fractions_descend_the_distance_to_the_staircase():
    """By central differences; the quantile loss adds nothing."""
    logits = np.array([0.3, -0.5, 0.9, -0.2])
    numeric = [
        (area(softmax(logits + shift)) - area(softmax(logits - shift))) / 2e-3
        for shift in 1e-3 * np.eye(4)
    ]
    found = slope(FQF(quantiles=4, entropy=0.0), jnp.asarray(logits, jnp.float32)[None], logistic)
    np.testing.assert_allclose(found[0], numeric, atol=2e-3)


def test_entropy_keeps_widths_apart_from_zero():
    """Without F's help, the widths' entropy alone is ascended."""
    logits = np.array([0.3, -0.5, 0.9, -0.2])

    def entropy(logits):
        widths = softmax(logits)
        return -(widths * np.log(widths)).sum()

    numeric = [
        (entropy(logits + shift) - entropy(logits - shift)) / 2e-4 for shift in 1e-4 * np.eye(4)
    ]
    found = slope(
        FQF(quantiles=4, entropy=0.5), jnp.asarray(logits, jnp.float32)[None], jnp.zeros_like
    )
    np.testing.assert_allclose(found[0], -0.5 * np.array(numeric), atol=1e-5)


@pytest.mark.parametrize("chance", [0.3, 0.7])
def test_a_fraction_finds_where_the_law_jumps(chance):
    """Of a reward that is 0 with some chance, else 1: there the staircase is the law itself."""
    head = FQF(quantiles=2, entropy=0.0)

    def quantile(level):
        return (level > chance).astype(jnp.float32)

    def step(_, logits):
        return logits - 0.02 * slope(head, logits, quantile)

    logits = jax.lax.fori_loop(0, 1_000, step, jnp.zeros((1, 2)))
    np.testing.assert_allclose(jax.nn.softmax(logits)[0, 0], chance, atol=0.01)


def test_who_learns_from_whom():
    """Fractions learn from W₁ and entropy alone, F and the features from quantiles alone."""
    head = FQF(quantiles=4, embedding=8, fraction_scale=1.0)
    module = Applied(head)
    params = random_params(module, DENSE)

    def moved(part):
        by = jax.grad(
            lambda params, features: getattr(module.apply(params, features), part).sum(),
            argnums=(0, 1),
        )(params, DENSE)
        own = by[0]["params"]
        groups = (own["fractions"], own["quantile_function"], by[1])
        return [any(bool(jnp.any(g != 0.0)) for g in jax.tree.leaves(group)) for group in groups]

    assert moved("logits") == [True, False, False]
    assert moved("quantiles") == [False, True, True]
    assert moved("at_fractions") == [False, False, False]


@pytest.mark.parametrize("features", [DENSE, SPARSE], ids=["dense", "sparse"])
def test_quantiles_are_those_of_the_fractions_middles(features):
    """With two knots F is a straight line from F(0) to F(1), the same for all fractions."""
    head = FQF(quantiles=4, embedding=8, knots=2, fraction_scale=1.0)
    prediction = predicted(head, features)
    upper = np.cumsum(jax.nn.softmax(prediction.logits), -1)
    middles = upper - 0.5 * np.asarray(jax.nn.softmax(prediction.logits))
    assert float(np.ptp(upper[:, 0])) > 0.01  # every state has its own
    slopes = np.diff(prediction.quantiles) / np.diff(middles)[:, None]
    np.testing.assert_allclose(slopes, np.broadcast_to(slopes[..., :1], slopes.shape), rtol=0.02)
    between = np.diff(prediction.at_fractions) / np.diff(upper[:, :-1])[:, None]
    np.testing.assert_allclose(between, np.broadcast_to(slopes[..., :1], between.shape), rtol=0.02)
    assert prediction.at_fractions.shape == (BATCH, ACTIONS, 3)
