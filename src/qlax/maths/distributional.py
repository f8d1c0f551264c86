"""Distributions of returns: probabilities of fixed atoms, histograms, and quantiles."""

from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np

from qlax.maths.bootstrap import Backup, mixture, with_bonus
from qlax.maths.shapes import checked

# B samples, A actions, K atoms, bins or quantiles.
_Samples = Annotated[jax.Array, "B"]
_Distributions = Annotated[jax.Array, "B K"]
_DistributionsPerAction = Annotated[jax.Array, "B A K"]
_Atoms = Annotated[np.ndarray, "K"]

# --- probabilities of fixed values ------------------------------------------------------------


@checked
def cross_entropy(logits: _Distributions, target: _Distributions) -> _Samples:
    """Return  −Σ_j target_j log softmax(logits)_j,  [B, K] both → [B]."""
    return -(target * jax.nn.log_softmax(logits, -1)).sum(-1)


@checked
def hat_weights(
    places: Annotated[jax.Array, "... M"], count: int
) -> Annotated[jax.Array, "... K M"]:
    """Return  max(0, 1 − |x_m − k|),  k = 0 … K − 1: how near each place is to each whole number.

    Every x in [0, K − 1] shares a weight of one between the two beside it.

    Args:
        places: x, shape [..., M].
        count: K.

    Returns:
        Weights of shape [..., K, M].
    """
    whole = np.arange(count, dtype=np.float32)[:, None]
    return jnp.maximum(0.0, 1.0 - jnp.abs(places[..., None, :] - whole))


@checked
def project(
    positions: Annotated[jax.Array, "... M"],
    probabilities: Annotated[jax.Array, "... M"],
    atoms: _Atoms,
) -> Annotated[jax.Array, "... K"]:
    """Return the distribution on the atoms:  p_k = Σ_m probability_m · max(0, 1 − |x_m − z_k| / Δ).

    Each position divides its probability between the two atoms beside it, so that the mean is
    kept; positions beyond the atoms are moved to the outermost ones.

    Args:
        positions: x, shape [..., M].
        probabilities: Of the positions, shape [..., M]; sums to one.
        atoms: z, shape [K], Δ apart.

    Returns:
        Probabilities of the atoms, shape [..., K].

    Reference: Bellemare, Dabney and Munos (2017), arXiv 1707.06887.
    """
    per_unit = (len(atoms) - 1) / (atoms[-1] - atoms[0])
    places = (jnp.clip(positions, atoms[0], atoms[-1]) - atoms[0]) * per_unit
    return jnp.einsum("...km,...m->...k", hat_weights(places, len(atoms)), probabilities)


@checked
def categorical_backup(
    reward: _Samples,
    discount: _Samples,
    probabilities: _DistributionsPerAction,
    backup: Backup,
    atoms: _Atoms,
) -> _Distributions:
    """Return the distribution of  r + b + d (Z(s′, a) − e(a)),  a ~ π,  projected onto the atoms.

    Args:
        reward: r, shape [B].
        discount: d = γᵏ (1 − terminated), shape [B].
        probabilities: Of the atoms in s′, shape [B, A, K].
        backup: π, e and b.
        atoms: shape [K], at equal distances.

    Returns:
        Probabilities of the atoms, shape [B, K].
    """
    paid, discount = with_bonus(reward, backup)[:, None], discount[:, None]
    if backup.cost is None:
        # All actions' atoms move alike: mixed first, only one distribution is projected.
        return project(paid + discount * atoms, mixture(backup.policy, probabilities), atoms)
    moved = paid[..., None] + discount[..., None] * (atoms - backup.cost[..., None])
    return mixture(backup.policy, project(moved, probabilities, atoms))


@checked
def gaussian_histogram(
    values: _Samples, edges: Annotated[np.ndarray, "K+1"], sigma: float
) -> _Distributions:
    """Return the mass of a normal distribution around each value in each bin.

        p_j = [Φ((e_{j+1} − y) / σ) − Φ((e_j − y) / σ)] / [Φ((e_K − y) / σ) − Φ((e_0 − y) / σ)]

    Args:
        values: y, shape [B]; those beyond the edges are moved to the outermost ones.
        edges: e, ascending, shape [K + 1].
        sigma: σ > 0.

    Returns:
        Probabilities of the bins, shape [B, K].

    Reference: Imani and White (2018), arXiv 1806.04613.
    """
    inside = jnp.clip(values, edges[0], edges[-1])[:, None]
    below = jax.scipy.special.ndtr((edges - inside) / sigma)
    return jnp.diff(below, axis=-1) / (below[:, -1:] - below[:, :1])


# --- quantiles --------------------------------------------------------------------------------


def midpoints(count: int) -> np.ndarray:
    """Return  τ̂_i = (i + ½) / K,  the middles of K equal parts of [0, 1], shape [K]."""
    return ((np.arange(count) + 0.5) / count).astype(np.float32)


