"""Recurrent cells between a network and its head. One file a kind."""

from qlax.memories.core import Memory
from qlax.memories.gru import GRU
from qlax.memories.lstm import LSTM
from qlax.memories.previous import PreviousActionAndReward

__all__ = ["GRU", "LSTM", "Memory", "PreviousActionAndReward"]
