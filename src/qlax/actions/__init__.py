"""From an environment's own actions to the numbered ones that an agent chooses among.

A Discrete space is taken as it is. Several numbers at once, each from a list (`spaces.Choices`),
are one action where there are few combinations, and have action values of their own, a factor each,
where there are many. `Factors` does that for MultiDiscrete and MultiBinary, `Grid` for Box too.
"""

from qlax.actions.core import Actions
from qlax.actions.factors import Factors
from qlax.actions.grid import Grid

__all__ = ["Actions", "Factors", "Grid"]
