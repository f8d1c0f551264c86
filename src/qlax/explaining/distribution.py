"""Heads that predict more than a mean: the distribution of the return along an episode."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from qlax.drawing import EVAL, INK, LINE, PALETTE, plain
from qlax.explaining import styling
from qlax.explaining.core import Kind, LeftOut, Picture, Subject
from qlax.explaining.paid import is_known, observed, payment_of, remarks_on
from qlax.explaining.playing import Episode
from qlax.heads import HasDistribution, HasMembers, HLGauss

_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_MOMENTS = 4
_BINS = 36
_MOST_STEPS = 1_000
_SMOOTH = 400
"""Levels at which quantile functions are read to be drawn as densities."""


class Spread(NamedTuple):
    """Distributions of returns along an episode, in the environment's units."""

    values: np.ndarray
    """Returns in ascending order, float, [T, A, K]."""
    weights: np.ndarray
    """How probable each is, [T, A, K]."""
    are_atoms: bool
    """Whether returns are the same everywhere."""


def _applies_to(subject: Subject) -> bool:
    return isinstance(subject.policy.agent.head, HasDistribution | HasMembers)


def _draw(subject: Subject) -> Iterator[Picture]:
    agent = subject.policy.agent
    episode = _typical(subject.played)
    factor, total, known = 1.0, None, None
    units = ""
    try:
        payment = payment_of(subject)
        factor, total = payment.factor, observed(payment, agent, episode)
        known = is_known(agent, episode)
    except LeftOut:
        units = " Returns are in the units that the learner is paid in."
    spread = spread_of(agent.head, episode, factor)
    steps = slice(0, min(episode.within, _MOST_STEPS))
    yield _fan(subject, episode, spread, total, known, steps, units)
    yield _snapshots(subject, episode, spread, total, known, steps, units)


