"""The table of kinds of pictures, in the order in which they are worth looking at."""

from qlax.explaining import (
    distribution,
    explored,
    line,
    mapped,
    pairs,
    plane,
    q_table,
    returns,
    saliency,
)
from qlax.explaining.core import Kind

KINDS: tuple[Kind, ...] = (
    plane.KIND,
    line.KIND,
    mapped.KIND,
    q_table.KIND,
    pairs.KIND,
    saliency.KIND,
    returns.KIND,
    distribution.KIND,
    explored.KIND,
)
