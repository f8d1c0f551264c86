"""`hf:USER/NAME` and `hf:USER/NAME@REVISION`: what stands for a repository."""

import re
from typing import Any, NamedTuple

from qlax.errors import UsageError, shown

PREFIX = "hf:"
_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?"
_PATTERN = re.compile(rf"hf:(?P<repo>{_NAME}/{_NAME})(?:@(?P<revision>[\w][\w./-]{{0,200}}))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")


class Address(NamedTuple):
    """A repository, and which of its revisions."""

    repo: str
    """USER/NAME."""
    revision: str | None
    """A branch, a tag or a commit; None for the main branch."""

    def __str__(self) -> str:
        return f"{PREFIX}{self.repo}" + (f"@{self.revision}" if self.revision else "")

    @property
    def commit(self) -> str | None:
        """The commit, where the revision is one in full."""
        return self.revision if self.revision and _COMMIT.fullmatch(self.revision) else None


def address_of(name: str, value: Any) -> Address:
    """Return what an address stands for.

    Args:
        name: What the argument is called.
        value: The address.

    Raises:
        UsageError: if it is none.
    """
    found = _PATTERN.fullmatch(value) if isinstance(value, str) else None
    if found is None or any(double in found["repo"] for double in ("--", "..")):
        raise UsageError(
            f"{name} is {shown(value)}, but must be hf:USER/NAME or hf:USER/NAME@REVISION, with "
            "letters, digits and single - . _ between them, such as hf:me/mountain-car."
        )
    return Address(found["repo"], found["revision"])
