"""What is odd about an environment, as far as random play shows: a sentence for each thing."""

from collections.abc import Callable, Iterator

from qlax.envs.traits import Traits
from qlax.numbering import entries_of
from qlax.presets.advising.rules.kinds import MOST_STATES
from qlax.spaces import Box, Discrete

_MANY_ACTIONS = 1_000
_CHANNELS = (1, 3)


def oddities_of(traits: Traits) -> Iterator[str]:
    """Return a sentence for everything that may not be as it is meant, or makes learning hard."""
    for look in _LOOKS:
        sentence = look(traits)
        if sentence is not None:
            yield sentence


def _unplayed(traits: Traits) -> str | None:
    if traits.steps:
        return None
    return (
        "It could not be played for a moment, because it is too slow or fails: settings follow "
        "from its spaces alone."
    )


def _no_choice(traits: Traits) -> str | None:
    if traits.spec.num_actions > 1:
        return None
    return "It has a single action: there is nothing to learn."


def _unpaid(traits: Traits) -> str | None:
    rewards = traits.rewards
    if rewards is None or rewards.size > 0.0:
        return None
    return (
        f"Every reward in {traits.steps:,} random steps was 0: until the first is found, nothing "
        "can be learned. A reward for coming nearer helps, or rewards.Novelty, which pays for what "
        "is new."
    )


def _blind(traits: Traits) -> str | None:
    shown = traits.shown
    if shown is None or traits.steps == 0 or shown.share_new * traits.steps > 1.5:
        return None
    return "Every observation was the same: a policy cannot tell where it is."


def _partial(traits: Traits) -> str | None:
    shown = traits.shown
    if shown is None or shown.past_tells < 0.3:
        return None
    return (
        "An observation does not show all that matters: what came before in the episode tells "
        f"{shown.past_tells:.0%} of what it leaves open about the next one and its reward."
    )


def _still(traits: Traits) -> str | None:
    for inner in entries_of(traits.spec.observation):
        if not isinstance(inner, Box) or inner.frames > 1 or inner.dtype != "uint8":
            continue
        shape = inner.image_shape
        if len(shape) == 2 or (len(shape) == 3 and shape[2] in _CHANNELS):
            return (
                "It shows one image at a time, in which nothing moves: if speeds matter, show a "
                "few together with gymnasium.wrappers.FrameStackObservation."
            )
    return None


def _constant(traits: Traits) -> str | None:
    shown = traits.shown
    if shown is None or traits.has_image or shown.constant == 0 or shown.is_binary:
        return None
    if shown.constant == traits.width:
        return None
    return (
        f"{shown.constant} of the {traits.width} numbers of an observation never changed: they say "
        "nothing, or something that random play does not reach."
    )


def _many_states(traits: Traits) -> str | None:
    states = [
        inner.n for inner in entries_of(traits.spec.observation) if isinstance(inner, Discrete)
    ]
    if max(states, default=0) <= MOST_STATES:
        return None
    return (
        f"Its observation is one of {max(states):,} states, and what is learned of one says "
        "nothing of another: show what a state is made of, as MultiDiscrete or Box."
    )


def _many_actions(traits: Traits) -> str | None:
    if traits.spec.num_actions < _MANY_ACTIONS:
        return None
    return (
        f"It has {traits.spec.num_actions:,} actions, each to be tried in many states: leave out "
        "what is never right, by an action mask say."
    )


def _uneven(traits: Traits) -> str | None:
    rewards = traits.rewards
    if rewards is None or rewards.smallest == 0.0 or rewards.kinds < 3:
        return None
    if rewards.size / rewards.smallest < 10_000 or rewards.size < 1_000:
        return None
    return (
        f"Rewards lie from {rewards.smallest:g} to {rewards.size:g} in size: beside the largest, "
        "the smallest are not learned. Their logarithm, or a limit, may be what you mean."
    )


_LOOKS: tuple[Callable[[Traits], str | None], ...] = (
    _unplayed,
    _no_choice,
    _unpaid,
    _blind,
    _partial,
    _still,
    _constant,
    _many_states,
    _many_actions,
    _uneven,
)
