"""Laws of returns: by hand, by identities, and from rlax and SciPy."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import rlax
from scipy import stats

from qlax.maths.bootstrap import Backup, scalar_backup
from qlax.maths.distributional import (
    categorical_backup,
    cross_entropy,
    expectation,
    fraction_gradient,
    gaussian_histogram,
    hat_weights,
    interpolate,
    midpoints,
    project,
    quantile_backup,
    quantile_huber,
    tail_weights,
)

BATCH, ACTIONS = 64, 3
ATOMS = np.linspace(-10.0, 10.0, 21, dtype=np.float32)


@pytest.fixture(params=["plain", "jitted"], name="maybe_jit")
def _maybe_jit(request):
    return jax.jit if request.param == "jitted" else lambda function: function


@pytest.fixture(name="batch", params=range(3))
def _batch(request):
    """Rewards, discounts and a backup; of each sample one action is illegal: π is 0 there."""
    keys = jax.random.split(jax.random.key(request.param), 6)
    forbidden = jax.random.randint(keys[0], (BATCH,), 0, ACTIONS)
    legal = jnp.arange(ACTIONS) != forbidden[:, None]
    preference = jnp.where(legal, jax.random.normal(keys[1], (BATCH, ACTIONS)), -jnp.inf)
    return {
        "reward": jax.random.normal(keys[2], (BATCH,)),
        "discount": jax.random.uniform(keys[3], (BATCH,)).at[::7].set(0.0),
        "backup": Backup(
            policy=jax.nn.softmax(preference, -1),
            cost=0.5 * jax.random.normal(keys[4], (BATCH, ACTIONS)),
            bonus=jax.random.normal(keys[5], (BATCH,)),
        ),
    }


def random_law(seed, *shape):
    return jax.nn.softmax(2.0 * jax.random.normal(jax.random.key(seed), shape), -1)


# --- probabilities of fixed values ------------------------------------------------------------


def test_cross_entropy_by_hand(maybe_jit):
    logits = jnp.log(jnp.array([[0.25, 0.75], [0.5, 0.5]])) + 3.0
    found = maybe_jit(cross_entropy)(logits, jnp.array([[1.0, 0.0], [0.5, 0.5]]))
    np.testing.assert_allclose(found, [np.log(4.0), np.log(2.0)], rtol=1e-6)


def test_hat_weights_by_hand(maybe_jit):
    found = maybe_jit(lambda places: hat_weights(places, 3))(jnp.array([0.0, 0.25, 1.5, 2.0]))
    expected = [[1.0, 0.75, 0.0, 0.0], [0.0, 0.25, 0.5, 0.0], [0.0, 0.0, 0.5, 1.0]]
    np.testing.assert_allclose(found, expected)


def test_a_projection_by_hand(maybe_jit):
    # Atoms 0, 2, 4. At 0.5: ¾ to 0 and ¼ to 2; at 4 all to 4; at 9 and −1 to the ends.
    positions = jnp.array([[0.5, 4.0, 2.0], [9.0, -1.0, 3.0]])
    probabilities = jnp.array([[0.4, 0.1, 0.5], [0.2, 0.3, 0.5]])
    found = maybe_jit(lambda *law: project(*law, np.array([0.0, 2.0, 4.0], np.float32)))(
        positions, probabilities
    )
    np.testing.assert_allclose(found, [[0.3, 0.6, 0.1], [0.3, 0.25, 0.45]], atol=1e-6)


@pytest.mark.parametrize("reach", [5.0, 30.0])
def test_a_projection_is_rlaxs(reach):
    positions = reach * jax.random.normal(jax.random.key(0), (BATCH, 13))
    probabilities = random_law(1, BATCH, 13)
    # rlax needs sorted positions
    positions = jnp.sort(positions, -1)
    theirs = jax.vmap(rlax.categorical_l2_project, (0, 0, None))(
        positions, probabilities, jnp.asarray(ATOMS)
    )
    np.testing.assert_allclose(project(positions, probabilities, ATOMS), theirs, atol=1e-5)


def test_atoms_stay_where_they_are():
    law = random_law(0, BATCH, len(ATOMS))
    found = project(jnp.broadcast_to(ATOMS, law.shape), law, ATOMS)
    np.testing.assert_allclose(found, law, atol=1e-6)


def test_a_categorical_backup_by_hand(maybe_jit):
    # Atoms 0, 1, 2; r = ½, b = ½, d = ½. Action 0 is surely 2, and costs 0: 1 + ½ · 2 = 2.
    # Action 1 is 0 or 2, and costs 1: 1 + ½ (0 − 1) = ½, half to 0 and half to 1, and 1 + ½ = 1½.
    found = maybe_jit(
        lambda law, backup: categorical_backup(
            jnp.array([0.5]), jnp.array([0.5]), law, backup, np.array([0.0, 1.0, 2.0], np.float32)
        )
    )(
        jnp.array([[[0.0, 0.0, 1.0], [0.5, 0.0, 0.5]]]),
        Backup(jnp.array([[0.25, 0.75]]), jnp.array([[0.0, 1.0]]), jnp.array([0.5])),
    )
    # ¼ · [0, 0, 1] + ¾ · (½ [½, ½, 0] + ½ [0, ½, ½])
    np.testing.assert_allclose(found, [[0.1875, 0.375, 0.4375]], atol=1e-6)


def test_a_categorical_backup_is_a_law_with_the_mean_of_the_scalar_backup(batch):
    law = random_law(0, BATCH, ACTIONS, len(ATOMS))
    law = law.at[..., :7].set(0.0).at[..., -7:].set(0.0)  # so that nothing leaves the atoms
    law = law / law.sum(-1, keepdims=True)
    found = categorical_backup(probabilities=law, atoms=ATOMS, **batch)
    np.testing.assert_allclose(found.sum(-1), np.ones(BATCH), atol=1e-5)
    assert float(found.min()) >= 0.0
    expected = scalar_backup(q_next=law @ ATOMS, **batch)
    np.testing.assert_allclose(found @ ATOMS, expected, atol=1e-4)


def test_no_cost_is_a_cost_of_zero(batch):
    law = random_law(0, BATCH, ACTIONS, len(ATOMS))
    reward, discount, backup = batch.values()
    free, unpaid = backup._replace(cost=None), backup._replace(cost=jnp.zeros((BATCH, ACTIONS)))
    np.testing.assert_allclose(
        categorical_backup(reward, discount, law, free, ATOMS),
        categorical_backup(reward, discount, law, unpaid, ATOMS),
        atol=1e-6,
    )


@pytest.mark.filterwarnings("ignore:Rlax categorical_cross_entropy:PendingDeprecationWarning")
def test_a_greedy_categorical_backup_is_rlaxs(batch):
    law = random_law(0, BATCH, ACTIONS, len(ATOMS))
    best = jnp.argmax(law @ ATOMS, -1)
    backup = Backup(jax.nn.one_hot(best, ACTIONS))
    found = categorical_backup(batch["reward"], batch["discount"], law, backup, ATOMS)
    logits_now = jax.random.normal(jax.random.key(1), (BATCH, ACTIONS, len(ATOMS)))
    theirs = jax.vmap(rlax.categorical_q_learning, (None, 0, 0, 0, 0, None, 0))(
        jnp.asarray(ATOMS),
        logits_now,
        jnp.zeros(BATCH, jnp.int32),
        batch["reward"],
        batch["discount"],
        jnp.asarray(ATOMS),
        jnp.log(law),
    )
    np.testing.assert_allclose(cross_entropy(logits_now[:, 0], found), theirs, rtol=1e-4)


EDGES = np.linspace(-2.0, 3.0, 11, dtype=np.float32)


def test_a_histogram_is_scipys_normal_law_bin_by_bin(maybe_jit):
    values = np.array([-2.0, -1.99, -0.3, 0.0, 0.25, 2.8, 3.0], np.float32)
    found = maybe_jit(lambda values: gaussian_histogram(values, EDGES, 0.4))(jnp.asarray(values))
    below = stats.norm.cdf(EDGES.astype(np.float64), values[:, None], 0.4)
    expected = np.diff(below) / (below[:, -1:] - below[:, :1])
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(found.sum(-1), np.ones(7), atol=1e-6)


def test_a_histogram_of_what_lies_beyond_is_that_of_the_edge():
    found = gaussian_histogram(jnp.array([-1e6, 1e6]), EDGES, 0.4)
    np.testing.assert_array_equal(found, gaussian_histogram(jnp.array([-2.0, 3.0]), EDGES, 0.4))
    assert found.argmax(-1).tolist() == [0, 9]


def test_the_mean_of_a_histogram_is_the_value():
    values = jnp.linspace(-0.5, 1.5, 41)
    centres = 0.5 * (EDGES[1:] + EDGES[:-1])
    # σ is ¾ of a bin; the next edge is 4 σ away: 0.5 · P(beyond 4 σ) = 3e-5
    found = gaussian_histogram(values, EDGES, 0.375) @ centres
    np.testing.assert_allclose(found, values, atol=1e-4)


# --- quantiles --------------------------------------------------------------------------------


def test_midpoints_by_hand():
    np.testing.assert_allclose(midpoints(4), [0.125, 0.375, 0.625, 0.875])


def test_the_quantile_huber_loss_by_hand(maybe_jit):
    # δ = 3 and −½ against the quantile 1 of level ¼, κ = 2:
    # ¼ · 2 (3 − 1) / 2 = ½ and ¾ · ½ · ¼ / 2 = 3/64, of which the mean
    found = maybe_jit(lambda *law: quantile_huber(*law, kappa=2.0))(
        jnp.array([[1.0]]), jnp.array([0.25]), jnp.array([[4.0, 0.5]])
    )
    np.testing.assert_allclose(found, [(0.5 + 3.0 / 64.0) / 2.0], rtol=1e-6)


def test_the_quantile_loss_without_kappa_by_hand():
    # ¼ · 3 and ¾ · ½
    found = quantile_huber(
        jnp.array([[1.0]]), jnp.array([0.25]), jnp.array([[4.0, 0.5]]), kappa=0.0
    )
    np.testing.assert_allclose(found, [(0.75 + 0.375) / 2.0], rtol=1e-6)


def random_quantiles(count, samples, seed=0):
    keys = jax.random.split(jax.random.key(seed), 3)
    quantiles = jax.random.normal(keys[0], (BATCH, count))
    levels = jax.random.uniform(keys[1], (BATCH, count))
    return quantiles, levels, 2.0 * jax.random.normal(keys[2], (BATCH, samples))


@pytest.mark.parametrize("kappa", [0.0, 0.3, 1.0])
def test_the_quantile_loss_and_its_gradient_are_rlaxs(maybe_jit, kappa):
    quantiles, levels, samples = random_quantiles(7, 5)

    def theirs(quantiles):
        each = jax.vmap(rlax.quantile_regression_loss, (0, 0, 0, None))
        return each(quantiles, levels, samples, kappa) / (kappa or 1.0)

    def ours(quantiles):
        return quantile_huber(quantiles, levels, samples, kappa)

    np.testing.assert_allclose(maybe_jit(ours)(quantiles), theirs(quantiles), rtol=1e-5)
    by = [jax.grad(lambda q, loss=loss: loss(q).sum())(quantiles) for loss in (ours, theirs)]
    np.testing.assert_allclose(*by, atol=1e-6)


def test_weights_count_samples_several_times():
    quantiles, levels, samples = random_quantiles(7, 3)
    weighted = quantile_huber(
        quantiles, levels, samples, 1.0, jnp.tile(jnp.array([0.5, 0.25, 0.25]), (BATCH, 1))
    )
    repeated = quantile_huber(quantiles, levels, samples[:, jnp.array([0, 0, 1, 2])], 1.0)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-5)


def test_only_quantiles_have_a_gradient():
    gradients = jax.grad(lambda *law: quantile_huber(*law, 1.0).sum(), argnums=(0, 1, 2))(
        *random_quantiles(7, 5)
    )
    assert [bool(jnp.any(gradient != 0.0)) for gradient in gradients] == [True, False, False]


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_without_kappa_the_loss_is_least_at_the_quantile(level):
    """Of 1,000 samples; where the derivative changes its sign, within a sample's distance."""
    samples = jnp.sort(jax.random.normal(jax.random.key(0), (1, 1_000)))
    at = jnp.linspace(-3.0, 3.0, 6_001)
    losses = jax.vmap(lambda q: quantile_huber(q[None, None], jnp.array([level]), samples, 0.0))(at)
    assert float(at[losses[:, 0].argmin()]) == pytest.approx(
        float(np.quantile(samples, level)), abs=0.02
    )


