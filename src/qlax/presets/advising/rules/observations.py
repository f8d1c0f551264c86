"""What is done to observations before the network sees them."""

from collections.abc import Mapping
from typing import Any

from qlax.envs.traits import Traits
from qlax.numbering import entries_of
from qlax.observations import Normalise, Pixels, Raw, ScaleToBounds
from qlax.presets.advising.core import Ruling
from qlax.presets.advising.rules.kinds import is_numbered
from qlax.spaces import Box


def observations(traits: Traits, _: Mapping[str, Any]) -> Ruling:
    """Leave what is of size 1 alone, use limits that are used, else learn the scale."""
    shown = traits.shown
    if traits.has_image:
        spaces = [inner for inner in entries_of(traits.spec.observation) if isinstance(inner, Box)]
        if all(inner.dtype == "uint8" for inner in spaces):
            return Ruling({"observation": Pixels(others=Normalise())}, "bytes are scaled to 0 to 1")
        if shown is not None and shown.largest <= 1.0:
            return Ruling({"observation": Raw()}, "the image's numbers are within ±1 already")
        stage = Pixels(others=Normalise())
        return Ruling({"observation": stage}, "bytes are scaled to 0 to 1, all else by its spread")
    if is_numbered(traits):
        return Ruling({"observation": Raw()}, "states are numbered: there is nothing to scale")
    if shown is not None and shown.is_binary:
        return Ruling({"observation": Raw()}, "all numbers are 0 or 1: there is nothing to scale")
    if shown is not None and shown.share_of_limits >= 0.25:
        return Ruling(
            {"observation": ScaleToBounds()},
            f"random play uses at least {shown.share_of_limits:.0%} of every number's limits, so "
            "these are its scale",
        )
    return Ruling(
        {"observation": Normalise()},
        "numbers have no limits, or far wider ones than are seen: their mean and spread are "
        "learned",
    )
