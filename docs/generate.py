"""Write the pages of parts and named agents from their docstrings: `python docs/generate.py`.

A part is described once, where it is declared. These pages only arrange that for reading, so they
are never edited by hand: `--check` fails, and a test, when they are not what this file writes.
"""

import dataclasses
import inspect
import sys
from pathlib import Path
from typing import Any

import docstring_parser

from qlax import presets
from qlax.agent import Agent
from qlax.config import part_classes, pasteable
from qlax.envs.backends import BACKENDS
from qlax.explorers import Duration
from qlax.heads import Rescaling, Stream
from qlax.networks import CNN, ImpalaCNN, Table, TileCoding
from qlax.observations import Raw
from qlax.presets.deep import deep
from qlax.presets.fitting import DEFAULT_AGENT, is_fitted, tuning
from qlax.replay import LambdaReturn, Proportional
from qlax.spaces import Box, Composite, Discrete, Space

_HERE = Path(__file__).parent
_FOLDERS = ("agents/*.md", "parts/*.md", "learn/notebooks/*.ipynb")
"""The files that are all written here."""
_SINGLE = ("benchmarks.md", "board.md", "reference.md", "runs.md", "learn/dqn.md", "zoo.md")
"""Others that are, or of which a table is."""
LEARN = sorted((_HERE / "learn").glob("*.md"))
"""The pages of the tutorial."""

# Module: the slot of an agent that takes its parts, and what they are for.
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
    "actions": ("actions", "How continuous actions, and several at once, become finitely many"),
    "schedules": ("explorer.epsilon", "Numbers that change with time, wherever a number may"),
}
# What has a slot that is not an agent's own: an example, where several do.
_OWNERS = {
    "network.layer": "MLP",
    "explorer.epsilon": "EpsilonGreedy",
    "explorer.duration": "EpsilonGreedy",
    "head.stream": "Scalar",
    "head.rescaling": "Scalar",
    "replay.priority": "Sequences",
    "replay.lambda_return": "Sequences",
}

# Of those, parts that go into a part: what they are, the slot, and what they are for.
_INSIDE: dict[str, list[tuple[type, str, str]]] = {
    "heads": [
        (Rescaling, "head.rescaling", "The scale on which returns are predicted"),
        (Stream, "head.stream", "Layers between the features and what is predicted"),
    ],
    "explorers": [(Duration, "explorer.duration", "How long an exploratory action is repeated")],
    "replay": [
        (Proportional, "replay.priority", "Which sequences are drawn more often"),
        (LambdaReturn, "replay.lambda_return", "How far returns look ahead"),
    ],
}


def pages() -> dict[Path, str]:
    """Return the text of every page by its path within `docs`."""
    # Here, as this file is also run by its path.
    from docs.notebooks import notebook_of
    from docs.reference import reference_page
    from docs.results import ablation, benchmarks_page, board, zoo

    written = {Path("parts") / f"{module}.md": _slot_page(module) for module in _SLOTS}
    for name, make in presets.AGENTS.items():
        written[Path("agents") / f"{name}.md"] = _agent_page(name, make)
    written[Path("runs.md")] = _filled("runs.md", "backends", _backends())
    written[Path("learn") / "dqn.md"] = _filled("learn/dqn.md", "ablation", ablation())
    written[Path("board.md")] = _filled("board.md", "figures", board())
    written[Path("zoo.md")] = _filled("zoo.md", "policies", zoo())
    written[Path("benchmarks.md")] = benchmarks_page()
    written[Path("reference.md")] = reference_page()
    for page in LEARN:
        if "```python" in page.read_text():
            name = Path("learn") / "notebooks" / f"{page.stem}.ipynb"
            written[name] = notebook_of(page)
    written[Path("agents") / "README.md"] = _agents_index()
    written[Path("agents") / "side_by_side.md"] = _side_by_side()
    return written


