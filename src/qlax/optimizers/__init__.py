"""Optimisers: from gradients to steps. The agent applies the learning rate. One file a kind.

Keeping the rate out of the optimiser makes it data: it can follow a schedule, be changed on
resume, and be an array that is mapped over.
"""

from qlax.optimizers.adam import Adam
from qlax.optimizers.core import MinimisesLoss, Optimizer, Signal
from qlax.optimizers.overshooting_bounded import ObGD
from qlax.optimizers.rmsprop import RMSProp
from qlax.optimizers.sgd import SGD
from qlax.optimizers.trace_sgd import TraceSGD

__all__ = [
    "SGD",
    "Adam",
    "MinimisesLoss",
    "ObGD",
    "Optimizer",
    "RMSProp",
    "Signal",
    "TraceSGD",
]
