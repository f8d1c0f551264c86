"""What may surprise of images: how they are read, and what they cost."""

from collections.abc import Iterator

from qlax.spaces import Box, Composite, Space

_LARGE = 128 * 128
"""Pixels from which an image is larger than agents need to see."""


def remarks_on(space: Space) -> Iterator[str]:
    """Return a sentence for everything about the images of a space that may surprise."""
    if isinstance(space, Composite):
        for _, inner in space.entries:
            yield from remarks_on(inner)
        return
    if not isinstance(space, Box) or len(space.image_shape) not in (2, 3):
        return
    rows, columns, *channels = space.image_shape
    if space.channels_first:
        yield (
            f"observations of shape {space.shape} are taken for images of {rows} × {columns} "
            f"pixels whose {channels[0]} channels come first"
        )
    is_image = len(space.image_shape) == 3 or space.dtype == "uint8"
    if is_image and rows * columns > _LARGE:
        yield (
            f"images of {rows} × {columns} pixels are learned from slowly: shrink them with "
            "gymnasium.wrappers.ResizeObservation, or AtariPreprocessing for a game of the ALE, "
            "and show movement with FrameStackObservation; given by its id, such as ALE/Pong-v5, "
            "a game is seen so"
        )


def has_image(space: Space) -> bool:
    """Return whether there is an image: three axes, or two of bytes; frames do not count."""
    if isinstance(space, Composite):
        return any(has_image(inner) for _, inner in space.entries)
    if not isinstance(space, Box):
        return False
    axes = len(space.frame_shape)
    return axes == 3 or (axes == 2 and space.dtype == "uint8")
