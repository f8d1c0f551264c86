"""Replay: one stream of raw steps, and several ways to draw from it. One file a kind."""

from qlax.replay.core import Batch, HasPriorities, Replay, Seen, Step
from qlax.replay.dyna import Dyna
from qlax.replay.lambda_return import LambdaReturn
from qlax.replay.latest import Latest
from qlax.replay.priorities import Proportional
from qlax.replay.prioritised import Prioritised
from qlax.replay.rollout import Rollout
from qlax.replay.sequence_batch import SequenceBatch
from qlax.replay.sequences import Sequences
from qlax.replay.transition_batch import TransitionBatch
from qlax.replay.uniform import Uniform

__all__ = [
    "Batch",
    "Dyna",
    "HasPriorities",
    "LambdaReturn",
    "Latest",
    "Prioritised",
    "Proportional",
    "Replay",
    "Rollout",
    "Seen",
    "SequenceBatch",
    "Sequences",
    "Step",
    "TransitionBatch",
    "Uniform",
]
