"""Batches of single transitions, each a window of n steps."""

from typing import Any

import jax

from qlax.heads.core import Head
from qlax.maths.bootstrap import Backup
from qlax.pytree import Pytree
from qlax.replay.core import Evaluate, Seen


class TransitionBatch(Pytree):
    """Transitions (s, a, r, d, s′): a `Batch`."""

    now: Seen
    """s, each array of shape [B, …]."""
    action: jax.Array
    """a, int32, shape [B]."""
    reward: jax.Array
    """r = Σ_{i<k} γⁱ r_i, float32, shape [B]."""
    discount: jax.Array
    """d = γᵏ (1 − terminated), float32, shape [B]."""
    next: Seen
    """s′, k steps later."""
    next_action: jax.Array
    """a′, int32, shape [B]; 0 unless it was asked for."""
    weight: jax.Array
    """Importance weight, float32, shape [B]; 0 for a sample that must not count."""
    source: jax.Array
    """The row and environment it came from, int32, shape [B, 2]: for priorities."""
    number: jax.Array
    """Which transition it is, uint32, shape [B]: the same number whenever it is drawn."""

    @property
    def legal(self) -> tuple[jax.Array | None, jax.Array | None]:
        """Which actions are legal in s and in s′."""
        return self.now.legal, self.next.legal

    def predictions(self, evaluate: Evaluate) -> tuple[Any, Any]:
        """Return a network's predictions of s and of s′."""
        return evaluate(self.now.observation), evaluate(self.next.observation)

    def target(self, head: Head, next_prediction: Any, backup: Backup) -> Any:
        """Return the head's target  r + b + d · Σ_a π(a) [Z(s′, a) − e(a)]."""
        return head.backup(self.reward, self.discount, next_prediction, backup)
