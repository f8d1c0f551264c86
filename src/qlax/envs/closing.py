"""The end of environments, which must not be the end of what was learned in them."""

from typing import Any

from qlax.warning import warn
from qlax.wording import kind_and_first_line


def close(env: Any) -> None:
    """Release what environments hold; one that raises is told of, by its name, and left at that."""
    try:
        env.close()
    except Exception as error:
        message = f"{env.spec.id} failed to close: {kind_and_first_line(error)}."
        warn(message)
