"""From predictions of the next state to π, e and b: of a whole head, or of each of its members."""

from typing import Any

import jax

from qlax.bootstraps.core import Bootstrap, NextValues
from qlax.heads.core import HasMembers, Head
from qlax.maths.bootstrap import Backup

_EACH_MEMBER = NextValues(
    online_next=1,  # type: ignore[arg-type]
    target_next=1,  # type: ignore[arg-type]
    target_now=1,  # type: ignore[arg-type]
    action=None,  # type: ignore[arg-type]
    next_action=None,  # type: ignore[arg-type]
    behaviour_next=None,
    legal_now=None,
    legal_next=None,
)
"""Which axis of the values has the members."""


def backup_of(
    bootstrap: Bootstrap,
    head: Head,
    *,
    online_next: Any,
    target_next: Any,
    target_now: Any,
    **known: Any,
) -> Backup:
    """Return π, e and b, each [B, …]; [B, K, …] for a head of K members, which each have theirs.

    Args:
        bootstrap: What the target assumes about the next action.
        head: What the predictions are of.
        online_next: The online network's prediction of s′.
        target_next: The target network's.
        target_now: The target network's prediction of s.
        **known: The other fields of `NextValues`.
    """
    if not isinstance(head, HasMembers):
        read = head.q_values
        values = NextValues(read(online_next), read(target_next), read(target_now), **known)
        return bootstrap(values)
    each = head.member_values
    values = NextValues(each(online_next), each(target_next), each(target_now), **known)
    backup: Backup = jax.vmap(bootstrap, (_EACH_MEMBER,), 1)(values)
    return backup
