"""From an observation to features. Any Flax module that maps observations to features fits too."""

from qlax.networks.cnn import CNN
from qlax.networks.core import Network
from qlax.networks.impala import ImpalaCNN
from qlax.networks.mlp import MLP
from qlax.networks.per_key import PerKey
from qlax.networks.residual import Residual
from qlax.networks.table import Table
from qlax.networks.tile_coding import TileCoding

__all__ = ["CNN", "MLP", "ImpalaCNN", "Network", "PerKey", "Residual", "Table", "TileCoding"]
