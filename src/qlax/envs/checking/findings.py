"""What a check of an environment has found so far: each thing once, as it was first seen."""

from dataclasses import dataclass, field


@dataclass
class Findings:
    """Sentences by what they are about."""

    problems: dict[str, str] = field(default_factory=dict)
    """What makes training fail, or learn what is wrong."""
    notes: dict[str, str] = field(default_factory=dict)
    """What may be as it is meant to be."""
    episodes: int = 0
    """Episodes played."""
    steps: int = 0
    """Steps played."""

    def problem(self, about: str, sentence: str) -> None:
        """Keep a problem, unless there is one about the same."""
        self.problems.setdefault(about, sentence)

    def note(self, about: str, sentence: str) -> None:
        """Keep a note, unless there is one about the same."""
        self.notes.setdefault(about, sentence)
