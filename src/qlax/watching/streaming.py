"""A policy at play as a stream of pictures and values, for any page that shows them."""

import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

from qlax.envs.source import Source
from qlax.policy import Policy
from qlax.watching.layout import Layout
from qlax.watching.playing import FIRST_SEED, Turn, game, turns

Form = Literal["jpeg", "png"]


@dataclass(frozen=True, eq=False)
class Frame:
    """A turn, ready to be sent."""

    image: bytes
    """The picture as a file; empty if pictures were not asked for."""
    form: Form
    """Of which kind: the MIME type is `image/` and this."""
    values: dict[str, Any]
    """The rest, of plain values that `json.dumps` takes; see `values_of`."""


def frames(
    policy: Policy,
    source: Source,
    *,
    seed: int = FIRST_SEED,
    episodes: int | None = None,
    width: int = 480,
    panel: bool = True,
    draws: bool = True,
    form: Form = "jpeg",
    over: Callable[[], bool] = lambda: False,
) -> Iterator[Frame]:
    """Yield a policy's play as pictures and values, as fast as they are asked for.

    It is a generator: whoever iterates sets the pace (sleep between two of them), and closes the
    environment by `close()` of the generator, or by leaving a `for`. One thread is to iterate.

    >>> with opened(*policy.environment()) as source:
    ...     for frame in frames(policy, source):
    ...         send(frame.image, json.dumps(frame.values))
    ...         time.sleep(1 / 15)

    Args:
        policy: Who plays.
        source: Where: what `qlax.envs.opening.opened` gives.
        seed: Seed of the first episode; the others have the numbers after it.
        episodes: How many; None for one after another without an end.
        width: Largest width of the environment's picture, in pixels.
        panel: Whether the picture has the values of actions beside it.
        draws: Whether to draw at all; else frames have values alone, and any environment will do.
        form: Of which kind pictures are.
        over: Asked before every step whether to leave the rest of the episode.

    Raises:
        UsageError: if the environment does not fit the policy or cannot be drawn.
        EnvironmentFailure: if it fails.
    """
    with game(source, policy, draws=draws) as played:
        layout = Layout(played.spec, played.names, width=width, panel=panel)
        for turn in turns(played, seed=seed, episodes=episodes, over=over):
            image = encoded(layout.picture(turn), form) if draws else b""
            yield Frame(image, form, values_of(turn, played.names))


def encoded(picture: Image.Image, form: Form) -> bytes:
    """Return a picture as the bytes of a file."""
    file = io.BytesIO()
    if form == "jpeg":
        picture.save(file, "JPEG", quality=85, subsampling=0)
    else:
        picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def values_of(turn: Turn, names: tuple[str, ...]) -> dict[str, Any]:
    """Return what a turn says besides its picture, as plain values for JSON.

    `episode`, `seed`, `step`, `reward`, `return`; `end` ("terminated", "truncated" or null);
    `actions`, their names; `action`, the greedy one as an index of these, null at the end;
    `q_values`, null for illegal actions, and in whole null at the end; and, where the head has
    them, `returns`, `{"values": […], "probabilities": [[…]]}` with values for all actions (atoms)
    or for each (quantiles), and `members`, the values of an ensemble's.
    """
    thought = turn.thought
    said: dict[str, Any] = {
        "episode": turn.episode,
        "seed": turn.seed,
        "step": turn.step,
        "reward": _plain(turn.reward),
        "return": _plain(turn.total),
        "end": turn.end,
        "actions": list(names),
        "action": None if thought is None else np.asarray(thought.best).tolist(),
        "q_values": None if thought is None else _plain(thought.q_values),
    }
    if thought is not None and thought.returns is not None:
        said["returns"] = {
            "values": _plain(thought.returns.values),
            "probabilities": _plain(thought.returns.probabilities),
        }
    if thought is not None and thought.members is not None:
        said["members"] = _plain(thought.members)
    return said


def _plain(values: Any) -> Any:
    """Return numbers as Python's, to five digits; null for those that are not finite."""
    if isinstance(values, list):
        return [_plain(value) for value in values]
    if isinstance(values, np.ndarray):
        return _plain(values.tolist())
    return float(f"{values:.5g}") if math.isfinite(values) else None
