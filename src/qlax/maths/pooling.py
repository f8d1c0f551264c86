"""Maxima over windows of images."""

from typing import Annotated

import jax
import jax.numpy as jnp

from qlax.maths.convolution import Formulation, resolved
from qlax.maths.shapes import checked


@checked
def max_pool(
    images: Annotated[jax.Array, "B H W C"], formulation: Formulation = "auto"
) -> Annotated[jax.Array, "B ⌈H/2⌉ ⌈W/2⌉ C"]:
    """Return  y[b, i, j] = max_{|u|, |v| ≤ 1} x[b, 2 i + u, 2 j + v],  pixels outside left out.

    Where several pixels are equally large, the formulations may divide the gradient among them
    differently.

    Args:
        images: x, shape [B, H, W, C].
        formulation: `convolution` for XLA's own windows; `products` for maxima of shifted images,
            which on a CPU are faster inside a compiled loop; `auto` for the faster one here.

    Returns:
        Shape [B, ⌈H / 2⌉, ⌈W / 2⌉, C].
    """
    if resolved(formulation) == "products":
        return _of_three(_of_three(images, 1), 2)
    sides = ((0, 0), (1, 1), (1, 1), (0, 0))
    made: jax.Array = jax.lax.reduce_window(
        images, -jnp.inf, jax.lax.max, (1, 3, 3, 1), (1, 2, 2, 1), sides
    )
    return made


@checked
def adaptive_max_pool(
    images: Annotated[jax.Array, "B H W C"], side: int
) -> Annotated[jax.Array, "B rows columns C"]:
    """Return the maxima of `side` × `side` windows that together cover an image.

    Window i of n ranges over rows ⌊i H / n⌋ to ⌈(i + 1) H / n⌉ − 1, and over columns likewise:
    neighbours share a row where n does not divide H.

    Args:
        images: Shape [B, H, W, C].
        side: n ≥ 1.

    Returns:
        Shape [B, min(H, n), min(W, n), C]: a side that is not longer than n stays as it is.
    """
    for axis in (1, 2):
        extent = images.shape[axis]
        if extent > side:
            bounds = [(at * extent // side, -(-(at + 1) * extent // side)) for at in range(side)]
            windows = [jax.lax.slice_in_dim(images, *bound, axis=axis) for bound in bounds]
            images = jnp.stack([window.max(axis) for window in windows], axis)
    return images


def _of_three(images: jax.Array, axis: int) -> jax.Array:
    """Return  y[i] = max(x[2 i − 1], x[2 i], x[2 i + 1])  along an axis."""
    extent = images.shape[axis]
    even, odd = (jax.lax.slice_in_dim(images, at, extent, 2, axis=axis) for at in (0, 1))
    fill = [(0, 0)] * images.ndim
    fill[axis] = (1, even.shape[axis] - odd.shape[axis])
    odd = jnp.pad(odd, fill, constant_values=-jnp.inf)
    before, after = (
        jax.lax.slice_in_dim(odd, at, at + even.shape[axis], axis=axis) for at in (0, 1)
    )
    return jnp.maximum(even, jnp.maximum(before, after))
