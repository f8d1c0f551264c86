"""From predictions of the next state to π, e and b: of a whole head, or of each of its members."""

from typing import Any

import jax

from qlax.bootstraps.core import Bootstrap, NextValues
from qlax.heads.core import HasMembers, Head
from qlax.maths.bootstrap import Backup
from qlax.maths.factors import apart, together

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
    factors: int | None = None,
    **known: Any,
) -> Backup:
    """Return π, e and b, each [B, …]; [B, K, …] for a head of K members, which each have theirs.

    Args:
        bootstrap: What the target assumes about the next action.
        head: What the predictions are of.
        online_next: The online network's prediction of s′.
        target_next: The target network's.
        target_now: The target network's prediction of s.
        factors: F, where an action has several, each of which is bootstrapped by itself: π gives
            each of them 1 / F. None for one number.
        **known: The other fields of `NextValues`.
    """
    if not isinstance(head, HasMembers):
        read = head.q_values
        values = NextValues(read(online_next), read(target_next), read(target_now), **known)
        return _of_each_factor(bootstrap, values, factors)
    each = head.member_values
    values = NextValues(each(online_next), each(target_next), each(target_now), **known)

    def of_member(values: NextValues) -> Backup:
        return _of_each_factor(bootstrap, values, factors)

    backup: Backup = jax.vmap(of_member, (_EACH_MEMBER,), 1)(values)
    return backup


def _of_each_factor(bootstrap: Bootstrap, values: NextValues, factors: int | None) -> Backup:
    """Return π, e and b of an action: of each factor by itself, if there are several."""
    if factors is None:
        return bootstrap(values)
    per_action: dict[str, Any] = {
        name: None if array is None else apart(array, factors)
        for name, array in values._asdict().items()
        if name not in ("action", "next_action")
    }
    found: Backup = jax.vmap(bootstrap, 1, 1)(values._replace(**per_action))
    return Backup(
        policy=together(found.policy) / factors,
        cost=None if found.cost is None else together(found.cost),
        bonus=None if found.bonus is None else found.bonus.mean(-1),
        ranking=None if found.ranking is None else together(found.ranking),
    )
