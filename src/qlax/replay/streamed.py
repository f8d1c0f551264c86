"""Base of replays that store the stream of raw steps and nothing else."""

import jax

from qlax.replay import stream
from qlax.replay.core import Batch, Step


class Streamed:
    """Base of replays whose state is a `Stream`."""

    @property
    def uses_probability(self) -> bool:
        """Whether the explorer's probabilities must be stored."""
        return False

    def add(self, state: stream.Stream, step: Step) -> stream.Stream:
        """Return the replay with one more step of every environment."""
        return stream.add(state, step)

    def update_priorities(
        self,
        state: stream.Stream,
        batch: Batch,  # noqa: ARG002
        error: jax.Array,  # noqa: ARG002
    ) -> stream.Stream:
        """Do nothing: draws do not depend on errors."""
        return state

    def interrupt(self, state: stream.Stream) -> stream.Stream:
        """Return the replay with the newest step truncated."""
        return stream.interrupt(state)
