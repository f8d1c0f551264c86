"""Numbers and durations in few letters."""


def short(number: float) -> str:
    """Return a number in at most five characters: 950, 12.3k, 1.2M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.0f}"


def duration(seconds: float) -> str:
    """Return a time as 0:07, 12:30 or 3:04:05."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def size(count: float) -> str:
    """Return a number of bytes: 512 MB, 3.2 GB."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def joined(parts: list[str]) -> str:
    """Return the parts that are not empty, two spaces apart."""
    return "  ".join(part for part in parts if part)


def named(name: str, value: float | None, form: str) -> str:
    """Return `loss 0.012`; nothing if there is no value."""
    return "" if value is None else f"{name} {value:{form}}"
