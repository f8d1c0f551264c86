"""Convolution, as XLA's own or as matrix products."""

from typing import Annotated, Literal

import jax
import jax.numpy as jnp
import numpy as np

from qlax.maths.shapes import checked

Formulation = Literal["auto", "products", "convolution"]


@checked
def convolve(
    images: Annotated[jax.Array, "B H W C"],
    kernel: Annotated[jax.Array, "k k C F"],
    stride: int,
    formulation: Formulation = "auto",
    *,
    padding: int = 0,
) -> Annotated[jax.Array, "B rows columns F"]:
    """Return  y[b, i, j] = Σ_{u, v} x[b, s i + u − p, s j + v − p] K[u, v],  x being 0 outside.

    Args:
        images: x, shape [B, H, W, C].
        kernel: K, shape [k, k, C, F].
        stride: s ≥ 1.
        formulation: `convolution` for XLA's own; `products` for matrix products, which on a CPU
            are many times faster inside a compiled loop; `auto` for the faster one on this device.
        padding: p ≥ 0: zeros on every side; (k − 1) / 2 keeps the size with stride 1.

    Returns:
        Shape [B, (H + 2 p − k) // s + 1, (W + 2 p − k) // s + 1, F].
    """
    around = (padding, padding)
    if resolved(formulation) == "products":
        images = jnp.pad(images, ((0, 0), around, around, (0, 0)))
        return _by_products(images, kernel, stride)
    layout = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(
        images, kernel, (stride, stride), (around, around), dimension_numbers=layout
    )


def resolved(formulation: Formulation) -> Literal["products", "convolution"]:
    """Return the formulation itself, or for `auto` the one that is faster on this device."""
    if formulation == "auto":
        return "products" if jax.default_backend() == "cpu" else "convolution"
    return formulation


def _by_products(images: jax.Array, kernel: jax.Array, stride: int) -> jax.Array:
    """Return the convolution as matrix products, with as little copying as possible.

    With a stride s, every square of s × s pixels becomes one pixel with s² times the channels.
    What remains is a convolution of stride 1.
    """
    size, _, channels, outputs = kernel.shape
    rows, columns = ((extent - size) // stride + 1 for extent in images.shape[1:3])
    steps = -(-size // stride)
    if stride > 1:
        fill = steps * stride - size
        kernel = jnp.pad(kernel, ((0, fill), (0, fill), (0, 0), (0, 0)))
        kernel = _squares_as_channels(kernel[None], stride, steps, steps)[0]
        images = _squares_as_channels(images, stride, rows + steps - 1, columns + steps - 1)
        channels *= stride * stride
    gathered, multiplied = rows * columns * channels, images.shape[1] * images.shape[2] * outputs
    one_stride = _gather_first if gathered <= multiplied else _multiply_first
    return one_stride(images, kernel, rows, columns)


def _gather_first(images: jax.Array, kernel: jax.Array, rows: int, columns: int) -> jax.Array:
    """Copy the pixels that each output sees side by side, then multiply once."""
    steps, _, channels, outputs = kernel.shape
    pieces = [images[:, i : i + rows, j : j + columns] for i, j in np.ndindex(steps, steps)]
    seen = jnp.concatenate(pieces, -1).reshape((-1, steps * steps * channels))
    flat = seen @ kernel.reshape((steps * steps * channels, outputs))
    return flat.reshape((-1, rows, columns, outputs))


def _multiply_first(images: jax.Array, kernel: jax.Array, rows: int, columns: int) -> jax.Array:
    """Multiply every pixel by the whole kernel, then add the products of each output."""
    steps, _, channels, outputs = kernel.shape
    flat_kernel = jnp.moveaxis(kernel, 2, 0).reshape((channels, steps * steps * outputs))
    flat = images.reshape((-1, channels)) @ flat_kernel
    parts = jnp.split(flat.reshape((*images.shape[:3], -1)), steps * steps, -1)
    shifted = [
        part[:, i : i + rows, j : j + columns]
        for part, (i, j) in zip(parts, np.ndindex(steps, steps), strict=True)
    ]
    return sum(shifted[1:], start=shifted[0])


def _squares_as_channels(array: jax.Array, side: int, rows: int, columns: int) -> jax.Array:
    """[B, H, W, C, …] → [B, rows, columns, side² C, …], cut or filled with zeros to fit."""
    _, height, width, *rest = array.shape
    array = array[:, : rows * side, : columns * side]
    fill = [(0, max(0, rows * side - height)), (0, max(0, columns * side - width))]
    array = jnp.pad(array, [(0, 0), *fill, *[(0, 0)] * len(rest)])
    array = array.reshape((-1, rows, side, columns, side, *rest))
    array = jnp.moveaxis(array, 2, 3)
    return array.reshape((-1, rows, columns, side * side * rest[0], *rest[1:]))