def _filled(page: str | Path, name: str, lines: list[str]) -> str:
    """Return a page with other lines between the two comments of a name."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, _, rest = (_HERE / page).read_text().partition(begin)
    # A blank line after the comment: to Markdown a table right below it would be a part of it.
    return before + begin + "\n" + "\n".join(lines) + "\n\n" + end + rest.partition(end)[2]


def _backends() -> list[str]:
    """Return the table of backends as the package has it."""
    rows = ["| backend | what runs the environment | what it has |", "|---|---|---|"]
    return rows + [f"| `{one.name}` | {one.says} | {one.has} |" for one in BACKENDS]


_STACK = Box(shape=(4, 84, 84), dtype="uint8", low=0.0, high=255.0, frames=4)
_WORLDS: dict[str, Space] = {
    "MountainCar-v0": Box(shape=(2,), dtype="float32", low=-1.0, high=1.0),
    "ALE/Pong-v5": _STACK,
    "VizdoomBasic-v1": Composite(
        (
            ("gamevariables", Box(shape=(4, 1), dtype="float32", low=0.0, high=1.0, frames=4)),
            ("screen", Box(shape=(4, 60, 80), dtype="uint8", low=0.0, high=255.0, frames=4)),
        )
    ),
    "SuperMarioBros-1-1-v0": _STACK,
    "MiniGrid-DoorKey-5x5-v0": Composite(
        (
            ("direction", Discrete(4)),
            ("image", Box(shape=(7, 7, 3), dtype="uint8", low=0.0, high=10.0)),
            ("mission", Box(shape=(130,), dtype="uint8", low=0.0, high=1.0)),
        )
    ),
    "MinAtar/Breakout-v1": Box(shape=(10, 10, 4), dtype="bool", low=0.0, high=1.0),
}
"""One environment of each world whose agents differ, and what it shows: the page is to be the same
whether or not the world is installed."""


def agent_in(env: str) -> Agent:
    """Return the agent that `qlax train ENV` takes in one of these environments."""
    made = presets.AGENTS[DEFAULT_AGENT]()
    tuned = tuning(env, DEFAULT_AGENT, made, lambda: _WORLDS[env])
    return made if tuned is None else tuned.tune(made)


def _side_by_side() -> str:
    agents = {env: agent_in(env) for env in _WORLDS}
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
    imports = _imports("".join(map(repr, agents.values())))
    lines += ["```python", imports, "```", ""]
    for env, agent in agents.items():
        lines += ["```python", f"# {env}", repr(agent), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def _slot_page(module: str) -> str:
    left = {name: kind for name, kind in part_classes(module).items() if _is_part(kind)}
    inside = []
    for kind, slot, purpose in _INSIDE.get(module, []):
        fitting = {name: part for name, part in left.items() if issubclass(part, kind)}
        inside += _section(module, f"# For `{slot}`", slot, purpose, fitting)
        left = {name: part for name, part in left.items() if name not in fitting}
    return "\n".join([*_section(module, f"# {module}", *_SLOTS[module], left), *inside])


def _section(
    module: str, heading: str, slot: str, purpose: str, parts: dict[str, type]
) -> list[str]:
    """Return the lines on what goes into one slot."""
    field = slot.rpartition(".")[2]
    return [
        heading,
        "",
        f"{purpose}: `{_OWNERS.get(slot, 'Agent')}({field}=…)`, or `--agent.{slot}` on the "
        "command line.",
        "",
        *(_part(module, name, kind) for name, kind in sorted(parts.items())),
    ]


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
            f"| `{entry.name}` | `{_default(entry)}` | {_cell(described.get(entry.name, ''))} |"
            for entry in entries
        ]
        lines += [""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Return text that may stand in a table: a bar would end its cell."""
    return text.replace("|", r"\|")


def _agent_page(name: str, make: Any) -> str:
    return "\n".join(
        [
            f"# {name}",
            "",
            inspect.cleandoc(make.__doc__),
            "",
            f"<!-- snippet: {_run_shorter(make())} -->",
            "",
            "```console",
            f"qlax train {_environment(make())} --agent {name}",
            "```",
            "",
            *_on_fitting(name, make()),
            "",
            "```python",
            _imports(_indented(make())),
            "",
            _indented(make()),
            "```",
            "",
        ]
    )


def _on_fitting(name: str, agent: Agent) -> list[str]:
    """Return the lines on what environments change of an agent."""
    if not is_fitted(name, agent):
        return [f"It is trained as it is here, `presets.{name}()`:"]
    return [
        "Environments that have been tried, and those that show images, fit it to themselves:",
        f"`presets.{name}(env=ENV)` is what this trains, and the run says what was changed.",
        f"`--as-published` trains it as it is here, `presets.{name}()`:",
    ]


def _agents_index() -> str:
    rows = [
        f"| [`{name}`]({name}.md) | {inspect.cleandoc(make.__doc__ or '').splitlines()[0]} |"
        for name, make in presets.AGENTS.items()
    ]
    about = inspect.cleandoc(deep.__doc__ or "").split("\n\n", 1)[1]
    return "\n".join(["# Named agents", "", about, "", "| agent | |", "|---|---|", *rows, ""])


def _run_shorter(agent: Agent) -> str:
    """Return what `snippets.py` is told of a command: to run it for moments."""
    if _environment(agent) != "ALE/Pong-v5":
        return "add --steps 1500 --eval-episodes 2"
    return "needs atari add --steps 200 --eval-episodes 0 --agent.replay.capacity 1000"


def _environment(agent: Agent) -> str:
    """Return a small environment that the agent is for."""
    if isinstance(agent.network, CNN | ImpalaCNN):
        return "ALE/Pong-v5"
    if isinstance(agent.network, TileCoding):
        return "MountainCar-v0"
    if isinstance(agent.network, Table) and agent.observation == Raw() and agent.num_envs == 1:
        return "CliffWalking-v1" if agent.network == Table() else "MountainCar-v0"
    return "CartPole-v1"


def _imports(code: str) -> str:
    """Return the line that imports what a text of agents names."""
    modules = [module for module in _SLOTS if f"{module}." in code]
    return f"from qlax import {', '.join(['Agent', *sorted(modules)])}"


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


def stale() -> list[Path]:
    """Return the pages that are not what the docstrings make, or that nothing makes any more."""
    made = pages()
    there = {Path(name) for name in _SINGLE} | {
        path.relative_to(_HERE) for files in _FOLDERS for path in _HERE.glob(files)
    }
    return sorted(
        path
        for path in there | set(made)
        if path not in there or (_HERE / path).read_text() != made.get(path)
    )


if __name__ == "__main__":
    sys.path.insert(0, str(_HERE.parent))
    if "--check" in sys.argv[1:]:
        sys.exit("\n".join(f"docs/{path} is not up to date." for path in stale()) or None)
    for path, text in pages().items():
        (_HERE / path).parent.mkdir(parents=True, exist_ok=True)
        (_HERE / path).write_text(text)
