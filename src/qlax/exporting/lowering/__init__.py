"""JAX's primitives as operations: a file a kind, and a function or a row for each of them."""

from qlax.exporting.lowering import elementwise, indexing, products, reductions, shapes
from qlax.exporting.lowering.core import Lowering

ELEMENTWISE = frozenset(elementwise.LOWERINGS)
"""Primitives that make each entry of those in the same place."""

LOWERINGS: dict[str, Lowering] = {
    **elementwise.LOWERINGS,
    **elementwise.BARRIER,
    **indexing.LOWERINGS,
    **products.LOWERINGS,
    **reductions.LOWERINGS,
    **shapes.LOWERINGS,
}
"""How each primitive is written, by JAX's name of it."""

__all__ = ["ELEMENTWISE", "LOWERINGS"]
