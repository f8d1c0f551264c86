"""Which id may be meant by one that nobody knows: only such as can be trained in."""

import contextlib
import difflib
import importlib
import importlib.metadata
import re
from collections.abc import Iterator

import gymnasium

from qlax.envs import worlds
from qlax.silence import output_dropped, warnings_ignored

_MOST, _TRIED = 2, 6
_ALSO = "EnvPool"
"""The namespace with copies of others' environments: meant only where it is said."""
_OTHERWISE = "`qlax envs` lists what is there."


def suggestion(name: str) -> str:
    """Return "Did you mean …?" with ids as they have to be typed, or where to look.

    The same name in another version or namespace comes first, then names like it, then what an
    installed package of a like name registers when it is imported.
    """
    found: list[str] = []
    for tried, candidate in enumerate(_candidates(name)):
        bare = candidate.rpartition(":")[2]
        known = any(one.rpartition(":")[2] == bare for one in found)
        if not known and _can_be_trained_in(candidate):
            found.append(candidate)
        if len(found) == _MOST or tried == _TRIED:
            break
    return f"Did you mean {' or '.join(found)}?" if found else _OTHERWISE


def _candidates(name: str) -> Iterator[str]:
    module, _, identity = name.rpartition(":")
    base = _base(identity)
    namespace = identity.rpartition("/")[0]
    same = _of_base(base, module, namespace)
    yield from same
    if not same:
        yield from _like(base, module, namespace, 0.8)
        if not module:
            yield from _of_packages(base)
        with output_dropped(), warnings_ignored():
            worlds.register_installed()
        yield from _of_base(base, module, namespace)
        yield from _like(base, module, namespace, 0.7)


def _base(identity: str) -> str:
    """Return an id without namespace and version, in small letters."""
    return re.sub(r"-v\d+$", "", identity.rpartition("/")[2]).lower()


def _of_base(base: str, module: str, namespace: str = "") -> list[str]:
    """Return the newest version of each id of this name.

    Those of a namespace come first, and stand for the same id in other namespaces.
    """
    newest: dict[tuple[str | None, str], int] = {}
    for record in gymnasium.registry.values():
        if _base(record.id) == base and not record.id.startswith("GymV"):
            key = record.namespace, record.name
            newest[key] = max(newest.get(key, 0), record.version or 0)
    ids = []
    for (within, known), version in newest.items():
        bare = f"{known}-v{version}" if f"{known}-v{version}" in _names(within) else known
        ids.append(_typed(f"{within}/{bare}" if within else bare, module))
    if not (module or namespace):
        ids += [own for own in worlds.GYMNAX.ids if own.lower() == base]
    ids.sort(key=lambda one: (one.rpartition("/")[0] != namespace, len(one)))
    first = {one.rpartition("/")[2]: one for one in reversed(ids)}
    found = [one for one in ids if first[one.rpartition("/")[2]] == one]
    others = [one for one in found if not one.startswith(f"{_ALSO}/")]
    return found if namespace == _ALSO or not others else others


def _names(namespace: str | None) -> set[str]:
    return {
        record.id.rpartition("/")[2]
        for record in gymnasium.registry.values()
        if record.namespace == namespace
    }


def _like(base: str, module: str, namespace: str, cutoff: float) -> list[str]:
    """Return ids whose names are like this one, the likest first."""
    known = {_base(identity) for identity in (*gymnasium.registry, *worlds.GYMNAX.ids)}
    matches = difflib.get_close_matches(base, known, n=3, cutoff=cutoff)
    return [identity for match in matches for identity in _of_base(match, module, namespace)]


def _of_packages(base: str) -> list[str]:
    """Return ids that a package registers on import whose own name is part of this one's."""
    plain = re.sub(r"[^a-z0-9]", "", base)
    for package in importlib.metadata.packages_distributions():
        if plain and plain in re.sub(r"[^a-z0-9]", "", package.lower()):
            with contextlib.suppress(Exception), output_dropped(), warnings_ignored():
                importlib.import_module(package)
                found = _of_base(base, package)
                if found:
                    return found
    return []


def _typed(identity: str, module: str) -> str:
    """Return an id with the module in front that registers it, if it is one of that module's."""
    entry = gymnasium.registry[identity].entry_point
    home = entry if isinstance(entry, str) else getattr(entry, "__module__", "")
    its_own = bool(module) and home.partition(":")[0].partition(".")[0] == module.partition(".")[0]
    return f"{module}:{identity}" if its_own else identity


def _can_be_trained_in(identity: str) -> bool:
    from qlax.envs.opening import describe  # which asks for suggestions

    with contextlib.suppress(Exception), output_dropped(), warnings_ignored():
        describe(identity)
        return True
    return False
