"""Write the pages of parts and named agents from their docstrings: `python docs/generate.py`.

A part is described once, where it is declared. These pages only arrange that for reading, so they
are never edited by hand; a test fails when they are not what this file writes.
"""

import dataclasses
import inspect
from pathlib import Path
from typing import Any

import docstring_parser

from qlax import presets
from qlax.agent import Agent
from qlax.config import part_classes, pasteable
from qlax.networks import CNN, ImpalaCNN, Table
from qlax.observations import Raw

_HERE = Path(__file__).parent

# Module: the slot of an agent that takes its parts, and what the slot is for.
_SLOTS = {
    "bootstraps": ("bootstrap", "What the target assumes about the next action"),
    "heads": ("head", "What is predicted of the return, and its loss"),
    "replay": ("replay", "What is remembered and how batches are drawn"),
    "networks": ("network", "From observation to features"),
    "memories": ("memory", "What the network remembers from step to step"),
    "layers": ("network.layer", "Kinds of linear layer, in networks and in a head's streams"),
    "explorers": ("explorer", "Which action is taken while training"),
    "targets": ("target", "Whose parameters bootstrap"),
    "optimizers": ("optimizer", "How a gradient becomes a step"),
    "observations": ("observation", "What is done to observations before the network"),
    "rewards": ("reward", "What the learner is paid"),
    "schedules": ("explorer.epsilon", "Numbers that change with time, wherever a number may"),
}


def pages() -> dict[Path, str]:
    """Return the text of every page by its path within `docs`."""
    written = {Path("parts") / f"{module}.md": _slot_page(module) for module in _SLOTS}
    for name, make in presets.AGENTS.items():
        written[Path("agents") / f"{name}.md"] = _agent_page(name, make)
    written[Path("agents") / "README.md"] = _agents_index()
    written[Path("agents") / "side_by_side.md"] = _side_by_side()
    return written


# One environment of each world whose agents differ.
_WORLDS = (
    "MountainCar-v0",
    "ALE/Pong-v5",
    "VizdoomBasic-v1",
    "SuperMarioBros-1-1-v0",
    "MiniGrid-DoorKey-5x5-v0",
    "MinAtar/Breakout-v1",
)


def _side_by_side() -> str:
    agents = {env: presets.resolve(env).agent for env in _WORLDS}
    slots = [entry.name for entry in dataclasses.fields(Agent)]
    shown = {slot: [pasteable(getattr(agent, slot)) for agent in agents.values()] for slot in slots}
    alike = {slot: cells[0] for slot, cells in shown.items() if len(set(cells)) == 1}
    lines = [
        "# The same agent in six worlds",
        "",
        "What `qlax train ENV` takes in each, part by part: the parts differ, not the code.",
        "",
        "| | " + " | ".join(f"`{env}`" for env in _WORLDS) + " |",
        "|---" * (len(_WORLDS) + 1) + "|",
    ]
    for slot, cells in shown.items():
        if slot not in alike:
            lines.append(f"| `{slot}` | " + " | ".join(f"`{cell}`" for cell in cells) + " |")
    same = ", ".join(f"`{slot}={cell}`" for slot, cell in alike.items())
    lines += ["", f"The same in all: {same}.", "", "As they can be pasted:", ""]
    for env, agent in agents.items():
        lines += ["```python", f"# {env}", repr(agent), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def _slot_page(module: str) -> str:
    slot, purpose = _SLOTS[module]
    parts = [
        _part(module, name, kind)
        for name, kind in sorted(part_classes(module).items())
        if _is_part(kind)
    ]
    return "\n".join(
        [
            f"# {module}",
            "",
            f"{purpose}: `Agent({slot.split('.')[0]}=…)`, or `--agent.{slot}` on the command line.",
            "",
            *parts,
        ]
    )


def _part(module: str, name: str, kind: type) -> str:
    lines = [f"## {module}.{name}", "", inspect.cleandoc(kind.__doc__ or ""), ""]
    described = {
        entry.arg_name: " ".join((entry.description or "").split())
        for entry in docstring_parser.parse_from_object(kind).params
    }
    entries = [entry for entry in dataclasses.fields(kind) if entry.init]
    if entries:
        lines += ["| field | default | |", "|---|---|---|"]
        lines += [
            f"| `{entry.name}` | `{_default(entry)}` | {described.get(entry.name, '')} |"
            for entry in entries
        ]
        lines += [""]
    return "\n".join(lines)


def _agent_page(name: str, make: Any) -> str:
    return "\n".join(
        [
            f"# {name}",
            "",
            inspect.cleandoc(make.__doc__),
            "",
            "```console",
            f"qlax train {_environment(make())} --agent {name}",
            "```",
            "",
            "```python",
            _indented(make()),
            "```",
            "",
        ]
    )


def _agents_index() -> str:
    rows = [
        f"| [`{name}`]({name}.md) | {inspect.cleandoc(make.__doc__ or '').splitlines()[0]} |"
        for name, make in presets.AGENTS.items()
    ]
    return "\n".join(["# Named agents", "", "| agent | |", "|---|---|", *rows, ""])


def _environment(agent: Agent) -> str:
    """Return a small environment that the agent is for."""
    if isinstance(agent.network, CNN | ImpalaCNN):
        return "ALE/Pong-v5"
    if isinstance(agent.network, Table) and agent.observation == Raw() and agent.num_envs == 1:
        return "CliffWalking-v1" if agent.network == Table() else "MountainCar-v0"
    return "CartPole-v1"


def _indented(agent: Agent) -> str:
    """Return an agent's repr with a part a line."""
    parts = [
        f"    {entry.name}={pasteable(getattr(agent, entry.name))},"
        for entry in dataclasses.fields(agent)
        if f"{entry.name}=" in pasteable(agent)
    ]
    return "\n".join(["Agent(", *parts, ")"])


def _default(entry: dataclasses.Field) -> str:
    if entry.default is not dataclasses.MISSING:
        return pasteable(entry.default)
    if entry.default_factory is not dataclasses.MISSING:
        return pasteable(entry.default_factory())
    return "required"


def _is_part(kind: type) -> bool:
    """Return whether a class is configured by keyword, as parts are and states are not."""
    return all(entry.kw_only for entry in dataclasses.fields(kind)) and bool(kind.__doc__)


if __name__ == "__main__":
    for path, text in pages().items():
        (_HERE / path).parent.mkdir(exist_ok=True)
        (_HERE / path).write_text(text)
