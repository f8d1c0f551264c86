"""`qlax __complete SHELL WORDS…`: how the last of some words may go on."""

import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from qlax.cli.completion.folders import folders_like, paths_like, runs_like
from qlax.cli.completion.known import CommandKnown, Known, OptionKnown, known

_MOST_LETTERS = 60
"""Letters of a description."""
_WITH_VALUE = ("--env.", "--agent.")
"""Options that always take a value, also if they are unknown here."""
_TO_ESCAPE = frozenset(" \t\"'`$&|;<>()*?[]!\\")
"""Letters that have a meaning in a shell."""


class Candidate(NamedTuple):
    """How a word may go on: to its end, or to a `/`, `.` or `=` after which more can follow."""

    word: str
    text: str = ""


def main(arguments: list[str]) -> None:
    """Print the candidates, a line each, as the shell's script wants them."""
    shell, *rest = arguments
    if shell == "bash":
        breaks, line = rest
        words = _words(line)
        print("\n".join(_for_bash(one.word, words[-1], breaks) for one in answers(words)))
        return
    found = answers(rest)
    column = max((len(one.word) for one in found), default=0)
    for word, whole in found:
        text = _shortened(whole)
        beside = f"{word:<{column}}  -- {text}" if text else word
        print(f"{word}\t{text if shell == 'fish' else beside}")


def answers(words: list[str], found: Known | None = None) -> list[Candidate]:
    """Return how the last word may go on.

    Args:
        words: The words after `qlax`; the last is the one to be completed, perhaps empty.
        found: What is known; None for what is kept in the user's cache.
    """
    found = known() if found is None else found
    *before, current = words or [""]
    commands = found["commands"]
    if not before:
        candidates = [Candidate(name, command["text"]) for name, command in commands.items()]
        candidates += [Candidate("--help", "what there is"), Candidate("--version")]
        wanted = [one for one in candidates if current or not one.word.startswith("-")]
        return _beginning(wanted, current)
    command = commands.get(before[0])
    if command is None:
        return []
    return _Line(found, command, before[1:], current).answers()


