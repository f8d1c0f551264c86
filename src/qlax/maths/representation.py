"""Sizes of what a network holds: parameters, features, hidden units."""

from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.maths.shapes import checked


def norm(tree: Any) -> jax.Array:
    """Return the Euclidean norm of all arrays of a tree together."""
    return jnp.sqrt(sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(tree)))


def effective_rank(features: np.ndarray, delta: float = 0.01) -> int | None:
    """Return how many dimensions features fill.

    srank(Φ) = min { k : Σ_{i ≤ k} σ_i ≥ (1 − δ) Σ_i σ_i }  with σ_1 ≥ σ_2 ≥ … the singular values
    of Φ.

    Reference: Kumar et al. (2021), Implicit Under-Parameterization, arXiv 2010.14498.

    Args:
        features: Φ, a row for each state, shape [M, F].
        delta: δ in (0, 1).

    Returns:
        From 1 to min(M, F); None if Φ is zero or not finite.
    """
    if not np.isfinite(features).all():
        return None
    wide = features.astype(np.float64)
    # σ² are the eigenvalues of the smaller of ΦᵀΦ and ΦΦᵀ, which are found five times as fast.
    square = wide.T @ wide if wide.shape[1] <= wide.shape[0] else wide @ wide.T
    sums = np.cumsum(np.sqrt(np.maximum(np.linalg.eigvalsh(square)[::-1], 0.0)))
    if sums[-1] <= 0.0:
        return None
    return int(np.searchsorted(sums, (1.0 - delta) * sums[-1])) + 1


@checked
def dormant(
    activity: Annotated[jax.Array, "units"], threshold: float
) -> Annotated[jax.Array, "units"]:
    """Return which units of a layer hardly answer, whatever is shown, bool.

    Unit i is dormant if  E|h_i| / (mean_k E|h_k|) ≤ τ.  In a layer that never answers all are.

    Reference: Sokar et al. (2023), The Dormant Neuron Phenomenon, arXiv 2302.12902.

    Args:
        activity: E|h_i|, the mean over states of each unit's output in size.
        threshold: τ ≥ 0.
    """
    return activity <= threshold * jnp.mean(activity)
