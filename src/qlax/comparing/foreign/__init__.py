"""Logs of other libraries: monitor files, evaluations, TensorBoard's event files, plain tables.

Nothing that is read here can run code: no pickles, no arrays of objects.
"""

from qlax.comparing.foreign.core import Columns
from qlax.comparing.foreign.folders import logs_in

__all__ = ["Columns", "logs_in"]
