"""What `reset` and `step` of a Gymnasium environment return, or why that is not what they must."""

from typing import Any

import numpy as np

from qlax.wording import counted

_WAY_OVER = (
    "an environment of old Gym is wrapped in shimmy.GymV21CompatibilityV0(env=…), of `pip install "
    "shimmy`"
)


class Misreturned(ValueError):  # noqa: N818
    """Something returned that is not as Gymnasium has it; what, in a sentence without its stop."""


def of_reset(returned: Any) -> tuple[Any, Any]:
    """Return the two things that a reset returns: observation and info.

    Raises:
        Misreturned: if there are not two.
    """
    if isinstance(returned, tuple) and len(returned) == 2:
        return returned
    count = len(returned) if isinstance(returned, tuple) else 1
    raise Misreturned(
        f"reset returned {_number(count)}, but must return two: observation and info. Return "
        f"(observation, {{}}); {_WAY_OVER}"
    )


def of_step(returned: Any) -> tuple[Any, Any, Any, Any, Any]:
    """Return the five things that a step returns.

    Raises:
        Misreturned: if there are not five.
    """
    if isinstance(returned, tuple) and len(returned) == 5:
        return returned
    count = len(returned) if isinstance(returned, tuple) else 1
    old = ", which is the old API of Gym with one `done`" if count == 4 else ""
    raise Misreturned(
        f"step returned {_number(count)}{old}, but must return five: observation, reward, "
        "terminated, truncated and info. Return whether a time limit cut the episode as the "
        f"fourth; {_WAY_OVER}"
    )


def info_of(given: Any) -> dict[str, Any]:
    """Return an info, or raise `Misreturned` if it is no dict."""
    if isinstance(given, dict):
        return given
    raise Misreturned(f"info is {given!r}, but must be a dict")


def flag_of(name: str, given: Any) -> bool:
    """Return a flag as a plain one, or raise `Misreturned` if it is none."""
    if isinstance(given, bool):
        return given
    array = np.asarray(given)
    if array.size == 1 and array.dtype.kind in "biu" and array.reshape(()) in (0, 1):
        return bool(array.reshape(()))
    raise Misreturned(f"{name} is {given!r}, but must be True or False")


EXACT = 2.0**24
"""Up to here float32 tells whole numbers apart."""
_LARGEST = float(np.finfo(np.float32).max)


def look_at_size(reward: np.ndarray) -> str | None:
    """Return what there is to say of rewards, float64, as a sentence without subject and stop.

    Raises:
        Misreturned: if one is not finite, in float32.
    """
    size = np.abs(reward)
    if not (size <= _LARGEST).all():
        raise Misreturned(f"the reward is {reward.tolist()}, but must be finite, in float32")
    if (size <= EXACT).all():
        return None
    return (
        f"pays {reward[size.argmax()]:g}: beyond ±{EXACT:,.0f} float32 does not tell a reward from "
        "one that is 1 more, and cannot learn from it. Scale rewards, or give the agent the reward "
        "stage Clipped or ScaledByReturns"
    )


def reward_of(paid: Any) -> float:
    """Return a reward, or an array that holds one, as a number.

    Raises:
        Misreturned: if it is none.
    """
    try:
        array = np.asarray(paid)
        number = array.reshape(()) if array.dtype.kind in "biuf" and array.size == 1 else None
    except ValueError:
        number = None
    if number is None:
        raise Misreturned(f"the reward is {paid!r}, but must be a number")
    return float(number)


def _number(count: int) -> str:
    return "one value" if count == 1 else counted(count, "value")
