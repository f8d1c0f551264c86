"""What the target assumes about the next action. One file a kind."""

from qlax.bootstraps.core import Bootstrap, NextValues
from qlax.bootstraps.double import Double
from qlax.bootstraps.greedy import Greedy

__all__ = ["Bootstrap", "Double", "Greedy", "NextValues"]
