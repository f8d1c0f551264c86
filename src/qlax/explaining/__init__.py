"""Pictures of what a policy has learned. One file a kind."""

from qlax.explaining.explanation import Drawn, Explanation
from qlax.explaining.names import Dimension
from qlax.explaining.of_run import explain
from qlax.explaining.surface import ValueSurface, value_surface

__all__ = ["Dimension", "Drawn", "Explanation", "ValueSurface", "explain", "value_surface"]
