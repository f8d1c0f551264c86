"""What a policy thinks states are worth, as plain values for the page."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from qlax.envs.opening import opened
from qlax.errors import UsageError
from qlax.explaining.evaluating import Eyes
from qlax.explaining.maps import Map, map_of
from qlax.explaining.surface import value_surface, why_not
from qlax.policy import Policy
from qlax.watching.actions import action_names


def worths(policies: Iterable[Policy], size: int) -> Iterator[dict[str, Any]]:
    """Yield what each of several policies of one run thinks, over a plane or on a map.

    Args:
        policies: The policies.
        size: Points along each side of a plane.

    Raises:
        UsageError: if states cannot be laid out.
    """
    layout: Map | None = None
    names: tuple[str, ...] = ()
    for number, policy in enumerate(policies):
        if number == 0:
            layout, names = _layout_of(policy)
        said = _on_map(policy, layout) if layout is not None else _on_plane(policy, size)
        yield {"number": number, "action_names": list(names), **said}


def _layout_of(policy: Policy) -> tuple[Map | None, tuple[str, ...]]:
    """Return the map of a policy's world, if there is one, and what its actions are called."""
    if policy.spec.factors is not None:
        raise UsageError(f"{policy.spec.id} has {policy.spec.actions}: of them no map is drawn.")
    with opened(*policy.environment()) as source:
        world = source.make()
        try:
            names = action_names(world, policy.spec)
            return map_of(policy.spec, world, source.own_kwargs), names
        finally:
            world.close()


def _on_plane(policy: Policy, size: int) -> dict[str, Any]:
    surface = value_surface(policy, size)
    if surface is None:
        raise UsageError(
            why_not(policy)
            or "Values are shown for agents that observe two numbers, and for worlds with a map."
        )
    return {"kind": "plane", **surface.as_json()}


def _on_map(policy: Policy, layout: Map) -> dict[str, Any]:
    if policy.agent.memory is not None or (policy.spec.has_mask and layout.legal is None):
        raise UsageError(why_not(policy) or "")
    look = Eyes(policy).at(layout.states, layout.legal)
    states = range(len(look.action))
    arrows = [layout.directions[state, look.action[state]].tolist() for state in states]
    return {
        "kind": "map",
        "sheets": [
            {"title": sheet.title, "cells": sheet.cells.tolist()} for sheet in layout.sheets
        ],
        "across": layout.across,
        "values": [
            _short(float(look.value[state])) if state not in layout.over else None
            for state in states
        ],
        "actions": look.action.tolist(),
        "arrows": arrows,
        "signs": [layout.signs.get(int(action), "") for action in look.action],
        "places": [layout.places.get(state, "") for state in states],
        "about": layout.about,
        "walls": np.asarray(layout.walls).tolist(),
        "rows": None if layout.rows is None else [layout.rows[0], *layout.rows[1]],
        "columns": None if layout.columns is None else [layout.columns[0], *layout.columns[1]],
    }


def _short(value: float) -> float | None:
    """Return a number in five digits; None if it is not finite."""
    return float(f"{value:.5g}") if math.isfinite(value) else None
