"""The protocol of what makes an environment's actions finitely many."""

from typing import Protocol, runtime_checkable

import gymnasium

from qlax.spaces.choices import Choices


@runtime_checkable
class Actions(Protocol):
    """Says which of an environment's actions an agent chooses among."""

    def choices(self, space: gymnasium.Space, name: str) -> Choices:
        """Return the actions of a space that is not Discrete.

        Args:
            space: The environment's own action space.
            name: The environment's name, for messages.

        Raises:
            UsageError: if finitely many cannot be made of it.
        """
        ...
