"""Linear layers: how their weights begin, and what noise does to them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from flax import linen as nn

from qlax import explorers, heads, networks
from qlax.features import SparseFeatures
from qlax.layers import Dense, Noisy
from qlax.observations import Raw
from qlax.spaces import Box, EnvSpec
from qlax.states import ActingParams
from tests.networks.applying import matrix_of
from tests.probes.training import agent_for_probes

INPUTS, OUTPUTS = 6, 4
X = jax.random.normal(jax.random.key(1), (5, INPUTS))
SAME = jnp.tile(X[:1], (5, 1))
SPARSE = SparseFeatures(jnp.array([[0, 2], [1, 3], [0, 5]]), INPUTS)


class Applied(nn.Module):
    """A layer by itself."""

    layer: object
    outputs: int = OUTPUTS
    hidden: bool = False

    @nn.compact
    def __call__(self, features):
        return self.layer(features, self.outputs, name="it", hidden=self.hidden)


def made(layer, features=X, **options):
    """Return the module and its weights."""
    module = Applied(layer, **options)
    return module, module.init(jax.random.key(0), features)["params"]["it"]


def ran(module, weights, features, **streams):
    """Return the outputs, with a random key for each stream given."""
    rngs = {name: jax.random.key(seed) for name, seed in streams.items()}
    return np.asarray(module.apply({"params": {"it": weights}}, features, rngs=rngs))


def plain(weights, features):
    return np.asarray(features) @ matrix_of(weights) + np.asarray(weights["bias"])


# --- without noise --------------------------------------------------------------------------------


@pytest.mark.parametrize("outputs", [4, 40])
@pytest.mark.parametrize("layer", [Dense(), Dense(kernel="sparse", sparsity=0.5)])
def test_dense_is_a_matrix_and_a_bias(layer, outputs):
    module, weights = made(layer, outputs=outputs)
    weights = weights | {"bias": jnp.arange(1.0, 1.0 + outputs)}
    assert matrix_of(weights).shape == (INPUTS, outputs)
    np.testing.assert_allclose(ran(module, weights, X), plain(weights, X), atol=1e-5)


@pytest.mark.parametrize(("inputs", "outputs"), [(50, 2_000), (20_000, 5)])
def test_lecun_weights_have_a_variance_of_one_over_the_inputs(inputs, outputs):
    _, weights = made(Dense(), jnp.ones((1, inputs)), outputs=outputs)
    scaled = matrix_of(weights) * inputs**0.5
    # 100,000 numbers: the mean is known to about 0.003, the variance to √(2 / 10⁵) = 0.5 %.
    assert scaled.mean() == pytest.approx(0.0, abs=0.015)
    assert scaled.var() == pytest.approx(1.0, rel=0.02)
    assert (np.asarray(weights["bias"]) == 0.0).all()


@pytest.mark.parametrize(
    ("inputs", "sparsity", "unused"), [(50, 0.9, 45), (8, 0.5, 4), (10, 0.0, 0), (4, 0.9, 3)]
)
def test_sparse_weights_leave_a_share_of_inputs_unused(inputs, sparsity, unused):
    layer = Dense(kernel="sparse", sparsity=sparsity)
    _, weights = made(layer, jnp.ones((1, inputs)), outputs=3_000)
    kernel = matrix_of(weights)
    used = kernel != 0.0
    # Exactly so many of every output, and every input as often as any other.
    np.testing.assert_array_equal((~used).sum(0), np.full(3_000, unused))
    expected = 3_000 * (inputs - unused) / inputs
    assert (np.abs(used.sum(1) - expected) <= 5 * np.sqrt(expected * unused / inputs)).all()
    # Those that are used are uniform in ± 1 / √inputs.
    scaled = kernel[used] * inputs**0.5
    assert scipy.stats.kstest(scaled, scipy.stats.uniform(-1.0, 2.0).cdf).pvalue > 1e-3
    assert (np.asarray(weights["bias"]) == 0.0).all()


@pytest.mark.parametrize("outputs", [10, 20])
def test_outputs_leave_different_inputs_unused(outputs):
    _, weights = made(Dense(kernel="sparse"), jnp.ones((1, 50)), outputs=outputs)
    used = matrix_of(weights) != 0.0
    np.testing.assert_array_equal(used.sum(0), np.full(outputs, 5))
    assert len(np.unique(used, axis=1).T) == outputs


@pytest.mark.parametrize("layer", [Dense(), Noisy()])
def test_a_table_begins_with_zeros_unless_a_nonlinearity_follows(layer):
    module, weights = made(layer, SPARSE)
    assert (np.asarray(weights["kernel"]) == 0.0).all()
    assert "bias" not in weights
    np.testing.assert_array_equal(ran(module, weights, SPARSE), np.zeros((3, OUTPUTS)))
    _, weights = made(layer, SPARSE, hidden=True)
    assert np.asarray(weights["kernel"]).std() == pytest.approx(1.0, abs=0.5)


# --- with noise -----------------------------------------------------------------------------------


def test_noisy_begins_as_published():
    _, weights = made(Noisy(sigma=0.4), jnp.ones((1, 25)), outputs=2_000)
    for name, shape in (("kernel", (25, 2_000)), ("bias", (2_000,))):
        mean, deviation = np.asarray(weights[name]), np.asarray(weights[f"{name}_deviation"])
        assert mean.shape == deviation.shape == shape
        # Uniform in ± 1 / √25, and 0.4 / √25.
        law = scipy.stats.uniform(-0.2, 0.4).cdf
        assert scipy.stats.kstest(mean.ravel(), law).pvalue > 1e-3
        np.testing.assert_allclose(deviation, 0.08, rtol=1e-6)


def test_without_a_stream_of_noise_it_is_its_mean():
    module, weights = made(Noisy(sigma=5.0))
    np.testing.assert_allclose(ran(module, weights, X), plain(weights, X), atol=1e-5)


@pytest.mark.parametrize("stream", ["noise", "own_noise"])
def test_without_deviation_there_is_no_noise(stream):
    module, weights = made(Noisy(sigma=0.0))
    found = ran(module, weights, X, **{stream: 7})
    np.testing.assert_allclose(found, plain(weights, X), atol=1e-5)


def test_one_draw_of_noise_serves_a_batch():
    module, weights = made(Noisy())
    noisy = ran(module, weights, SAME, noise=7)
    np.testing.assert_allclose(noisy, np.tile(noisy[:1], (5, 1)), rtol=1e-6)
    assert np.abs(noisy - plain(weights, SAME)).max() > 0.01
    assert np.abs(noisy - ran(module, weights, SAME, noise=8)).max() > 0.01
    np.testing.assert_array_equal(noisy, ran(module, weights, SAME, noise=7))


def test_every_row_has_its_own_draw_of_own_noise():
    module, weights = made(Noisy())
    noise = ran(module, weights, SAME, own_noise=7) - plain(weights, SAME)
    assert len(np.unique(noise.round(5), axis=0)) == 5
    assert np.abs(noise).max() > 0.01


def test_a_row_shares_its_own_noise_among_all_inner_axes():
    """Every quantile level of an environment is seen through one matrix."""
    module, weights = made(Noisy())
    basis = jnp.concatenate([jnp.zeros((1, INPUTS)), jnp.eye(INPUTS)])
    rows = jnp.broadcast_to(jnp.concatenate([basis, X])[None], (3, 1 + INPUTS + len(X), INPUTS))
    noise = ran(module, weights, rows, own_noise=7) - plain(weights, rows)
    for bias, *matrix in noise[:, : 1 + INPUTS]:
        weight = np.stack(matrix) - bias
        assert np.linalg.matrix_rank(weight, tol=1e-5) == 1
    biases = noise[:, 0]
    matrices = noise[:, 1 : 1 + INPUTS] - biases[:, None]
    expected = np.asarray(X) @ matrices + biases[:, None]
    np.testing.assert_allclose(noise[:, 1 + INPUTS :], expected, atol=1e-5)
    assert len(np.unique(biases.round(5), axis=0)) == 3


def test_the_noise_of_a_batch_is_one_noisy_matrix_of_rank_one():
    """Noise is Σ ∘ f(ε′) f(ε)ᵀ and σ ∘ f(ε), so with equal deviations it has one row's shape."""
    module, weights = made(Noisy(sigma=0.5))
    basis = jnp.concatenate([jnp.zeros((1, INPUTS)), jnp.eye(INPUTS)])
    bias, *rows = ran(module, weights, basis, noise=3) - plain(weights, basis)
    matrix = np.stack(rows) - bias
    assert np.linalg.matrix_rank(matrix, tol=1e-5) == 1
    assert np.linalg.matrix_rank(np.concatenate([matrix, bias[None]]), tol=1e-5) == 1
    # Any other batch is seen through the same matrix.
    noise = ran(module, weights, X, noise=3) - plain(weights, X)
    np.testing.assert_allclose(noise, np.asarray(X) @ matrix + bias, atol=1e-5)


