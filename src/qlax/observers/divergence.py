"""The check for a loss that is no longer a number."""

import math

from qlax.errors import Diverged
from qlax.observers.core import Observer, Report


class DivergenceCheck(Observer):
    """Ends training with `Diverged` once a loss is not finite; nothing more would be learned."""

    is_essential = True

    def report(self, event: Report) -> None:
        """Look at the losses."""
        losses = (row["loss"] for row in event.rows)
        if any(loss is not None and not math.isfinite(loss) for loss in losses):
            raise Diverged(
                f"The loss is no longer a number after {event.env_steps:,} steps: "
                "try a smaller learning rate, or optimizers.Adam(max_grad_norm=10)."
            )