@dataclass(frozen=True)
class _Line:
    """A command with the words that it has so far."""

    found: Known
    command: CommandKnown
    before: list[str]
    current: str

    def answers(self) -> list[Candidate]:
        """Return how the current word may go on."""
        option, joined, value = self.current.partition("=")
        if joined and option.startswith("--"):
            return [
                Candidate(f"{option}={one.word}", one.text)
                for one in self._values(self._metavar(option), value)
            ]
        awaiting = self.before[-1] if self.before else ""
        if awaiting.startswith("--") and "=" not in awaiting:
            metavar = self._metavar(awaiting)
            if metavar and not self.current.startswith("--"):
                return self._values(metavar, self.current)
        if self.current.startswith("-"):
            return self._options()
        place = self._place()
        return [] if place is None else self._values(place["metavar"], self.current)

    def _options(self) -> list[Candidate]:
        """Return the options that are not there yet; those of parts once `--agent.` is typed."""
        used = {word.partition("=")[0] for word in self.before}
        candidates = [
            Candidate(option["name"], option["text"])
            for option in self.command["options"]
            if not option["is_place"] and option["name"] not in used
        ]
        candidates.append(Candidate("--help", "what this command takes"))
        if "agent" in self.command["takes"]:
            if self.current.startswith("--agent."):
                candidates.append(Candidate("--agent.help", "every field of every part"))
                candidates += [
                    Candidate(f"--agent.{path}", text)
                    for path, (_, text) in self._fields_of_agent().items()
                    if f"--agent.{path}" not in used
                ]
            else:
                candidates.append(Candidate("--agent.", "fields of the agent's parts"))
        if "env" in self.command["takes"] and not self.current.startswith("--env."):
            candidates.append(Candidate("--env.", "arguments of the environment"))
        return _beginning(candidates, self.current)

    def _metavar(self, name: str) -> str:
        """Return what an option takes, nothing if it takes nothing or is unknown."""
        if name.startswith("--agent."):
            taken = self._fields_of_agent().get(name.removeprefix("--agent.").replace("_", "-"))
            return "" if taken is None else taken[0]
        plain = name.replace("_", "-")
        options = (one for one in self.command["options"] if not one["is_place"])
        return next((one["metavar"] for one in options if one["name"] == plain), "")

    def _fields_of_agent(self) -> dict[str, list[str]]:
        """Return the fields of the agent that the words name, with the parts that they exchange."""
        given = dict(self._given())
        agents = self.found["fields"]
        fields = dict(agents.get(given.get("--agent", "dqn")) or agents.get("dqn") or {})
        for name, value in given.items():
            path = name.removeprefix("--agent.")
            inside = self.found["parts"].get(f"{path}={value}")
            if name.startswith("--agent.") and inside is not None:
                fields = {
                    other: taken
                    for other, taken in fields.items()
                    if not other.startswith(f"{path}.")
                }
                fields |= {f"{path}.{field}": taken for field, taken in inside.items()}
        return fields

    def _given(self) -> Iterator[tuple[str, str]]:
        """Return options that have a value, and it."""
        for word, following in zip(self.before, [*self.before[1:], "--"], strict=True):
            name, joined, value = word.partition("=")
            if name.startswith("--"):
                yield name.replace("_", "-"), value if joined else following

    def _place(self) -> OptionKnown | None:
        """Return the place that the current word has, None if there is none left."""
        places = [option for option in self.command["options"] if option["is_place"]]
        taken, at = 0, 0
        while at < len(self.before):
            word = self.before[at]
            if not word.startswith("-"):
                taken += 1
            elif "=" not in word and (
                self._metavar(word) or word.startswith(("--env.", "--agent."))
            ):
                at += 1
            at += 1
        if taken < len(places):
            return places[taken]
        return places[-1] if places and "…" in places[-1]["metavar"] else None

    def _values(self, metavar: str, current: str) -> list[Candidate]:
        """Return what may be given where help shows a metavar."""
        kind = metavar.strip("[]").rstrip("…").partition(" ")[0]
        if kind.startswith("{") or "|" in kind:
            choices = [word for part in kind.split("|") for word in part.strip("{}").split(",")]
            named = [Candidate(word) for word in choices if not word.isupper()]
            return _beginning(named, current)
        if kind == "ENV":
            return _beginning([Candidate(name) for name in self.found["environments"]], current)
        if kind == "NAME":
            return _beginning([Candidate(*one) for one in self.found["agents"].items()], current)
        if kind == "RUN":
            return [Candidate(word) for word in runs_like(current)]
        if kind in ("FOLDER", "FOLDERS"):
            return [Candidate(word) for word in folders_like(current)]
        if kind.startswith(("FILE", "PATH")):
            return [Candidate(word) for word in paths_like(current)]
        return []


def _beginning(candidates: list[Candidate], current: str) -> list[Candidate]:
    """Return the candidates that begin with a word, in whatever case if there are none else."""
    exact = [one for one in candidates if one.word.startswith(current)]
    if exact:
        return exact
    return [one for one in candidates if one.word.lower().startswith(current.lower())]


def _shortened(text: str) -> str:
    """Return the beginning of a description, without the last full stop."""
    text = text.partition(". ")[0].rstrip(".")
    return textwrap.shorten(text, _MOST_LETTERS, placeholder=" …")


def _words(line: str) -> list[str]:
    """Return the words of a line after the command's name; the last is empty after a space."""
    for closing in ("", '"', "'"):
        try:
            words = shlex.split(line + closing)
        except ValueError:
            continue
        is_begun = not line[-1:].isspace() or line.endswith("\\ ")
        return words[1:] if is_begun and len(words) > 1 else [*words[1:], ""]
    return [""]


def _for_bash(word: str, current: str, breaks: str) -> str:
    """Return what bash puts in place of the letters after the last of its word breaks."""
    begin = max((current.rfind(letter) for letter in ":=" if letter in breaks), default=-1) + 1
    tail = word[begin:]
    return "".join(
        f"\\{letter}" if letter in " \t\"'`$&|;<>()*?[]!\\" else letter for letter in tail
    )
