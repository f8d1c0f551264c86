"""What is remembered and how it is drawn: one raw step stream, several ways to sample it."""

from qlax.replay.core import Batch, Replay, Step
from qlax.replay.latest import Latest
from qlax.replay.uniform import Uniform

__all__ = ["Batch", "Latest", "Replay", "Step", "Uniform"]