def test_a_quantile_backup_by_hand(maybe_jit):
    # ¼ ([1, 3] − 1) + ¾ ([5, 7] + 1) = [4.5, 6.5]; 1 + 10 + ½ of it
    found = maybe_jit(quantile_backup)(
        jnp.array([1.0]),
        jnp.array([0.5]),
        jnp.array([[[1.0, 3.0], [5.0, 7.0]]]),
        Backup(jnp.array([[0.25, 0.75]]), jnp.array([[1.0, -1.0]]), jnp.array([10.0])),
    )
    np.testing.assert_allclose(found, [[13.25, 14.25]])


def test_every_quantile_of_a_backup_is_a_scalar_backup(batch):
    quantiles = jax.random.normal(jax.random.key(0), (BATCH, ACTIONS, 5))
    found = quantile_backup(quantiles=quantiles, **batch)
    each = [scalar_backup(q_next=quantiles[..., i], **batch) for i in range(5)]
    np.testing.assert_allclose(found, np.stack(each, -1), atol=1e-5)


def test_greedy_quantile_learning_is_rlaxs(batch):
    quantiles, levels, _ = random_quantiles(5, 1)
    quantiles_next = jax.random.normal(jax.random.key(4), (BATCH, ACTIONS, 5))
    backup = Backup(jax.nn.one_hot(jnp.argmax(quantiles_next.mean(-1), -1), ACTIONS))
    samples = quantile_backup(batch["reward"], batch["discount"], quantiles_next, backup)
    by_action = jnp.swapaxes(quantiles_next, 1, 2)
    theirs = jax.vmap(rlax.quantile_q_learning, (0, 0, None, 0, 0, 0, 0, None))(
        quantiles[..., None],
        levels,
        0,
        batch["reward"],
        batch["discount"],
        by_action,
        by_action,
        1.0,
    )
    np.testing.assert_allclose(quantile_huber(quantiles, levels, samples, 1.0), theirs, rtol=1e-4)