def test_the_deviations_scale_the_noise_entry_by_entry():
    module, weights = made(Noisy(sigma=1.0))
    before = ran(module, weights, X, noise=3) - plain(weights, X)
    weights = weights | {
        "kernel_deviation": weights["kernel_deviation"].at[:, 0].set(0.0),
        "bias_deviation": weights["bias_deviation"].at[0].set(0.0),
    }
    after = ran(module, weights, X, noise=3) - plain(weights, X)
    np.testing.assert_allclose(after[:, 0], 0.0, atol=1e-6)
    np.testing.assert_allclose(after[:, 1:], before[:, 1:], atol=1e-6)


def test_the_variance_of_factorised_noise():
    """E f(ε)² = E |ε| = √(2 / π) = c, so an output varies by (σ₀² / n) c (c |x|² + 1)."""
    rows = 100_000
    module, weights = made(Noisy(sigma=0.5))
    x = jnp.tile(X[:1], (rows, 1))
    noise = ran(module, weights, x, own_noise=0) - plain(weights, x)
    c = (2.0 / np.pi) ** 0.5
    expected = 0.25 / INPUTS * c * (c * float((X[0] ** 2).sum()) + 1.0)
    np.testing.assert_allclose(noise.var(0), expected, rtol=0.04)
    np.testing.assert_allclose(noise.mean(0), 0.0, atol=5 * (expected / rows) ** 0.5)
    # Outputs share the noise of the inputs: no correlation, but they are large together.
    assert abs(np.corrcoef(noise[:, 0], noise[:, 1])[0, 1]) < 0.03
    assert np.corrcoef(noise[:, 0] ** 2, noise[:, 1] ** 2)[0, 1] > 0.1