@checked
def quantile_huber(
    quantiles: _Distributions,
    levels: Annotated[jax.Array | np.ndarray, "B K | K"],
    samples: Annotated[jax.Array, "B M"],
    kappa: float,
    weights: Annotated[jax.Array, "B M"] | None = None,
) -> _Samples:
    """Return  Σ_i E_j |τ_i − 1{δ_ij < 0}| L_κ(δ_ij) / κ,  δ_ij = sample_j − quantile_i.

    L_κ is Huber's loss; with κ = 0, L_κ / κ is |δ|, and the minimum is at the quantiles exactly.

    Args:
        quantiles: Predicted, shape [B, K]; only they have a gradient.
        levels: τ, shape [B, K] or [K].
        samples: Of the distribution to be learned, shape [B, M].
        kappa: κ ≥ 0.
        weights: Probabilities of the samples, shape [B, M]; None for equal ones.

    Returns:
        The loss, shape [B].

    References: Dabney et al. (2018), arXiv 1710.10044; divided by κ as in arXiv 1806.06923.
    """
    samples, levels = jax.lax.stop_gradient((samples, jnp.asarray(levels)[..., None]))
    if weights is None:
        weights = jnp.full_like(samples, 1.0 / samples.shape[-1])
    fixed = jax.lax.stop_gradient(quantiles)
    error = samples[:, None, :] - fixed[:, :, None]
    if kappa > 0.0:
        clipped = jnp.clip(error / kappa, -1.0, 1.0)
        distance = error - 0.5 * kappa * clipped
    else:
        clipped, distance = jnp.sign(error), error
    # The derivative by sample_j of the summand, which is its product with the distance.
    slope = levels * jnp.maximum(clipped, 0.0) + (1.0 - levels) * jnp.minimum(clipped, 0.0)
    # Both sums are products with a vector, and the gradient is written out: several times faster
    # than differentiating sums over [B, K, M].
    pull = jnp.einsum("bkm,bm->bk", slope, jax.lax.stop_gradient(weights))
    loss = jnp.einsum("bkm,bm->bk", slope * distance, jax.lax.stop_gradient(weights)).sum(-1)
    return loss - (pull * (quantiles - fixed)).sum(-1)


@checked
def quantile_backup(
    reward: _Samples, discount: _Samples, quantiles: _DistributionsPerAction, backup: Backup
) -> _Distributions:
    """Return  r + b + d · Σ_a π(a) [Z_i(s′, a) − e(a)]  for every quantile i.

    Quantiles of the same level are averaged over actions, as in Munchausen-IQN. The distribution
    under an action drawn from π has the same mean, and is the same where π is deterministic.

    Args:
        reward: r, shape [B].
        discount: d = γᵏ (1 − terminated), shape [B].
        quantiles: Z(s′, ·), shape [B, A, K].
        backup: π, e and b.

    Returns:
        Samples of the target, shape [B, K].

    Reference: Vieillard, Pietquin and Geist (2020), arXiv 2007.14430.
    """
    ahead = mixture(backup.policy, quantiles)
    if backup.cost is not None:
        ahead = ahead - (backup.policy * backup.cost).sum(-1)[:, None]
    return with_bonus(reward, backup)[:, None] + discount[:, None] * ahead


@checked
def tail_weights(
    levels: Annotated[jax.Array | np.ndarray, "... K"],
    risk: float,
    weights: Annotated[jax.Array, "... K"] | None = None,
) -> Annotated[jax.Array, "... K"]:
    """Return each quantile's weight in CVaR_η, the mean of the worst share η of outcomes.

    Quantiles with τ ≤ η count, and always the lowest one; η = 1 gives the mean.

    Args:
        levels: τ, shape [..., K].
        risk: η in (0, 1].
        weights: Of the quantiles in the mean, shape [..., K]; None for equal ones.

    Returns:
        Weights of shape [..., K] that sum to one.

    References: Rockafellar and Uryasev (2000), Optimization of conditional value-at-risk; as a
    policy's view of quantiles Dabney et al. (2018), arXiv 1806.06923.
    """
    levels = jnp.asarray(levels)
    lowest = levels == levels.min(-1, keepdims=True)
    counts = ((levels <= risk) | lowest).astype(levels.dtype)
    if weights is not None:
        counts = counts * weights
    return counts / counts.sum(-1, keepdims=True)


@checked
def expectation(
    quantiles: Annotated[jax.Array, "... A K"], weights: Annotated[jax.Array, "... K | K"]
) -> Annotated[jax.Array, "... A"]:
    """Return  Σ_i w_i Z_i,  [..., A, K] and [..., K] → [..., A]."""
    return (quantiles * weights[..., None, :]).sum(-1)


@checked
def interpolate(
    curve: Annotated[jax.Array, "B A G+1"], levels: Annotated[jax.Array, "B K"]
) -> _DistributionsPerAction:
    """Return the values at the levels of curves that are linear between evenly spaced knots.

    The knots beside each level are looked up, which on a CPU takes at most half the time of a
    product with `hat_weights`.

    Args:
        curve: Values at 0, 1 / G, … 1, shape [B, A, G + 1].
        levels: In [0, 1], shape [B, K].

    Returns:
        Shape [B, A, K].
    """
    places = levels * (curve.shape[-1] - 1)
    below = jnp.clip(jnp.floor(places), 0, curve.shape[-1] - 2)
    ahead = (places - below)[..., None]
    picked = jax.vmap(lambda knots, at: knots[at])
    knots, at = jnp.swapaxes(curve, 1, 2), below.astype(jnp.int32)
    values = (1.0 - ahead) * picked(knots, at) + ahead * picked(knots, at + 1)
    return jnp.swapaxes(values, 1, 2)


@checked
def fraction_gradient(
    at_fractions: Annotated[jax.Array, "B K−1"], at_midpoints: _Distributions
) -> Annotated[jax.Array, "B K−1"]:
    """Return  ∂W₁/∂τ_i = 2 F(τ_i) − F(τ̂_i) − F(τ̂_{i−1}),  the inner fractions' gradient.

    W₁ is the area between a quantile function F and the staircase that is F(τ̂_i) between τ_i and
    τ_{i+1}, with τ̂_i in their middle.

    Args:
        at_fractions: F(τ_i), i = 1 … K − 1, shape [B, K − 1].
        at_midpoints: F(τ̂_i), i = 0 … K − 1, shape [B, K].

    Returns:
        The gradient, shape [B, K − 1].

    Reference: Yang et al. (2019), arXiv 1911.02140.
    """
    return 2.0 * at_fractions - at_midpoints[:, 1:] - at_midpoints[:, :-1]
