"""Random numbers that parts draw inside of the network, and the keys they are drawn from.

A part that draws some says so: its attribute `random_streams` names the streams. Nothing else has
to know of them. A Flax module of a user's own may have it too, for dropout say:

    class Torso(nn.Module):
        random_streams = (RandomStream("dropout", "learning"),)

Outside of its phase a stream is absent, and in a finished policy all are: `self.has_rng(name)`
tells a module whether to draw.
"""

import zlib
from typing import Any, Literal, NamedTuple

import jax

from qlax.config import fields_of, is_part

Phase = Literal["acting", "learning"]
"""Acting in N environments while training, or learning from a batch."""


class RandomStream(NamedTuple):
    """A stream of random numbers."""

    name: str
    """Flax's name of it, as in `self.make_rng(name)`."""
    phase: Phase
    """When there is one."""


def streams_of(part: Any) -> frozenset[RandomStream]:
    """Return the streams that a part and all parts inside of it draw from."""
    if isinstance(part, tuple):
        return frozenset().union(*map(streams_of, part))
    if not is_part(part):
        return frozenset()
    inside = (streams_of(getattr(part, entry.name)) for entry in fields_of(part))
    return frozenset(getattr(part, "random_streams", ())).union(*inside)


def keys_for(phase: Phase, streams: frozenset[RandomStream], key: jax.Array) -> dict[str, Any]:
    """Return a key of its own for every stream of a phase, by name."""
    names = sorted(stream.name for stream in streams if stream.phase == phase)
    return {name: jax.random.fold_in(key, zlib.crc32(name.encode())) for name in names}