@pytest.mark.parametrize("streams", [{}, {"noise": 5}, {"own_noise": 5}], ids=str)
def test_sparse_features_are_the_dense_vector_they_stand_for(streams):
    module, weights = made(Noisy(), SPARSE, hidden=True)
    ones = np.zeros((3, INPUTS), np.float32)
    ones[np.arange(3)[:, None], np.asarray(SPARSE.indices)] = 1.0
    without_bias = {"bias": jnp.zeros(OUTPUTS), "bias_deviation": jnp.zeros(OUTPUTS)}
    expected = ran(module, weights | without_bias, jnp.asarray(ones), **streams)
    np.testing.assert_allclose(ran(module, weights, SPARSE, **streams), expected, atol=1e-5)


def test_noise_is_learned_to_be_smaller_where_it_hurts():
    module, weights = made(Noisy(sigma=1.0))
    wanted = plain(weights, X)

    def loss(weights, key):
        out = module.apply({"params": {"it": weights}}, X, rngs={"noise": key})
        return ((out - wanted) ** 2).sum(-1).mean()

    def step(weights, key):
        return jax.tree.map(lambda w, g: w - 0.02 * g, weights, jax.grad(loss)(weights, key)), None

    keys = jax.random.split(jax.random.key(0), 2_000)
    after, _ = jax.lax.scan(step, weights, keys)
    before = np.abs(weights["kernel_deviation"]).mean()
    assert np.abs(after["kernel_deviation"]).mean() < 0.3 * before


# --- in an agent ----------------------------------------------------------------------------------


def noisy_agent():
    return agent_for_probes(
        network=networks.MLP(hidden=(8,), layer=Noisy()),
        head=heads.Scalar(stream=heads.Plain(layer=Noisy())),
        explorer=explorers.Greedy(),
        observation=Raw(),
    )


def test_in_acting_every_environment_has_its_own_noise_and_a_finished_policy_none():
    agent = noisy_agent()
    space = Box(shape=(2,), dtype="float32", low=-1.0, high=1.0)
    spec = EnvSpec(id="Box", observation=space, num_actions=3)
    shown = jnp.tile(jnp.array([[0.3, -0.8]]), (16, 1))
    params = agent.init_params(jax.random.key(0), spec, shown)

    def values(key):
        return np.asarray(agent.values(ActingParams(params, ()), spec, shown, key=key)[0])

    acting = values(jax.random.key(1))
    assert len(np.unique(acting.round(5), axis=0)) == 16
    finished = values(None)
    np.testing.assert_allclose(finished, np.tile(finished[:1], (16, 1)), rtol=1e-6)
    np.testing.assert_array_equal(values(jax.random.key(1)), acting)
    assert np.abs(values(jax.random.key(2)) - acting).max() > 0.01
