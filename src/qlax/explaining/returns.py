"""Predicted against observed returns: whether the agent expects too much."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from qlax.agent import Agent
from qlax.drawing import EVAL, FAINT, INK, LINE, PALETTE, plain
from qlax.explaining import styling
from qlax.explaining.core import Kind, LeftOut, Picture, Subject
from qlax.explaining.paid import is_known, observed, payment_of, remarks_on
from qlax.explaining.playing import UNSEEN, Episode
from qlax.heads import Ensemble, Head
from qlax.wording import counted, significant

_MOST_POINTS = 4_000


def _draw(subject: Subject) -> Iterator[Picture]:
    agent, episodes = subject.policy.agent, subject.played
    payment = payment_of(subject)
    totals = [observed(payment, agent, one) for one in episodes]
    values = [predicted(agent, one) / payment.factor for one in episodes]
    known = [is_known(agent, one) for one in episodes]
    x = np.concatenate([all_of[keep] for all_of, keep in zip(totals, known, strict=True)])
    y = np.concatenate([all_of[keep] for all_of, keep in zip(values, known, strict=True)])
    if not len(x):
        raise LeftOut(
            "No episode ended by itself or went on long enough for its discounted return to be "
            "known, so there is nothing to compare predictions with."
        )
    bias = float((y - x).mean())
    title = f"The agent expects {_too_much(bias, x)}"
    figure, axes = styling.slide(1, 2, gridspec_kw={"width_ratios": [1.0, 1.25]})
    _scatter(axes[0, 0], x, y)
    longest = max(range(len(episodes)), key=lambda index: int(known[index].sum()))
    _along(axes[0, 1], values[longest], totals[longest], known[longest])
    styling.entitled(figure, title)
    changed = f" and rewards {payment.says}, as the learner is paid" if payment.says else ""
    scaled = (
        f" Both are in the environment's units: the learner's are {payment.factor:.4g} times them."
        if payment.factor != 1.0
        else ""
    )
    yield Picture(
        name="returns",
        title=title,
        caption=(
            "Predicted is Q(s, a) of the greedy action. Observed is what the same greedy episode "
            f"went on to pay, Σ γᵏ r with γ = {agent.discount:g}{changed}. On the grey line they "
            "agree; above it the agent expects too much. Orange is the mean over states of which "
            f"alike is predicted. {counted(len(x), 'state')} of "
            f"{counted(len(episodes), 'episode')}: those from which the episode went on to its own "
            f"end, or, if need be beyond the time limit, until γᵏ was at most {UNSEEN:g}. At the "
            f"right, one episode.{scaled}{remarks_on(agent)}"
        ),
        figure=figure,
        arrays={
            "observed": (x, "observed discounted return of each state, [N]"),
            "predicted": (y, "predicted return of the same states, [N]"),
            "episode_observed": (totals[longest], "observed along one episode, [T]"),
            "episode_predicted": (values[longest], "predicted along it, [T]"),
            "episode_known": (known[longest], "from which steps the return is known, [T]"),
        },
        facts={
            "bias": bias,
            "mean_predicted": float(y.mean()),
            "mean_observed": float(x.mean()),
            "root_mean_square_error": float(np.sqrt(np.square(y - x).mean())),
            "mean_undiscounted": float(np.mean([one.total for one in episodes])),
            "states": len(x),
            "episodes": len(episodes),
            "discount": agent.discount,
            "scale": payment.factor,
        },
    )


def predicted(agent: Agent, episode: Episode) -> np.ndarray:
    """Return the mean return that the head predicts of the actions taken, [T].

    That is the action value, but for heads that value actions by their risk.
    """
    head = _without_risk(agent.head)
    if head == agent.head:
        return np.asarray(episode.value, np.float64)
    q_values = np.asarray(head.q_values(episode.prediction), np.float64)
    return np.asarray(np.take_along_axis(q_values, episode.action[:, None], -1)[:, 0])


def _without_risk(head: Any) -> Head:
    if isinstance(head, Ensemble):
        return dataclasses.replace(head, head=_without_risk(head.head))
    if getattr(head, "risk", 1.0) != 1.0:
        head = dataclasses.replace(head, risk=1.0)
    found: Head = head
    return found


def _too_much(bias: float, x: np.ndarray) -> str:
    """Return how far off predictions are on average, as the end of a sentence."""
    size = max(float(np.abs(x).mean()), 1e-12)
    if abs(bias) < 0.02 * size:
        return "what it gets"
    return f"{significant(abs(bias))} {'more' if bias > 0.0 else 'less'} than it gets, on average"


def _scatter(axes: Any, x: np.ndarray, y: np.ndarray) -> None:
    low, high = styling.limits(x, y)
    margin = 0.05 * (high - low)
    ends = low - margin, high + margin
    axes.plot(ends, ends, color=FAINT, linewidth=1.2, zorder=1)
    every = max(len(x) // _MOST_POINTS, 1)
    options = {"s": 12, "alpha": 0.35, "color": LINE, "linewidths": 0.0, "rasterized": True}
    axes.scatter(x[::every], y[::every], **options)
    means, middles = alike(x, y)
    marks = {"marker": "o", "markersize": 6, "markeredgecolor": "white", "linewidth": 2.0}
    axes.plot(means, middles, color=PALETTE[1], zorder=3, **marks)
    axes.set(xlim=ends, ylim=ends, aspect="equal")
    plain(axes)
    styling.labelled(axes, "observed return", "predicted return")


def alike(x: np.ndarray, y: np.ndarray, parts: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Return mean observed and mean predicted returns of states with like predictions.

    States are ordered by what is predicted, and cut into parts of equal size.
    """
    order = np.argsort(y, kind="stable")
    cuts = np.array_split(order, min(parts, len(order)))
    return np.asarray([x[cut].mean() for cut in cuts]), np.asarray([y[cut].mean() for cut in cuts])


def _along(axes: Any, value: np.ndarray, total: np.ndarray, known: np.ndarray) -> None:
    steps = np.flatnonzero(known)
    axes.plot(steps, total[steps], color=INK, linewidth=2.0, label="observed")
    axes.plot(steps, value[steps], color=EVAL, linewidth=2.0, label="predicted")
    plain(axes)
    styling.labelled(axes, "step of one episode", "return from there on")
    axes.legend(fontsize=styling.TICK, frameon=False, labelcolor=INK)


KIND = Kind("predicted against observed return", lambda _: True, _draw)
