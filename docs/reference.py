"""The reference of `qlax`'s public functions and classes, from their docstrings."""

import inspect
from typing import Any

import docstring_parser

import qlax

_GROUPS = {
    "Train": ("train", "train_seeds", "resume", "sweep", "tune", "Learner"),
    "What comes of it": ("Run", "load", "read_config", "Policy", "evaluate", "Evaluation", "Trial"),
    "Look and compare": (
        "explain",
        "film",
        "plot",
        "compare",
        "report",
        "check",
        "advise",
        "Advice",
    ),
    "Take it away": ("export", "Exported"),
    "A hub": ("push", "pull"),
    "Agents": ("Agent",),
    "What can end a run": (
        "UsageError",
        "EnvironmentFailure",
        "Interrupted",
        "Diverged",
        "DiskFull",
    ),
}


_MODULES = {
    "Observers": ("observers", sorted({*qlax.observers.__all__} - {"MetricsRow"})),
    "Environments in JAX": ("envs", ("Dynamics", "Transition")),
    "Tuning": ("tuning", ("Tuned", "Log", "Uniform", "LogInt", "Int", "Choice")),
    "Spaces": ("spaces", ("EnvSpec", "Box", "Discrete", "Composite", "Choices")),
}
"""Heading: a module, and what of it is shown."""


def reference_page() -> str:
    """Return the page: every function with its arguments, every class with its methods."""
    lines = [
        "# Reference",
        "",
        "What `import qlax` gives, as `help(qlax.train)` and its like show it. The parts of",
        "agents, `qlax.heads` and so on, have [pages of their own](parts.md).",
        "",
    ]
    for group, names in _GROUPS.items():
        lines += [f"## {group}", ""]
        for name in names:
            if hasattr(qlax, name):
                lines += _entry(f"qlax.{name}", getattr(qlax, name), "###")
    for group, (module, names) in _MODULES.items():
        lines += [f"## {group}", ""]
        for name in names:
            of = getattr(getattr(qlax, module), name)
            lines += _entry(f"qlax.{module}.{name}", of, "###")
    return "\n".join(lines).rstrip() + "\n"


def _entry(name: str, of: Any, level: str) -> list[str]:
    """Return the lines on a function or class."""
    if not inspect.isclass(of):
        return [f"{level} {name}", "", *_call(name, of), *_described(of)]
    lines = [f"{level} {name}", "", *_described(of, "field")]
    if issubclass(of, Exception):
        return lines
    for method, value in vars(of).items():
        plain = value.fget if isinstance(value, property) else value
        if method.startswith("_") or not inspect.isfunction(plain) or not plain.__doc__:
            continue
        if isinstance(value, property):
            lines += [f"**`.{method}`**: {' '.join(inspect.cleandoc(plain.__doc__).split())}", ""]
        else:
            shown = f".{method}"
            lines += [f"**`{shown}`**", "", *_call(shown, plain), *_described(plain)]
    return lines


def _call(name: str, function: Any) -> list[str]:
    """Return how a function is called: its arguments and their defaults, without types."""
    shown, starred = [], False
    for entry in inspect.signature(function).parameters.values():
        if entry.name == "self":
            continue
        if entry.kind is entry.KEYWORD_ONLY and not starred:
            shown.append("*")
            starred = True
        given = entry.default is not entry.empty
        shown.append(f"{entry.name}={_default(entry.default)}" if given else entry.name)
    call = f"{name}({', '.join(shown)})"
    if len(call) > 90:
        call = f"{name}(\n    " + ",\n    ".join(shown) + ",\n)"
    return ["```text", call, "```", ""]


def _default(value: Any) -> str:
    return repr(value) if not inspect.isclass(value) else value.__name__


def _described(of: Any, kind: str = "argument") -> list[str]:
    """Return a docstring as Markdown: what it does, its arguments, what it returns and raises."""
    if inspect.isclass(of):
        parsed = docstring_parser.parse_from_object(of)  # with what is said of its fields
    else:
        parsed = docstring_parser.parse(inspect.cleandoc(of.__doc__ or ""))
    lines = []
    for text in (parsed.short_description, parsed.long_description):
        if text:
            lines += [_prose(text), ""]
    if parsed.params:
        lines += [f"| {kind} | |", "|---|---|"]
        lines += [f"| `{one.arg_name}` | {_cell(one.description)} |" for one in parsed.params]
        lines += [""]
    if parsed.returns and parsed.returns.description:
        lines += [f"Returns: {_line(parsed.returns.description)}", ""]
    for one in parsed.raises:
        lines += [f"- raises `{one.type_name}` {_line(one.description)}"]
    return [*lines, ""] if parsed.raises else lines


def _prose(text: str) -> str:
    """Return text with lines of the interactive prompt as a block of code."""
    lines, code = [], False
    for line in text.splitlines():
        prompt = line.lstrip().startswith((">>> ", "... "))
        if prompt != code:
            lines += ["```text"] if prompt else ["```", ""]
            code = prompt
        lines.append(line)
    return "\n".join([*lines, *(["```"] if code else [])])


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _cell(text: str | None) -> str:
    return _line(text).replace("|", r"\|")
