"""The protocol of target networks."""

from typing import Any, Protocol, runtime_checkable

import jax


@runtime_checkable
class Target(Protocol):
    """Keeps the parameters that targets are computed with."""

    def init(self, params: Any) -> Any:
        """Return the target's state for freshly made parameters."""
        ...

    def params(self, state: Any, online: Any) -> Any:
        """Return the parameters to bootstrap from."""
        ...

    def acting_params(self, state: Any, online: Any) -> Any:
        """Return the parameters to act with."""
        ...

    def update(self, state: Any, online: Any, updates: jax.Array) -> tuple[Any, Any]:
        """Return both parameters and state after gradient update number `updates`.

        It is counted from 1, and from 0 again after update 2³¹ − 1; int32 scalar.
        """
        ...


@runtime_checkable
class FinishesApart(Protocol):
    """A target that also keeps parameters which nothing bootstraps from."""

    def finished_params(self, state: Any) -> Any:
        """Return the parameters of the finished policy, for `Agent(policy="target")`."""
        ...


class ActsOnline:
    """Base of targets that only bootstrap: the online network acts."""

    def acting_params(self, state: Any, online: Any) -> Any:  # noqa: ARG002
        """Return the online parameters."""
        return online
