"""Numbered states of which no map is known: the value of every action in each."""

from collections.abc import Iterator

import numpy as np

from qlax.explaining import styling
from qlax.explaining.core import Kind, LeftOut, Picture, Subject
from qlax.explaining.surface import why_not
from qlax.spaces import Discrete

_MOST = 2_000


def _applies_to(subject: Subject) -> bool:
    return isinstance(subject.spec.observation, Discrete) and subject.map is None


def _draw(subject: Subject) -> Iterator[Picture]:
    space = subject.spec.observation
    assert isinstance(space, Discrete)
    reason = why_not(subject.policy)
    if reason is not None:
        raise LeftOut(reason)
    if space.n > _MOST:
        raise LeftOut(f"There are {space.n:,} states, more than a picture can show.")
    look = subject.eyes.at(np.arange(space.n))
    figure, axes = styling.slide()
    image = axes[0, 0].imshow(
        look.q_values.T,
        aspect="auto",
        cmap=styling.VALUES,
        interpolation="nearest",
        extent=(space.start - 0.5, space.start + space.n - 0.5, len(subject.actions) - 0.5, -0.5),
    )
    best = axes[0, 0].plot(space.start + np.arange(space.n), look.action)[0]
    best.set(linestyle="none", marker="o", color="white", markeredgecolor="black")
    best.set_markersize(float(np.clip(300.0 / space.n, 1.0, 9.0)))
    axes[0, 0].set_yticks(range(len(subject.actions)), subject.actions)
    styling.labelled(axes[0, 0], "state", "action")
    styling.scale_beside(figure, image, axes[0, 0], "Q")
    title = "What each action is worth in each state"
    styling.entitled(axes[0, 0], title)
    yield Picture(
        name="q-table",
        title=title,
        caption=(
            "The value of every action in every state, as the environment numbers them. Dots are "
            "the greedy action."
        ),
        figure=figure,
        arrays={
            "q_values": (look.q_values, "action values, [S, A]"),
            "actions": (look.action, "the greedy action, numbered from zero, [S]"),
        },
        facts={"actions": list(subject.actions)},
    )


KIND = Kind("values of numbered states", _applies_to, _draw)
