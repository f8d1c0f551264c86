"""Remarks before a run, on what may not be as meant."""

import math
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp

from qlax.agent import Agent
from qlax.envs.images import remarks_on
from qlax.networks import MLP, Table, TileCoding
from qlax.presets.resolve import unfitted
from qlax.runs.plan import Plan
from qlax.schedules import Linear
from qlax.spaces import Box, Composite, Discrete, EnvSpec, Space, zeros
from qlax.targets import FinishesApart

# Entries from which a network's input is told of: of MLPs here, thousands of weights a unit.
_WIDE = 10_000


def notes_on(plan: Plan, spec: EnvSpec, own_limit: int | None) -> Iterator[str]:
    """Return a sentence for everything in a plan that may surprise.

    Args:
        plan: The plan.
        spec: The environment's description.
        own_limit: Steps after which the environment itself ends an episode, or None.
    """
    if plan.advised:
        yield (
            "nobody has tried settings for this environment: what a moment of random play shows "
            f"chose them ({_advising(plan)} says why)"
        )
    known = unfitted(plan.source, plan.agent) if plan.agent_name == "custom" else None
    if known is not None:
        where = "…" if plan.source.id is None else repr(plan.source.name)
        yield (
            f"the agent is presets.{known}(), fitted to no environment; fitted to this one it is "
            f"presets.{known}(env={where})"
        )
    for name, schedule in getattr(plan.agent.explorer, "__dict__", {}).items():
        if not isinstance(schedule, Linear) or schedule.steps is None:
            continue
        if schedule.begin + schedule.steps > plan.steps:
            yield (
                f"exploration will not be over: {name} takes {schedule.steps:,} steps "
                f"from {schedule.start:g} to {schedule.end:g} (agent.explorer.{name}.steps)"
            )
    if isinstance(plan.agent.target, FinishesApart) and plan.agent.policy == "online":
        yield (
            "the finished policy will have the newest parameters, not those the target "
            "keeps for it (agent.policy=target)"
        )
    yield from remarks_on(spec.observation)
    yield from _on_input(plan.agent, spec.observation)
    limit = plan.agent.time_limit
    if limit is not None and own_limit is not None and limit > own_limit:
        yield (
            f"training episodes last up to {limit:,} steps, so their returns may be larger than "
            f"those of the environment, whose episodes end after {own_limit:,} (agent.time_limit)"
        )


def _advising(plan: Plan) -> str:
    """Return how to ask why settings are what they are."""
    return "qlax.advise" if plan.source.id is None else f"`qlax advise {plan.source.origin.id}`"


def _on_input(agent: Agent, space: Space) -> Iterator[str]:
    """Return a sentence on a network whose input is wide: its size, and what would be better."""
    if isinstance(agent.network, Table | TileCoding):
        return
    states = max((inner.n for inner in _spaces_in(space) if isinstance(inner, Discrete)), default=0)
    width = sum(
        inner.n if isinstance(inner, Discrete) else math.prod(inner.shape)
        for inner in _spaces_in(space)
    )
    if states >= _WIDE:
        yield (
            f"the network's input has an entry for each of {states:,} states, so every unit of its "
            "first layer has as many weights; a table, such as the agent q_learning has, looks one "
            "row up instead"
        )
    elif width >= _WIDE and isinstance(agent.network, MLP):
        yield (
            f"the network's input is {width:,} numbers, so every unit of its first layer has as "
            "many weights; for images take networks.CNN()"
        )


def _spaces_in(space: Space) -> Iterator[Box | Discrete]:
    if isinstance(space, Composite):
        for _, inner in space.entries:
            yield from _spaces_in(inner)
    else:
        yield space


def table_of(agent: Agent, spec: EnvSpec) -> str | None:
    """Return how large an agent's table is, in words; None if its network is no table."""

    def features() -> Any:
        observation = jax.tree.map(jnp.asarray, zeros(spec.observation, (1,)))
        stage = agent.observation.init(spec.observation)
        seen, space = agent.observation(stage, observation, spec.observation)
        return agent.network(seen, space)

    if not isinstance(agent.network, Table | TileCoding):
        return None
    size = jax.eval_shape(features).size
    rows = "states" if isinstance(agent.network, Table) else "tiles"
    return f"{size:,} {rows} × {spec.num_actions:,} actions: {size * spec.num_actions:,} values"
