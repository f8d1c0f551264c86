"""How far ahead to look, and when to cut an episode."""

from collections.abc import Mapping
from typing import Any

from qlax.envs.traits import Traits
from qlax.presets.advising.core import Ruling
from qlax.presets.advising.rules.kinds import is_bandit, is_chancy, is_far_off, is_numbered

_ENDLESS = 500
"""Steps without an end after which an episode counts as endless."""
_CUT = 1_000
"""Steps after which such episodes are cut."""


def horizon(traits: Traits, _: Mapping[str, Any]) -> Ruling:
    """Look farther ahead in long episodes; cut endless ones; sum rewards where that is safe."""
    episodes = traits.episodes
    longest = traits.horizon
    limit = None
    why = []
    if traits.spec.time_limit is None and episodes is not None and episodes.longest >= _ENDLESS:
        limit = _CUT
        why.append(f"nothing ends its episodes, so training cuts them after {limit:,} steps")
    long = longest is not None and longest >= 1_000 and not traits.has_image
    discount = 0.995 if long and not is_numbered(traits) else 0.99
    if is_bandit(traits):
        n_step = 1
        why.append("nothing follows an action but its reward")
    elif is_numbered(traits) or is_chancy(traits):
        n_step = 1
        why.append("what follows an action is exact to learn or chance, so one reward is summed")
    elif is_far_off(traits):
        n_step = 10
        why.append("news of a goal is rare, so ten rewards are summed to carry it back faster")
    else:
        n_step = 3
        why.append("three rewards are summed, which carries news back faster and is safe")
    if discount > 0.99:
        why.append(f"episodes last {longest:,} steps, so γ is {discount}")
    settings = {"discount": discount, "n_step": n_step, "time_limit": limit}
    return Ruling(settings, "; ".join(why))
