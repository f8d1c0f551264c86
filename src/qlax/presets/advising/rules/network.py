"""How large the network is, and of what kind."""

from collections.abc import Mapping
from typing import Any

from qlax.envs.traits import Traits
from qlax.presets.advising.core import Ruling
from qlax.presets.advising.rules.kinds import numbers_of
from qlax.presets.fitting import images

_FEW = 6
"""Numbers up to which an observation is small."""


def network(traits: Traits, _: Mapping[str, Any]) -> Ruling:
    """Wider layers for more numbers; filters for images."""
    if traits.has_image:
        network = images.fitted_to(images.IMAGES, traits.spec.observation).network
        kind = type(network).__name__
        return Ruling(
            {"by_sight": True, "network": network, "hidden": (64, 64)},
            f"an image is shown, so the network has filters ({kind})",
        )
    width = traits.width
    hidden = (64, 64) if width <= _FEW else (128, 128) if width <= 256 else (256, 256)
    return Ruling(
        {"by_sight": False, "network": None, "hidden": hidden},
        f"{numbers_of(traits)}: two layers of {hidden[0]} are enough",
    )
