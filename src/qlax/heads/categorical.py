"""The distribution of the return as probabilities of fixed atoms."""

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np

from qlax.errors import require
from qlax.features import Features
from qlax.heads.core import Distribution, Loss
from qlax.heads.streams import Plain, Stream
from qlax.maths.bootstrap import Backup, chosen, mixture
from qlax.maths.distributional import categorical_backup, cross_entropy
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class C51:
    """P(Z(s, a) = z_j) = softmax(logits)_j, learned by −Σ_j p_j log P(Z(s, a) = z_j).

    p is the distribution of r + b + d (Z(s′, a′) − e(a′)), a′ ~ π; each of its values is split
    between the two neighbouring atoms so that the mean is preserved. Returns beyond the atoms
    count as the outermost atom.

    Reference: Bellemare, Dabney and Munos (2017), arXiv 1707.06887.
    """

    low: float = -10.0
    """z_0: the smallest atom; smaller returns count as this one."""
    high: float = 10.0
    """z_{K−1}: the largest atom; above `low`."""
    atoms: int = 51
    """K: number of atoms, evenly spaced from `low` to `high`; at least 2."""
    stream: Stream = field(default_factory=Plain)
    """How features become logits: `Plain()` or `Dueling()`."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.low < self.high, "C51.low", self.low, f"less than high ({self.high})")
        require(self.atoms >= 2, "C51.atoms", self.atoms, "at least 2")

    def predict(self, features: Features, num_actions: int) -> jax.Array:
        """Return the logits of every action's atoms, shape [B, A, K]."""
        return self.stream(features, num_actions, self.atoms)

    def q_values(self, prediction: jax.Array) -> jax.Array:
        """Return  Σ_j P(Z(s, a) = z_j) z_j."""
        return jax.nn.softmax(prediction, -1) @ self._values

    def distribution(self, prediction: jax.Array) -> Distribution:
        """Return the atoms and their probabilities."""
        return Distribution(jnp.asarray(self._values), jax.nn.softmax(prediction, -1))

    def backup(
        self, reward: jax.Array, discount: jax.Array, next_prediction: jax.Array, backup: Backup
    ) -> jax.Array:
        """Return the target's probabilities, shape [B, K]."""
        probabilities = jax.nn.softmax(next_prediction, -1)
        return categorical_backup(reward, discount, probabilities, backup, self._values)

    def joint(self, prediction: jax.Array, weights: jax.Array) -> jax.Array:
        """Return means of logits, shape [B, 1, K]: of normal distributions, that of their means."""
        return mixture(weights, prediction)[:, None]

    def loss(self, prediction: jax.Array, action: jax.Array, target: jax.Array) -> Loss:
        """Return the cross-entropy of the taken action's distribution, shape [B]."""
        logits = chosen(prediction, action)
        value = jax.nn.softmax(logits, -1) @ self._values
        return Loss(cross_entropy(logits, target), target @ self._values - value, value)

    @property
    def _values(self) -> np.ndarray:
        return np.linspace(self.low, self.high, self.atoms, dtype=np.float32)
