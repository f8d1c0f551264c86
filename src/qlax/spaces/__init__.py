"""What observations and actions look like: descriptions that a compiled program can hold."""

from qlax.spaces.choices import Choices
from qlax.spaces.core import (
    MOST_ENTRIES,
    Box,
    Composite,
    Discrete,
    EnvSpec,
    Space,
    alike,
    legal_values,
    shapes,
    zeros,
)

__all__ = [
    "MOST_ENTRIES",
    "Box",
    "Choices",
    "Composite",
    "Discrete",
    "EnvSpec",
    "Space",
    "alike",
    "legal_values",
    "shapes",
    "zeros",
]
