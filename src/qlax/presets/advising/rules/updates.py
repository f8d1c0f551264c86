"""How it learns: batches, the target network, the learning rate."""

from collections.abc import Mapping
from typing import Any

from qlax.envs.traits import Traits
from qlax.presets.advising.core import Ruling
from qlax.presets.advising.rules.kinds import is_far_off
from qlax.presets.fitting import images
from qlax.targets import Periodic, Polyak


def updates(traits: Traits, _: Mapping[str, Any]) -> Ruling:
    """How it learns: the target network, and a learning rate that falls."""
    if traits.has_image:
        asked = images.IMAGES
        names = ("batch_size", "learning_rate", "max_grad_norm", "target", "policy")
        more = ("num_envs", "updates", "learning_starts")
        settings = {name: getattr(asked, name) for name in (*names, *more)}
        return Ruling(
            settings, "eight environments and an update for every four steps, as on Atari"
        )
    shared = {"learning_starts": None, "num_envs": 1, "updates": 1, "max_grad_norm": 10.0}
    if is_far_off(traits):
        return Ruling(
            {
                "batch_size": 64,
                "learning_rate": (1e-3, 1e-4),
                "target": Periodic(period=1_000),
                "policy": "target",
                **shared,
            },
            "rewards come late: a target network that moves seldom keeps values from drifting",
        )
    return Ruling(
        {
            "batch_size": 64,
            "learning_rate": (1e-3, 1e-5),
            "target": Polyak(tau=0.005),
            "policy": "target",
            **shared,
        },
        "an averaged target network, which becomes the policy, and a learning rate that falls to a "
        "hundredth: both make the end steady",
    )
