"""Which seeds belong together, and what they are called."""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from typing import Any

from qlax.comparing.settings import differing
from qlax.comparing.trace import Trace
from qlax.runs.saved import Unreadable
from qlax.wording import counted


def labelled(traces: Iterable[Trace]) -> list[Trace]:
    """Return traces whose agents are named differently where they are set differently.

    Agents that go by the same name in one environment, but have other settings or other numbers of
    steps, are told apart by those: `dqn (discount 0.9)`.
    """
    by_name: dict[tuple[str, str], list[Trace]] = {}
    for trace in traces:
        by_name.setdefault((trace.env, trace.agent), []).append(trace)
    return [renamed for together in by_name.values() for renamed in _told_apart(together)]


def without_repeats(traces: Iterable[Trace]) -> tuple[list[Trace], list[Unreadable]]:
    """Return traces of qlax without those that only repeat a seed of the same settings.

    A seed decides everything, so that a second run of it says nothing new, and would count twice.
    A finished one is kept, else the newest.
    """
    kept: dict[Any, Trace] = {}
    repeated = []
    result = []
    for trace in traces:
        if trace.run is None:
            result.append(trace)
            continue
        key = (trace.env, trace.agent, trace.seed, settings_of(trace))
        other = kept.setdefault(key, trace)
        if other is not trace:
            if trace.is_over and not other.is_over:
                kept[key], trace = trace, other
            repeated.append(
                Unreadable(
                    trace.folder,
                    f"{trace.folder} is left out: it repeats seed {trace.seed} of "
                    f"{kept[key].folder}.",
                )
            )
    return [*kept.values(), *result], repeated


def by_env(traces: Iterable[Trace]) -> dict[str, dict[str, list[Trace]]]:
    """Return the traces of each agent in each environment, in order of their names."""
    found: dict[str, dict[str, list[Trace]]] = {}
    for trace in traces:
        found.setdefault(trace.env, {}).setdefault(trace.agent, []).append(trace)
    return {
        env: {agent: sorted(agents[agent], key=lambda one: one.seed) for agent in sorted(agents)}
        for env, agents in sorted(found.items())
    }


def settings_of(trace: Trace) -> str:
    """Return what makes two agents of a name the same: settings and steps, as text."""
    config = {} if trace.run is None else trace.run.config
    return json.dumps([config.get("agent"), config.get("steps")], sort_keys=True)


def _told_apart(traces: Sequence[Trace]) -> list[Trace]:
    """Return traces of one name in one environment, renamed if they are not alike."""
    own = [trace for trace in traces if trace.run is not None]
    others = [trace for trace in traces if trace.run is None]
    if own and others and own[0].agent == others[0].agent:
        named = [
            dataclasses.replace(trace, agent=f"{trace.agent} ({trace.library})") for trace in others
        ]
        return [*_told_apart(own), *named]
    kinds: dict[str, list[Trace]] = {}
    for trace in traces:
        kinds.setdefault(settings_of(trace), []).append(trace)
    if len(kinds) == 1:
        return list(traces)
    configs = [those[0].run.config if those[0].run else {} for those in kinds.values()]
    fields = differing([config.get("agent") for config in configs])
    steps = [config.get("steps") for config in configs]
    renamed = []
    for at, together in enumerate(kinds.values()):
        said = [f"{field.rpartition('.')[2]} {values[at]}" for field, values in fields[:2]]
        if len(fields) > 2:
            said.append(f"{len(fields) - 2} more")
        planned = steps[at]
        if len(set(steps)) > 1 and isinstance(planned, int):
            said.append(counted(planned, "step"))
        name = f"{together[0].agent} ({', '.join(said) or at + 1})"
        renamed += [dataclasses.replace(trace, agent=name) for trace in together]
    return _all_different(renamed, kinds)


def _all_different(renamed: list[Trace], kinds: dict[str, list[Trace]]) -> list[Trace]:
    """Number agents that are still called the same."""
    names = dict.fromkeys(trace.agent for trace in renamed)
    if len(names) == len(kinds):
        return renamed
    settings = {key: at + 1 for at, key in enumerate(kinds)}
    return [
        dataclasses.replace(trace, agent=f"{trace.agent} #{settings[settings_of(trace)]}")
        for trace in renamed
    ]
