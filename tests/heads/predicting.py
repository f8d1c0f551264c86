"""A head by itself, and numbers to try it on."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from qlax.features import SparseFeatures
from qlax.maths.bootstrap import Backup

BATCH, ACTIONS, WIDTH = 6, 3, 5
DENSE = jax.random.normal(jax.random.key(1), (BATCH, WIDTH))
SPARSE = SparseFeatures(jax.random.randint(jax.random.key(2), (BATCH, 2), 0, WIDTH), WIDTH)


class Applied(nn.Module):
    """A head as a Flax module."""

    head: Any

    @nn.compact
    def __call__(self, features):
        return self.head.predict(features, ACTIONS)


def random_params(module, *inputs, scale=1.0):
    """Return parameters of a module, all of them random numbers."""
    leaves, tree = jax.tree.flatten(module.init(jax.random.key(0), *inputs))
    keys = jax.random.split(jax.random.key(2), len(leaves))
    return tree.unflatten(
        [scale * jax.random.normal(key, leaf.shape) for key, leaf in zip(keys, leaves, strict=True)]
    )


def predicted(head, features=DENSE, key=None, scale=1.0):
    """Return a random prediction; with a key, one made as in learning."""
    module = Applied(head)
    rngs = {} if key is None else {"quantiles": key}
    return module.apply(random_params(module, features, scale=scale), features, rngs=rngs)


def random_backup(seed=0):
    """Return rewards, discounts and a backup in which each sample has an illegal action."""
    keys = jax.random.split(jax.random.key(seed), 6)
    legal = jnp.arange(ACTIONS) != jax.random.randint(keys[0], (BATCH, 1), 0, ACTIONS)
    preference = jnp.where(legal, jax.random.normal(keys[1], (BATCH, ACTIONS)), -jnp.inf)
    backup = Backup(
        policy=jax.nn.softmax(preference, -1),
        cost=0.5 * jax.random.normal(keys[2], (BATCH, ACTIONS)),
        bonus=jax.random.normal(keys[3], (BATCH,)),
    )
    reward = jax.random.normal(keys[4], (BATCH,))
    discount = 0.8 * jax.random.uniform(keys[5], (BATCH,)).at[0].set(0.0)
    return reward, discount, backup
