"""Small turns of phrase that several messages share."""


def counted(number: int, what: str) -> str:
    """Return `1 episode`, `2 episodes`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its kind if it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def kind_and_first_line(error: BaseException) -> str:
    """Return an error's kind and the first line of what it says, if it says anything."""
    kind, line = type(error).__name__, first_line(error)
    return kind if line == kind else f"{kind}: {line}"
