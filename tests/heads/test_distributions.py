"""The distribution of the return that a head predicts, as values and probabilities."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from qlax import heads

KINDS = [
    heads.C51(low=-3.0, high=5.0, atoms=9),
    heads.HLGauss(low=-3.0, high=5.0, bins=8),
    heads.QuantileRegression(quantiles=7),
    heads.QuantileRegression(quantiles=7, rescaling=heads.SquareRoot()),
    heads.IQN(acting_quantiles=6),
    heads.FQF(quantiles=5),
]


class _Alone(nn.Module):
    head: heads.Head

    @nn.compact
    def __call__(self, features):
        return self.head.predict(features, 3)


@pytest.mark.parametrize("head", KINDS, ids=repr)
def test_its_mean_is_the_value_of_an_action(head):
    features = jax.random.normal(jax.random.key(0), (4, 6))
    module = _Alone(head)
    prediction = module.apply(module.init(jax.random.key(1), features), features)
    assert isinstance(head, heads.HasDistribution)
    values, probabilities = head.distribution(prediction)
    assert probabilities.shape == (4, 3, values.shape[-1])
    np.testing.assert_allclose(probabilities.sum(-1), 1.0, rtol=1e-5)
    if values.ndim > 1:
        assert values.shape == probabilities.shape
    mean = (probabilities * values).sum(-1)
    np.testing.assert_allclose(mean, head.q_values(prediction), rtol=1e-4, atol=1e-5)


def test_atoms_are_shared_by_all_actions():
    values, probabilities = KINDS[0].distribution(jnp.zeros((2, 3, 9)))
    np.testing.assert_allclose(values, np.arange(-3, 6))
    np.testing.assert_allclose(probabilities, 1 / 9, rtol=1e-6)


def test_heads_of_a_mean_alone_have_none():
    assert not isinstance(heads.Scalar(), heads.HasDistribution)
