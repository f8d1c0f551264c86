"""What is predicted about the return, and how it is learned. One file per kind."""

from qlax.heads.categorical import C51
from qlax.heads.core import (
    Distribution,
    HasDistribution,
    HasMembers,
    HasPrior,
    Head,
    LearnsFromReturns,
    Loss,
)
from qlax.heads.ensemble import Ensemble
from qlax.heads.fractions import FQF
from qlax.heads.hl_gauss import HLGauss
from qlax.heads.implicit_quantile import IQN
from qlax.heads.quantile import QuantileRegression
from qlax.heads.rescaling import Rescaling, SquareRoot, Unscaled
from qlax.heads.scalar import Scalar
from qlax.heads.streams import Dueling, Plain, Stream

__all__ = [
    "C51",
    "FQF",
    "IQN",
    "Distribution",
    "Dueling",
    "Ensemble",
    "HLGauss",
    "HasDistribution",
    "HasMembers",
    "HasPrior",
    "Head",
    "LearnsFromReturns",
    "Loss",
    "Plain",
    "QuantileRegression",
    "Rescaling",
    "Scalar",
    "SquareRoot",
    "Stream",
    "Unscaled",
]
