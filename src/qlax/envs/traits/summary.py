"""From random play to what it says of an environment."""

import itertools
from typing import Any

import numpy as np

from qlax.envs.source import Source
from qlax.envs.traits.half import Half, Play, coarse
from qlax.envs.traits.memory import past_tells
from qlax.envs.traits.play import played
from qlax.envs.traits.traits import Episodes, Rewards, Shown, Traits
from qlax.numbering import entries_of, limits_of
from qlax.spaces import Box, EnvSpec

_DISCOUNT = 0.99


def traits_of(source: Source, seed: int = 0) -> Traits:
    """Return what an environment is like.

    Args:
        source: The environment.
        seed: Of the random play.

    Raises:
        UsageError: if qlax cannot train in it.
    """
    return traits_in(source.spec, played(source, seed))


def traits_in(spec: EnvSpec, play: Play | None) -> Traits:
    """Return what a play shows of an environment."""
    if play is None:
        return Traits(spec=spec)
    halves = (play.single, play.held)
    return Traits(
        spec=spec,
        steps=play.steps,
        rewards=_rewards(halves),
        episodes=_episodes(play),
        shown=_shown(spec, play),
        legal=float(np.mean([*play.single.legal, *play.held.legal])),
    )


def _rewards(halves: tuple[Half, Half]) -> Rewards:
    paid = np.array([reward for half in halves for reward in half.rewards])
    ends = np.array([end for half in halves for end in _ends(half)])
    returns = [value for half in halves for value in _returns(half)]
    sizes = np.abs(paid[paid != 0.0])
    return Rewards(
        lowest=float(paid.min()),
        highest=float(paid.max()),
        kinds=len(np.unique(paid)),
        paid=float((paid != 0.0).mean()),
        smallest=float(sizes.min()) if sizes.size else 0.0,
        only_at_ends=bool(sizes.size) and not (paid[~ends] != 0.0).any(),
        lowest_return=min(returns),
        highest_return=max(returns),
    )


def _episodes(play: Play) -> Episodes:
    lengths, held = _lengths(play.single), _lengths(play.held)
    unfinished = [_unfinished(half) for half in (play.single, play.held)]
    longest = max([*lengths, *held, *unfinished])
    starts = {
        seen
        for half in (play.single, play.held)
        for seen, begins in zip(half.before, half.begins, strict=True)
        if begins
    }
    return Episodes(
        terminated=sum(play.single.terminated) + sum(play.held.terminated),
        truncated=sum(play.single.truncated) + sum(play.held.truncated),
        shortest=min([*lengths, *held], default=0),
        longest=longest,
        mean=float(np.mean(lengths)) if lengths else float(longest),
        held_mean=float(np.mean(held)) if held else float(longest),
        begin_alike=len(starts) == 1,
    )


def _shown(spec: EnvSpec, play: Play) -> Shown:
    seen = [*play.single.before, *play.held.before]
    numbers = np.stack([*play.single.numbers, *play.held.numbers])
    single, held = (np.stack(half.numbers) for half in (play.single, play.held))
    followed: dict[Any, Any] = {}
    again = other = 0
    for half in (play.single, play.held):
        for before, action, reward, after in zip(
            half.before, half.actions, half.rewards, half.after, strict=True
        ):
            outcome = coarse(reward), after
            again += 1
            other += followed.setdefault((before, action), outcome) != outcome
    known = numbers.size > 0
    return Shown(
        share_new=len(set(seen)) / len(seen),
        is_binary=known and bool(np.isin(numbers, (0.0, 1.0)).all()),
        largest=float(np.abs(numbers).max()) if known else float("inf"),
        share_of_limits=_share_of_limits(spec, numbers) if known else 0.0,
        reach=_reach(single, held) if known else 1.0,
        constant=int((numbers == numbers[0]).all(0).sum()) if known else 0,
        past_tells=past_tells(play.single),
        chance=other / max(again - len(followed), 1),
    )


def _share_of_limits(spec: EnvSpec, numbers: np.ndarray) -> float:
    """Return the least share of its limits that an entry of a Box took; 0 without limits."""
    spaces = entries_of(spec.observation)
    if not all(isinstance(space, Box) for space in spaces):
        return 0.0
    limits = [limits_of(space) for space in spaces if isinstance(space, Box)]
    low, high = (np.concatenate(both) for both in zip(*limits, strict=True))
    bounded = (np.abs(low) < 1e6) & (np.abs(high) < 1e6)
    if not bounded.all():
        return 0.0
    moving = high > low
    share = (numbers.max(0) - numbers.min(0))[moving] / (high - low)[moving]
    return float(share.min()) if share.size else 0.0


def _reach(single: np.ndarray, held: np.ndarray) -> float:
    spreads = single.std(0), held.std(0)
    moving = (spreads[0] > 0.0) & (spreads[1] > 0.0)
    return float(np.median(spreads[1][moving] / spreads[0][moving])) if moving.any() else 1.0


def _ends(half: Half) -> list[bool]:
    return [a or b for a, b in zip(half.terminated, half.truncated, strict=True)]


def _lengths(half: Half) -> list[int]:
    """Return the steps of every finished episode."""
    begins = np.flatnonzero(half.begins)
    return [int(end + 1 - begins[begins <= end][-1]) for end in np.flatnonzero(_ends(half))]


def _unfinished(half: Half) -> int:
    """Return the steps of the longest episode that was not finished; 0 if there is none."""
    begins = [*np.flatnonzero(half.begins), len(half.begins)]
    ends = np.array(_ends(half))
    lengths = [
        int(after - begin) for begin, after in itertools.pairwise(begins) if not ends[after - 1]
    ]
    return max(lengths, default=0)


def _returns(half: Half) -> list[float]:
    """Return the discounted return of every episode, from its beginning."""
    returns: list[float] = []
    weight = 1.0
    for reward, begins in zip(half.rewards, half.begins, strict=True):
        if begins:
            returns.append(0.0)
            weight = 1.0
        returns[-1] += weight * reward
        weight *= _DISCOUNT
    return returns