def _typical(episodes: list[Episode]) -> Episode:
    """Return the episode of median length, whose return is known from most states if possible."""
    ended = [one for one in episodes if one.terminated] or episodes
    return sorted(ended, key=len)[len(ended) // 2]


def spread_of(head: Any, episode: Episode, factor: float = 1.0) -> Spread:
    """Return the distributions that a head predicts along an episode.

    Of an ensemble they are the action values of its members, all equally probable.
    """
    if isinstance(head, HasDistribution):
        found = head.distribution(episode.prediction)
        weights = np.asarray(found.probabilities, float)
        values = np.broadcast_to(np.asarray(found.values, float), weights.shape)
        are_atoms = np.ndim(found.values) == 1
    else:
        members = np.moveaxis(np.asarray(head.member_values(episode.prediction), float), 1, -1)
        values, weights = members, np.full(members.shape, 1.0 / members.shape[-1])
        are_atoms = False
    order = np.argsort(values, -1)
    return Spread(
        np.take_along_axis(values, order, -1) / factor,
        np.take_along_axis(weights, order, -1),
        are_atoms,
    )


def quantiles(values: np.ndarray, weights: np.ndarray, levels: Any) -> np.ndarray:
    """Return the quantiles of distributions, the smallest value with so much at or below it.

    Args:
        values: In ascending order, [..., K].
        weights: Their probabilities, [..., K].
        levels: In [0, 1], [L].

    Returns:
        Quantiles, [..., L].
    """
    below = np.cumsum(weights, -1)
    below /= below[..., -1:]
    index = (below[..., None, :] < np.asarray(levels)[:, None] - 1e-9).sum(-1)
    return np.take_along_axis(values, np.minimum(index, values.shape[-1] - 1), -1)


def _taken(array: np.ndarray, action: np.ndarray) -> np.ndarray:
    """[T, A, K] → [T, K] of the actions taken."""
    return np.asarray(np.take_along_axis(array, action[:, None, None], 1)[:, 0])


def _fan(
    subject: Subject,
    episode: Episode,
    spread: Spread,
    total: np.ndarray | None,
    known: np.ndarray | None,
    steps: slice,
    units: str,
) -> Picture:
    values, weights = (_taken(array, episode.action)[steps] for array in spread[:2])
    bands = quantiles(values, weights, _LEVELS)
    mean = (values * weights).sum(-1) / weights.sum(-1)
    time = np.arange(len(bands))
    figure, axes = styling.slide()
    one = axes[0, 0]
    what = _what(subject)
    one.fill_between(time, bands[:, 0], bands[:, 4], color=LINE, alpha=0.18, linewidth=0,
                     label=f"90 % of {what.plural}")  # fmt: skip
    one.fill_between(time, bands[:, 1], bands[:, 3], color=LINE, alpha=0.35, linewidth=0,
                     label=f"50 % of {what.plural}")  # fmt: skip
    one.plot(time, mean, color=LINE, linewidth=2.0, label="their mean")
    if total is not None and known is not None:
        shown = np.where(known, total, np.nan)[steps]
        one.plot(time, shown, color=EVAL, linewidth=2.0, label="what came of it")
    plain(one)
    one.set_xlim(0, max(len(time) - 1, 1))
    styling.labelled(one, "step of one episode", "discounted return from there on")
    one.legend(fontsize=styling.TICK, frameon=False, labelcolor=INK)
    title = f"{what.title} along an episode"
    styling.entitled(one, title)
    return Picture(
        name="distribution",
        title=title,
        caption=(
            f"{what.says} of the action taken, at each step of one greedy episode, discounted by "
            f"{subject.policy.agent.discount:g} a step; in red the return that was then observed."
            f"{units}{what.warns}{remarks_on(subject.policy.agent)}"
        ),
        figure=figure,
        arrays={
            "levels": (np.asarray(_LEVELS), "levels of the quantiles, [L]"),
            "quantiles": (bands, "quantiles of the action taken, [T, L]"),
            "mean": (mean, "their mean, [T]"),
            "values": (values, "returns of the action taken, ascending, [T, K]"),
            "probabilities": (weights, "how probable each is, [T, K]"),
            **_known(total, known, steps),
        },
    )


def _known(
    total: np.ndarray | None, known: np.ndarray | None, steps: slice
) -> dict[str, tuple[np.ndarray, str]]:
    if total is None or known is None:
        return {}
    seen = np.where(known, total, np.nan)[steps]
    return {"observed": (seen, "observed discounted return, NaN where it is not known, [T]")}


def _snapshots(
    subject: Subject,
    episode: Episode,
    spread: Spread,
    total: np.ndarray | None,
    known: np.ndarray | None,
    steps: slice,
    units: str,
) -> Picture:
    moments = styling.spread(steps.stop, _MOMENTS)
    figure, axes = styling.slide(1, len(moments), width=13.0, height=4.4, sharex=True)
    edges = _edges(spread, moments)
    what = _what(subject)
    actions = _worth_showing(episode, moments)
    densities = np.zeros((len(moments), len(subject.actions), len(edges) - 1))
    for row, (one, step) in enumerate(zip(axes[0], moments, strict=True)):
        for action in actions:
            if not np.isfinite(episode.q_values[step, action]):
                continue
            density = _density(spread, step, action, edges)
            densities[row, action] = density
            colour = (*PALETTE, *PALETTE)[action % 16]
            options: dict[str, Any] = {"color": colour, "linewidth": 1.8}
            one.stairs(density, edges, label=subject.actions[action], **options)
            one.stairs(density, edges, fill=True, alpha=0.12, color=colour)
        if total is not None and known is not None and known[step]:
            one.axvline(total[step], color=INK, linewidth=1.4, linestyle="--")
        one.set_yticks([])
        plain(one)
        best = subject.actions[episode.action[step]]
        styling.entitled(one, f"step {step}: {best}", styling.LABEL)
    styling.labelled(axes[0, 0], y="probability")
    styling.labelled(axes[0, len(moments) // 2], x="discounted return from there on")
    axes[0, -1].legend(
        fontsize=styling.TICK, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0)
    )
    title = f"{what.title} of each action"
    styling.entitled(figure, title)
    return Picture(
        name="distribution-actions",
        title=title,
        caption=(
            f"{what.says} of each action at {len(moments)} moments of one greedy episode; above "
            "each stands what was done. Dashed is the return that was then observed."
            f"{units}{what.warns}"
        ),
        figure=figure,
        arrays={
            "steps": (np.asarray(moments), "steps of the episode, [M]"),
            "edges": (edges, "edges of the columns, [K + 1]"),
            "density": (densities, "probability of each column, [M, A, K]"),
        },
        facts={"actions": list(subject.actions)},
    )


def _worth_showing(episode: Episode, moments: list[int]) -> list[int]:
    """Return the actions to show: all, or of many those that are best at these moments."""
    number = episode.q_values.shape[-1]
    if number <= len(PALETTE):
        return list(range(number))
    best = np.argsort(-episode.q_values[moments], -1)[:, :3]
    return sorted(set(best.ravel().tolist()))


def _edges(spread: Spread, moments: list[int]) -> np.ndarray:
    """Return edges of columns: one for each atom, or enough for all quantiles."""
    values, weights = spread.values[moments], spread.weights[moments]
    if spread.are_atoms:
        atoms = values[0, 0]
        likely = weights.max((0, 1)) > 2e-3
        first, last = int(likely.argmax()), len(likely) - 1 - int(likely[::-1].argmax())
        atoms = atoms[max(first - 1, 0) : last + 2]
        middles = 0.5 * (atoms[1:] + atoms[:-1])
        ends = [2 * atoms[0] - middles[0]], [2 * atoms[-1] - middles[-1]]
        return np.concatenate([ends[0], middles, ends[1]])
    low, high = styling.limits(values)
    margin = 0.03 * (high - low)
    return np.linspace(low - margin, high + margin, _BINS + 1)


def _density(spread: Spread, step: int, action: int, edges: np.ndarray) -> np.ndarray:
    """Return how probable each column is, [K]."""
    values, weights = spread.values[step, action], spread.weights[step, action]
    if not spread.are_atoms:
        # Between quantiles the return is taken to be spread evenly.
        levels = np.cumsum(weights) - 0.5 * weights
        values = np.interp((np.arange(_SMOOTH) + 0.5) / _SMOOTH, levels, values)
        weights = np.full(_SMOOTH, 1.0 / _SMOOTH)
    return np.asarray(np.histogram(values, edges, weights=weights)[0])


class _What(NamedTuple):
    """How to speak of what a head predicts."""

    title: str
    says: str
    plural: str
    warns: str


def _what(subject: Subject) -> _What:
    head = subject.policy.agent.head
    if not isinstance(head, HasDistribution):
        warns = " Where members disagree, the return is not known yet."
        says = "The action values of the ensemble's members"
        return _What("What the ensemble's members expect", says, "members", warns)
    warns = ""
    if isinstance(head, HLGauss):
        warns = (
            " Its histograms are as wide as HL-Gauss smooths its targets: their means are "
            "predictions, their widths are not."
        )
    return _What("What returns are expected", "The distribution of the return", "returns", warns)


KIND = Kind("the return's distribution", _applies_to, _draw)
