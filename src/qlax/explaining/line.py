"""One number observed: the value of every action over it."""

from collections.abc import Iterator

import numpy as np

from qlax.drawing import PALETTE, plain
from qlax.explaining import styling
from qlax.explaining.core import Kind, LeftOut, Picture, Subject
from qlax.explaining.flat import bounds_of, points_between
from qlax.explaining.surface import why_not

_POINTS = 400


def _applies_to(subject: Subject) -> bool:
    return subject.numbers == 1


def _draw(subject: Subject) -> Iterator[Picture]:
    reason = why_not(subject.policy)
    if reason is not None:
        raise LeftOut(reason)
    low, high, bounded, whole = (one[0] for one in bounds_of(subject.spec.observation))
    if not bounded:
        low, high = float(subject.seen.min()), float(subject.seen.max())
    points = points_between(low, high, _POINTS, whole=bool(whole))
    look = subject.at(points[:, None])
    figure, axes = styling.slide()
    for action, name in enumerate(subject.actions):
        colour = (*PALETTE, *PALETTE)[action % 16]
        axes[0, 0].plot(points, look.q_values[:, action], color=colour, linewidth=2.0, label=name)
    best = look.value
    axes[0, 0].plot(points, best, color="black", linewidth=5.0, alpha=0.15, label="the greedy one")
    plain(axes[0, 0])
    styling.labelled(axes[0, 0], subject.dimensions[0].label, "Q")
    axes[0, 0].legend(fontsize=styling.TICK, frameon=False)
    title = "What each action is worth, by state"
    styling.entitled(axes[0, 0], title)
    yield Picture(
        name="value",
        title=title,
        caption=(
            f"The value of every action over {subject.dimensions[0].name}: the return that the "
            f"agent expects, discounted by {subject.policy.agent.discount:g} a step. The broad "
            "line is the largest, whose action is taken."
        ),
        figure=figure,
        arrays={
            "x": (points, f"{subject.dimensions[0].label}, [X]"),
            "q_values": (look.q_values, "action values, [X, A]"),
            "actions": (look.action, "the greedy action, numbered from zero, [X]"),
            "values": (np.asarray(best), "max Q, [X]"),
        },
        facts={"actions": list(subject.actions)},
    )


KIND = Kind("values over one number", _applies_to, _draw)
