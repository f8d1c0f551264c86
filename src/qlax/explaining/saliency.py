"""Images: which pixels the values hang on, by gradient and by occlusion."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax.drawing import INK
from qlax.explaining import styling
from qlax.explaining.core import Kind, Picture, Subject
from qlax.explaining.frames import (
    channel_colours,
    channel_names,
    image_of,
    over_pixels,
    picture_of,
    shade,
)
from qlax.explaining.playing import Episode
from qlax.spaces import Box

_FRAMES = 4
_PATCHES = 12
"""How many patches lie side by side."""


def _applies_to(subject: Subject) -> bool:
    return image_of(subject.spec) is not None and subject.map is None


def _draw(subject: Subject) -> Iterator[Picture]:
    subject.require_values()
    image = image_of(subject.spec)
    assert image is not None
    name, space = image
    episode = max(subject.played, key=len)
    steps = _steps(episode)
    seen = jax.tree.map(lambda array: array[steps], episode.observation)
    legal = None if episode.legal is None else episode.legal[steps]
    shown = seen if name is None else seen[name]
    slopes = gradients(subject, seen, name, legal)
    pixels = None if slopes is None else np.stack([over_pixels(space, one) for one in slopes])
    hidden = occlusion(subject, seen, name, space, legal)
    frames = [picture_of(space, one) for one in shown]
    rows = [("what hiding changes", hidden)]
    if pixels is not None:
        rows.append(("gradient of max Q", pixels))
    figure, axes = styling.slide(
        len(rows) + 1, len(steps), width=11.0, height=2.7 * len(rows) + 3.2
    )
    for column, (frame, step) in enumerate(zip(frames, steps, strict=True)):
        axes[0, column].imshow(shade(space, frame), interpolation="nearest")
        action = subject.actions[episode.action[step]]
        styling.entitled(axes[0, column], f"step {step}: {action}", styling.LABEL)
        for row, (_, heat) in enumerate(rows, start=1):
            _heat(axes[row, column], space, frame, heat[column], float(heat.max()))
    for one in axes.flat:
        one.set(xticks=[], yticks=[])
    for row, label in enumerate(["what is seen", *(label for label, _ in rows)]):
        styling.labelled(axes[row, 0], y=label)
    _channel_key(subject, figure, frames[0])
    title = "What the agent looks at"
    styling.entitled(figure, title)
    arrays = {
        "steps": (np.asarray(steps), "steps of the episode, [M]"),
        "frames": (np.stack(frames), "what is seen, [M, rows, columns, channels]"),
        "occlusion": (hidden, "mean |change| of max Q where a pixel is hidden, [M, rows, columns]"),
    }
    if pixels is not None:
        arrays["gradient"] = (pixels, "|∂ max Q / ∂ pixel|, summed over channels and frames")
    yield Picture(
        name="saliency",
        title=title,
        caption=(
            f"{len(steps)} moments of one greedy episode; above each stands what was done. Bright "
            "is where max Q changes most: if a patch of all frames is hidden"
            + (", and, in the last row, by its gradient." if pixels is not None else ".")
        ),
        figure=figure,
        arrays=arrays,
        facts={"patch": _patch(space)},
    )


def _steps(episode: Episode) -> list[int]:
    """Return steps spread over an episode, but for its very beginning."""
    first = min(len(episode) // 8, 20)
    inside = styling.spread(max(len(episode) - first, 1), _FRAMES)
    return [min(first + step, len(episode) - 1) for step in inside]


def gradients(subject: Subject, seen: Any, name: str | None, legal: Any) -> np.ndarray | None:
    """Return |∂ max_a Q / ∂ x| for every number of the images, as they are; None if there is none.

    Args:
        subject: Whose values.
        seen: Observations, each array [M, …].
        name: Which entry of them is the image; None for all of it.
        legal: Which actions are legal, [M, A], or None.
    """
    agent, spec, params = subject.policy.agent, subject.spec, subject.policy.params

    def value(image: jax.Array) -> jax.Array:
        observation = image if name is None else {**seen, name: image}
        q_values, _ = agent.values(params, spec, observation)
        if legal is not None:
            q_values = jnp.where(legal, q_values, -jnp.inf)
        return q_values.max(-1).sum()

    image = jnp.asarray(seen if name is None else seen[name], jnp.float32)
    try:
        slopes = np.asarray(jax.jit(jax.grad(value))(image))
    except Exception:
        return None  # a stage or network of the user's own may take whole numbers alone
    return np.asarray(np.abs(slopes))


def occlusion(subject: Subject, seen: Any, name: str | None, space: Box, legal: Any) -> np.ndarray:
    """Return how much max Q changes on average where a pixel is hidden, float, [M, rows, columns].

    Patches that overlap by a third are hidden one after another, in all frames and channels:
    boards of switches are switched off there, other images blurred.
    """
    rows, columns = space.image_shape[:2]
    size = _patch(space)
    corners = [(top, left) for top in _corners(rows, size) for left in _corners(columns, size)]
    images = np.asarray(seen if name is None else seen[name])
    heats = []
    for index, image in enumerate(images):
        blurred = _hidden(space, image, size)
        variants = np.repeat(image[None], len(corners), 0)
        for variant, (top, left) in zip(variants, corners, strict=True):
            part = _part(space, top, left, size)
            variant[part] = blurred[part]
        one = {key: array[index] for key, array in seen.items()} if name is not None else None
        observation: Any = variants
        if one is not None:
            observation = {
                key: np.repeat(array[None], len(corners), 0) for key, array in one.items()
            } | {name: variants}
        mask = None if legal is None else np.repeat(legal[index][None], len(corners), 0)
        here = jax.tree.map(lambda array, i=index: array[i : i + 1], seen)
        before = subject.eyes.at(here, None if legal is None else legal[index : index + 1]).value
        change = np.abs(subject.eyes.at(observation, mask).value - before)
        heat, covered = np.zeros((rows, columns)), np.zeros((rows, columns))
        for (top, left), moved in zip(corners, change, strict=True):
            heat[top : top + size, left : left + size] += moved
            covered[top : top + size, left : left + size] += 1
        heats.append(heat / covered)
    return np.stack(heats)


def _patch(space: Box) -> int:
    return max(min(space.image_shape[:2]) // _PATCHES, 1)


def _corners(length: int, size: int) -> list[int]:
    return sorted({*range(0, length - size + 1, max(2 * size // 3, 1)), length - size})


def _part(space: Box, top: int, left: int, size: int) -> tuple[Any, ...]:
    """Return the index of a patch in all frames and channels of an observation."""
    patch = slice(top, top + size), slice(left, left + size)
    before = (slice(None),) * ((space.frames > 1) + space.channels_first)
    return (*before, *patch)


def _hidden(space: Box, image: np.ndarray, size: int) -> np.ndarray:
    """Return an observation with everything hidden: off, or blurred over three patches."""
    if space.dtype in ("bool", "int8") or (np.max(space.high) <= 1 and size == 1):
        return np.zeros_like(image)
    first = (space.frames > 1) + space.channels_first
    blurred = image.astype(float)
    for axis in (first, first + 1):
        blurred = _mean_around(blurred, 3 * size, axis)
    return blurred.astype(image.dtype)


def _mean_around(array: np.ndarray, width: int, axis: int) -> np.ndarray:
    """Return means over windows of a width along an axis, edges repeated."""
    half = width // 2
    pads = [(0, 0)] * array.ndim
    pads[axis] = (half + 1, width - half - 1)
    sums = np.cumsum(np.pad(array, pads, mode="edge"), axis)
    length = array.shape[axis]
    upper = np.take(sums, range(width, width + length), axis)
    return np.asarray((upper - np.take(sums, range(length), axis)) / width)


def _heat(axes: Any, space: Box, frame: np.ndarray, heat: np.ndarray, most: float) -> None:
    """Draw the frame in grey and the heat over it."""
    grey = shade(space, frame).mean(-1)
    options = {"cmap": "gray", "vmin": 0.0, "vmax": 1.6, "interpolation": "nearest"}
    axes.imshow(grey if frame.shape[-1] in (1, 3) else 0.5 * (frame != 0).any(-1), **options)
    strength = np.clip(heat / (most or 1.0), 0.0, 1.0)
    axes.imshow(strength, cmap="inferno", vmin=0.0, vmax=1.0, alpha=0.25 + 0.75 * np.sqrt(strength))


def _channel_key(subject: Subject, figure: Any, frame: np.ndarray) -> None:
    """Say which colour is which channel, where channels have colours."""
    from matplotlib.patches import Patch

    number = frame.shape[-1]
    if number in (1, 3):
        return
    names, colours = channel_names(subject.world, number), channel_colours(number)
    handles = [Patch(color=tuple(colours[index]), label=names[index]) for index in range(number)]
    figure.legend(
        handles=handles, loc="outside right upper", fontsize=styling.TICK, frameon=False,
        labelcolor=INK,
    )  # fmt: skip


KIND = Kind("saliency", _applies_to, _draw)
