"""How much the packages of this environment take, the heaviest first: `python tools/weigh.py`.

Bytecode that pip compiles counts; pip and setuptools themselves do not.
"""

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path

_SHOWN = 12
_NOT_OURS = {"pip", "setuptools", "wheel"}


def weights() -> Iterator[tuple[float, str]]:
    """Give the MB (of 10⁶ bytes) of every distribution, and its name."""
    for found in importlib.metadata.distributions():
        name = found.metadata["Name"]
        if name not in _NOT_OURS:
            paths = [Path(str(entry.locate())) for entry in found.files or ()]
            size = sum(path.stat().st_size for path in paths if path.is_file())
            yield size / 1e6, name


def main() -> None:
    """Print the sum, and what weighs most."""
    heaviest = sorted(weights(), reverse=True)
    total = sum(size for size, _ in heaviest)
    print(f"{total:6.0f} MB in {len(heaviest)} packages")
    for size, name in heaviest[:_SHOWN]:
        print(f"{size:6.0f} MB  {name}")
    print(f"{sum(size for size, _ in heaviest[_SHOWN:]):6.0f} MB  all others")


if __name__ == "__main__":
    main()
