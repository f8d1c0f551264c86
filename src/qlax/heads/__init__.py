"""What is predicted about the return, and how it is learned. One file a kind."""

from qlax.heads.core import Head
from qlax.heads.scalar import Scalar
from qlax.heads.streams import Dueling, Plain

__all__ = ["Dueling", "Head", "Plain", "Scalar"]
