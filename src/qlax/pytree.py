"""States: frozen dataclasses whose fields JAX sees as a tree of arrays."""

import dataclasses
from typing import Any, Self, dataclass_transform

import jax


def static() -> Any:
    """Declare a field that is no array: part of a program's shape, and so hashable."""
    return dataclasses.field(metadata={"static": True})


@dataclass_transform(frozen_default=True, field_specifiers=(static,))
class Pytree:
    """Base of every state: a subclass with annotated fields is a frozen dataclass and a pytree."""

    def __init_subclass__(cls) -> None:
        dataclasses.dataclass(frozen=True)(cls)
        jax.tree_util.register_dataclass(cls)

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields exchanged."""
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]
