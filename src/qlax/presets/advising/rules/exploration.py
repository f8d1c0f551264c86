"""How random actions are, for how long."""

from collections.abc import Mapping
from typing import Any

from qlax.envs.traits import Traits
from qlax.explorers import OneStep, Uniform, Zeta
from qlax.presets.advising.core import Ruling
from qlax.presets.advising.rules.kinds import is_far_off, is_numbered, is_silent
from qlax.schedules import Linear


def exploration(traits: Traits, so_far: Mapping[str, Any]) -> Ruling:
    """Keep to exploratory actions where that reaches farther than jitter does."""
    steps = so_far["steps"]
    share = 0.2
    episodes, shown, rewards = traits.episodes, traits.shown, traits.rewards
    if episodes is None or shown is None or rewards is None:
        duration: Any = Zeta(exponent=2.0)
        why = "exploratory actions are repeated now and then, which suits most environments"
    elif is_silent(traits):
        share = 0.4
        if is_numbered(traits):
            return Ruling(
                {"epsilon": _falling(share, steps), "duration": Zeta(exponent=2.0)},
                "random play is told nothing by its rewards, so what was tried is counted, and "
                "what was tried least in a state is tried next",
            )
        if is_far_off(traits):
            duration = Uniform(low=1, high=40)
            why = (
                "random play is told nothing by its rewards, and actions kept to for many steps "
                f"reach {shown.reach:.1f} times as far as a new one each step: exploration keeps "
                "to them, and takes long"
            )
        else:
            duration = OneStep() if shown.reach < 1.0 else Zeta(exponent=2.0)
            farther = "no farther" if shown.reach < 1.0 else "a little farther"
            why = (
                "random play is told nothing by its rewards, so exploration takes long; keeping to "
                f"an action reaches {farther}"
            )
    elif episodes.terminated > 0 and episodes.held_mean < 0.8 * episodes.mean:
        duration = OneStep()
        why = (
            f"episodes in which actions are kept to end sooner (after {episodes.held_mean:.0f} "
            f"steps instead of {episodes.mean:.0f}): exploratory actions last one step"
        )
    elif shown.reach < 1.0 or traits.states is not None:
        duration = OneStep()
        why = "keeping to an action reaches no farther than a new one at each step"
    else:
        duration = Zeta(exponent=2.0)
        why = "exploratory actions are repeated now and then, which reaches a little farther"
    epsilon = _falling(share, steps, end=0.02 if traits.has_image else 0.05)
    return Ruling({"epsilon": epsilon, "duration": duration}, why)


def _falling(share: float, steps: int, end: float = 0.05) -> Linear:
    return Linear(start=1.0, end=end, steps=int(share * steps))
