"""The table of kinds of pictures, in the order in which they are worth looking at."""

from qlax.explaining import mapped, plane
from qlax.explaining.core import Kind

KINDS: tuple[Kind, ...] = (plane.KIND, mapped.KIND)
