"""Pictures of what a policy has learned. One file a kind."""

from qlax.explaining.names import Dimension
from qlax.explaining.surface import ValueSurface, value_surface

__all__ = ["Dimension", "ValueSurface", "value_surface"]
