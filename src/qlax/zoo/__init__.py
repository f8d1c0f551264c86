"""The zoo: policies that come with the package, each trained with the defaults on seed 0.

Each is a folder as a run's, without metrics and checkpoints; `benchmarks/zoo.py` makes them.
"""

from pathlib import Path

from qlax.errors import UsageError, nearest
from qlax.runs.disk import CONFIG

POLICIES = Path(__file__).parent / "policies"
"""A folder for each policy, named as its environment is."""


def names() -> list[str]:
    """Return the names of the policies, which are their environments' ids."""
    found = (path.parent.relative_to(POLICIES) for path in POLICIES.rglob(CONFIG))
    return sorted(path.as_posix() for path in found)


def folder_of(name: str) -> Path:
    """Return the folder of a policy.

    Raises:
        UsageError: if there is none of that name.
    """
    known = names()
    if name not in known:
        alike = [one for one in known if name and name.lower() in one.lower()]
        told = (
            f"Did you mean {' or '.join(alike[:3])}?"
            if alike
            else nearest(name, known, "`qlax zoo` lists those there are.")
        )
        raise UsageError(f"The zoo has no policy {name!r}. {told}")
    return POLICIES.joinpath(*name.split("/"))


def size_of(name: str) -> int:
    """Return the bytes that a policy takes."""
    return sum(path.stat().st_size for path in folder_of(name).rglob("*") if path.is_file())