LEVELS = jnp.array([0.875, 0.125, 0.625, 0.375])


@pytest.mark.parametrize(
    ("risk", "expected"),
    [
        (1.0, [0.25, 0.25, 0.25, 0.25]),
        (0.7, [0.0, 1 / 3, 1 / 3, 1 / 3]),
        (0.375, [0.0, 0.5, 0.0, 0.5]),
        (0.2, [0.0, 1.0, 0.0, 0.0]),
        (0.01, [0.0, 1.0, 0.0, 0.0]),  # the lowest at least
    ],
)
def test_tail_weights_by_hand(maybe_jit, risk, expected):
    found = maybe_jit(lambda levels: tail_weights(levels, risk))(LEVELS)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_weights_within_the_tail_keep_their_proportions():
    found = tail_weights(LEVELS, 0.7, jnp.array([0.4, 0.1, 0.3, 0.2]))
    np.testing.assert_allclose(found, [0.0, 1 / 6, 1 / 2, 1 / 3], rtol=1e-6)


def test_the_tail_of_a_normal_law_has_the_mean_that_is_known():
    """CVaR_η of N(0, 1) is −pdf(Φ⁻¹(η)) / η; by 1,000 quantiles."""
    levels = midpoints(1_000)
    quantiles = jnp.asarray(stats.norm.ppf(levels))[None, None]
    for risk in (0.1, 0.5, 1.0):
        expected = -stats.norm.pdf(stats.norm.ppf(risk)) / risk
        found = expectation(quantiles, tail_weights(levels, risk)[None])
        np.testing.assert_allclose(found, [[expected]], atol=2e-3)


