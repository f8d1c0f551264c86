"""How a run was started: the command, and the same in Python."""

import ast
import shlex
from collections.abc import Sequence
from typing import Any, NamedTuple

from qlax import config
from qlax.agent import Agent
from qlax.cli.translation import in_options
from qlax.differences import Difference, differences
from qlax.errors import UsageError
from qlax.runs.saved import SavedRun


class Recipe(NamedTuple):
    """How to do it again."""

    command: str | None
    """What to type; None where only Python can say it."""
    python: str
    """The same in Python."""
    overrides: tuple[Difference, ...]
    """In what the agent differs from the named one, fitted to its environment."""
    why: str | None
    """Why there is no command, or the agent is not known in full."""


def recipe_of(runs: Sequence[SavedRun]) -> Recipe:
    """Return how some seeds of one agent were trained.

    Args:
        runs: The seeds, all with the same configuration.
    """
    document = runs[0].config
    env = document.get("env")
    seeds = [run.seed for run in runs]
    try:
        agent = config.part_from_json(document.get("agent"), Agent, "configuration")
    except UsageError as error:
        return Recipe(None, _python(repr(env), document, None, seeds), (), str(error))
    if not isinstance(env, str):
        name = env.get("custom", "This") if isinstance(env, dict) else "This"
        why = f"{name} is an environment of the user's own: put it in place of env."
        return Recipe(None, _python("env", document, config.pasteable(agent), seeds), (), why)
    preset = _preset(env, str(document.get("agent_name")))
    changed = () if preset is None else differences(preset, agent)
    written = config.pasteable(agent) if changed or preset is None else None
    python = _python(repr(env), document, written, seeds)
    if preset is None:
        return Recipe(None, python, (), "The agent has no name that the command line knows.")
    words = _words(env, document, changed, seeds)
    if words is not None and not _makes(words, preset, agent):
        words = None
    return Recipe(None if words is None else shlex.join(words), python, changed, None)


def _preset(env: str, name: str) -> Agent | None:
    """Return the named agent as it is fitted to an environment; None if there is none."""
    from qlax import presets

    make = getattr(presets, name, None) if name in presets.AGENTS else None
    if make is None:
        return None
    try:
        made = make(env=env)
    except Exception:  # an environment that is not installed here
        return None
    return made if isinstance(made, Agent) else None


def _makes(words: Sequence[str], preset: Agent, agent: Agent) -> bool:
    """Return whether the options in a command turn the named agent into the trained one."""
    from qlax.cli.overrides import override
    from qlax.silence import output_dropped

    first = next((at for at, word in enumerate(words) if word.startswith("--agent.")), len(words))
    try:
        with output_dropped():
            return override(preset, list(words[first:])) == agent
    except (UsageError, SystemExit):
        return False


def _words(
    env: str, document: dict[str, Any], changed: Sequence[Difference], seeds: Sequence[int]
) -> list[str] | None:
    """Return the words of the command, None where it cannot say a value."""
    words = ["qlax", "train", env, "--agent", str(document["agent_name"])]
    words += ["--steps", str(document["steps"])]
    if len(seeds) > 1 and list(seeds) == list(range(seeds[0], seeds[0] + len(seeds))):
        words += ["--seed", str(seeds[0])] if seeds[0] else []
        words += ["--seeds", str(len(seeds))]
    elif len(seeds) == 1:
        words += ["--seed", str(seeds[0])]
    else:
        return None
    if document.get("backend"):
        words += ["--backend", str(document["backend"])]
    if document.get("eval_episodes") is not None:
        words += ["--eval-episodes", str(document["eval_episodes"])]
    start = document.get("start")
    if start:
        words += ["--from", str(start.get("from"))]
        words += ["--from-without", ",".join(start["without"])] if start.get("without") else []
    if document.get("metrics"):
        words += ["--metric", str(document["metrics"])]
    for name, value in (document.get("env_kwargs") or {}).items():
        if isinstance(value, dict | list):
            return None
        said = str(value).lower() if isinstance(value, bool) else str(value)
        words += [f"--env.{name.replace('_', '-')}", said]
    for entry in changed:
        found = _option(entry)
        if found is None:
            return None
        words += found
    return words


def _option(entry: Difference) -> list[str] | None:
    """Return the words that set a field to its value; None where words cannot."""
    option = f"--agent.{entry.field.replace('_', '-')}"
    if entry.after.startswith("("):
        return [option, *map(str, ast.literal_eval(entry.after))]
    if "(" in entry.after:  # a part: in its module's own words
        said = in_options(entry.after)
        return shlex.split(said) if said.startswith("--agent.") and "(" not in said else None
    return [option, {"True": "true", "False": "false"}.get(entry.after, entry.after.strip("'"))]


def _python(env: str, document: dict[str, Any], agent: str | None, seeds: Sequence[int]) -> str:
    """Return source text that trains the same."""
    lines = ["import qlax"]
    named = repr(str(document.get("agent_name")))
    if agent is not None:
        lines = ["from qlax import *", "import qlax", "", f"agent = {agent}"]
        named = "agent"
    options = [f"steps={document.get('steps')}", f"backend={document.get('backend')!r}"]
    start = document.get("start")
    if start:
        options.append(f"start_from={start.get('from')!r}")
        options += [f"start_without={start['without']!r}"] if start.get("without") else []
    if document.get("metrics"):
        options.append(f"metrics={str(document['metrics']).split(',')!r}")
    if document.get("env_kwargs"):
        options.insert(0, f"env_kwargs={document['env_kwargs']!r}")
    if len(seeds) == 1:
        lines.append(f"qlax.train({env}, {named}, seed={seeds[0]}, {', '.join(options)})")
    else:
        lines.append(f"qlax.train_seeds({env}, {named}, seeds={list(seeds)}, {', '.join(options)})")
    return "\n".join(lines)
