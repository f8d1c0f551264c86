"""A search: which fields of an agent are tried with which values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qlax import config
from qlax.agent import Agent
from qlax.errors import UsageError, nearest, shown
from qlax.fields import all_exchanged, checked, entry_at
from qlax.tuning.ranges import Draws, Range, range_of

_AGENT = "agent."


@dataclass(frozen=True)
class Search:
    """The agent that a search begins with, and the ranges of its fields."""

    agent: Agent
    """The agent as it is by default."""
    ranges: Mapping[str, Range]
    """The range of each field, by its dotted path in the agent."""

    def draw(self, trial: Draws) -> dict[str, Any]:
        """Return the values of a trial."""
        return {path: found.draw(trial, path) for path, found in self.ranges.items()}

    def with_values(self, values: Mapping[str, Any]) -> Agent:
        """Return the agent with values in its fields.

        Raises:
            UsageError: if there can be no such agent.
        """
        made: Agent = checked(all_exchanged(self.agent, values))
        return made

    def default(self) -> dict[str, Any]:
        """Return the parameters of a trial of the agent itself, of fields whose ranges hold it."""
        held = {
            path: found.parameter_of(entry_at(self.agent, path))
            for path, found in self.ranges.items()
            if _leads_to_field(self.agent, path)
        }
        return {path: value for path, value in held.items() if value is not None}


def search_of(agent: Agent, given: Mapping[str, Any]) -> Search:
    """Return a search of an agent, all of whose ranges were tried.

    Args:
        agent: The agent.
        given: A range of each field: see `ranges.range_of`. `agent.` may begin its path.

    Raises:
        UsageError: if a field does not exist, or cannot have a value of its range.
    """
    if not isinstance(given, Mapping) or not given:
        raise UsageError(
            f"search is {shown(given)}, but must be a dict of ranges by field, such as "
            "{'agent.optimizer.learning_rate': 'log(1e-4, 1e-2)'}."
        )
    ranges: dict[str, Range] = {}
    for name, said in given.items():
        path = str(name).strip().removeprefix("--").replace("-", "_").removeprefix(_AGENT)
        if path in ranges:
            raise UsageError(f"search has {_AGENT}{path} twice.")
        ranges[path] = range_of(_AGENT + path, said)
    ordered = dict(sorted(ranges.items(), key=lambda entry: entry[0].count(".")))
    for path in ordered:
        above = next((other for other in ordered if path.startswith(f"{other}.")), None)
        for part in [None] if above is None else ordered[above].examples():
            around = agent if above is None else all_exchanged(agent, {above: part})
            _require_field(around, path)
    search = Search(agent, ordered)
    for path, found in ordered.items():
        for value in found.examples():
            _require_value(search, path, found, value)
    return search


def _require_value(search: Search, path: str, found: Range, value: Any) -> None:
    """Raise `UsageError` unless the agent can have a value at a path, whatever else it has."""
    above = {
        other: entry.examples()[0]
        for other, entry in search.ranges.items()
        if path.startswith(f"{other}.")
    }
    try:
        search.with_values({**above, path: value})
    except UsageError as error:
        if isinstance(value, str) and config.is_part(entry_at(search.agent, path)):
            raise UsageError(
                f"search has {_AGENT}{path}={found}, but {value!r} is a word where a part belongs: "
                "give parts themselves, such as [bootstraps.Double(), bootstraps.Greedy()]."
            ) from None
        raise UsageError(f"search has {_AGENT}{path}={found}, which cannot be: {error}") from None


def _require_field(agent: Agent, path: str) -> None:
    """Raise `UsageError` unless a path leads to a field; the sentence names what may be meant."""
    part: Any = agent
    names = path.split(".")
    for at, name in enumerate(names):
        whole = _AGENT + ".".join(names[:at])
        if not config.is_part(part):
            raise UsageError(
                f"search has {_AGENT}{path}, but {whole} is {shown(part)}, which has no fields."
            )
        known = [entry.name for entry in config.fields_of(part)]
        if name not in known:
            hint = nearest(name, known, f"It has {', '.join(known)}.")
            raise UsageError(
                f"search has {_AGENT}{path}, but {type(part).__name__} has no field {name!r}. "
                f"{hint}"
            )
        part = getattr(part, name)


def _leads_to_field(agent: Agent, path: str) -> bool:
    try:
        _require_field(agent, path)
    except UsageError:
        return False
    return True
