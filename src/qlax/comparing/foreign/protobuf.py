"""As much of protocol buffers as scalars in TensorBoard's files need.

Reference: protobuf.dev/programming-guides/encoding.
"""

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def fields(message: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Return the number, wire type and value of each field of a message.

    Raises:
        ValueError: if it is cut off or no message.
    """
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise ValueError("a field has number 0")
        value: int | bytes
        if wire == VARINT:
            value, at = _varint(message, at)
        else:
            if wire == BYTES:
                size, at = _varint(message, at)
            elif wire in (FIXED64, FIXED32):
                size = 8 if wire == FIXED64 else 4
            else:
                raise ValueError(f"wire type {wire}")
            if size > end - at:
                raise ValueError("a field is cut off")
            value, at = message[at : at + size], at + size
        yield number, wire, value


def floats(packed: bytes, form: str) -> tuple[float, ...]:
    """Return packed little-endian numbers: form `f` for 32 bits, `d` for 64."""
    size = struct.calcsize(form)
    return struct.unpack(f"<{len(packed) // size}{form}", packed[: len(packed) // size * size])


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Return a whole number of seven bits a byte, and where the next field begins."""
    number = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise ValueError("a number is cut off")
        byte = message[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