def test_an_expectation_by_hand():
    quantiles = jnp.array([[[1.0, 2.0], [3.0, 5.0]]])
    np.testing.assert_allclose(expectation(quantiles, jnp.array([[0.25, 0.75]])), [[1.75, 4.5]])


def test_an_interpolation_by_hand(maybe_jit):
    # Knots at 0, ½ and 1
    curve = jnp.array([[[0.0, 2.0, 3.0], [1.0, 0.0, 4.0]]])
    found = maybe_jit(interpolate)(curve, jnp.array([[0.0, 0.25, 0.75, 1.0]]))
    np.testing.assert_allclose(found, [[[0.0, 1.0, 2.5, 3.0], [1.0, 0.5, 2.0, 4.0]]])


def test_an_interpolation_is_numpys():
    curve = jax.random.normal(jax.random.key(0), (5, 2, 9))
    levels = jax.random.uniform(jax.random.key(1), (5, 6))
    found = interpolate(curve, levels)
    for sample in range(5):
        for action in range(2):
            expected = np.interp(levels[sample], np.linspace(0.0, 1.0, 9), curve[sample, action])
            np.testing.assert_allclose(found[sample, action], expected, atol=1e-5)


def test_the_fraction_gradient_by_hand():
    # 2 · 1 − 2 − ½ and 2 · 3 − 5 − 2
    found = fraction_gradient(jnp.array([[1.0, 3.0]]), jnp.array([[0.5, 2.0, 5.0]]))
    np.testing.assert_allclose(found, [[-0.5, -1.0]])


def test_the_fraction_gradient_is_the_derivative_of_the_distance():
    """By central differences of the area between the logistic law's quantiles and the stairs."""
    fractions = np.array([0.0, 0.07, 0.3, 0.55, 0.93, 1.0])

    def quantile(level):
        return np.log(level / (1.0 - level))

    def area(fractions):
        fine = (np.arange(2_000) + 0.5) / 2_000
        total = 0.0
        for low, high in itertools.pairwise(fractions):
            levels = low + (high - low) * fine
            gaps = np.abs(quantile(levels) - quantile(0.5 * (low + high)))
            total += (high - low) * gaps.mean()
        return total

    step = 1e-4
    numeric = [
        (area(fractions + shift) - area(fractions - shift)) / (2.0 * step)
        for shift in step * np.eye(len(fractions))[1:-1]
    ]
    middles = 0.5 * (fractions[1:] + fractions[:-1])
    found = fraction_gradient(
        jnp.asarray(quantile(fractions[1:-1]))[None], jnp.asarray(quantile(middles))[None]
    )
    np.testing.assert_allclose(found[0], numeric, atol=2e-3)
