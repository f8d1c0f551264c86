"""Versions of what qlax is built on, and what its extras would add."""

import importlib.metadata
import platform
from collections.abc import Iterator
from typing import NamedTuple

from packaging.requirements import Requirement

ADDS = {
    "box2d": "LunarLander, BipedalWalker and CarRacing",
    "atari": "Atari games (ALE/Pong-v5)",
    "doom": "Doom's scenarios (VizdoomBasic-v1)",
    "mario": "Super Mario Bros.",
    "envpool": "EnvPool's tasks, stepped in threads of their own",
    "minatar": "MinAtar's five games",
    "minigrid": "MiniGrid and BabyAI",
    "gymnax": "environments that gymnax alone has, and its compiled twins",
    "tensorboard": "logs for TensorBoard (--log tensorboard)",
    "wandb": "logs for Weights & Biases (--log wandb)",
    "trackio": "logs for Trackio (--log trackio)",
    "mlflow": "logs for MLflow (--log mlflow)",
    "tune": "tuning by Optuna (qlax tune)",
    "onnx": "export to ONNX (qlax export)",
    "torch": "export to PyTorch",
    "hub": "runs from and to a hub (qlax push, qlax pull)",
    "cuda": "training on NVIDIA's GPUs",
}
"""What each extra adds; one that is not named here is shown by its packages."""
_LEFT_OUT = ("dev", "film", "releasing")


class Version(NamedTuple):
    """A package that qlax needs."""

    package: str
    installed: str | None
    """None if it is missing."""
    needed: str
    """Which versions do, such as `>=0.6`; empty for any."""
    fits: bool


class Extra(NamedTuple):
    """Something that can be installed beside."""

    name: str
    adds: str
    missing: tuple[str, ...]
    """Packages that are not there, or too old; empty if it can be used."""

    @property
    def command(self) -> str:
        """What a user types to install it."""
        return f'pip install "qlax[{self.name}]"'


def versions() -> list[Version]:
    """Return Python, and every package that qlax needs."""
    about = importlib.metadata.metadata("qlax").get_all("Requires-Python") or [""]
    needed = about[0]
    python = Requirement(f"python{needed}")
    own = platform.python_version()
    found = [Version("python", own, needed, python.specifier.contains(own, prereleases=True))]
    found += [_version(one) for one in _requirements(None)]
    if any(one.package == "jax" for one in found):
        found.append(_version(Requirement("jaxlib")))
    return found


def extras() -> list[Extra]:
    """Return what can be installed beside, and what of it is missing."""
    names = importlib.metadata.metadata("qlax").get_all("Provides-Extra") or []
    found = []
    for name in names:
        if name in _LEFT_OUT:
            continue
        needed = list(_requirements(name))
        missing = [one.name for one in needed if not _is_there(one)]
        adds = ADDS.get(name, ", ".join(sorted(one.name for one in needed)))
        found.append(Extra(name, adds, tuple(missing)))
    return found


def _requirements(extra: str | None) -> Iterator[Requirement]:
    """Return what an extra needs on this machine; of None what qlax itself does."""
    for text in importlib.metadata.requires("qlax") or []:
        one = Requirement(text)
        if one.marker is None:
            if extra is None:
                yield one
        elif extra is None:
            if one.marker.evaluate({"extra": ""}):
                yield one
        elif one.marker.evaluate({"extra": extra}) and not one.marker.evaluate({"extra": ""}):
            yield one


def _version(one: Requirement) -> Version:
    installed = _installed(one.name)
    fits = installed is not None and one.specifier.contains(installed, prereleases=True)
    return Version(one.name, installed, str(one.specifier), fits)


def _is_there(one: Requirement) -> bool:
    """Return whether a package is installed, with what its own extras need: `jax[cuda12]`."""
    if not _version(one).fits:
        return False
    if not one.extras:
        return True
    inner = [Requirement(text) for text in importlib.metadata.requires(one.name) or []]
    asked = [
        each
        for each in inner
        for name in one.extras
        if each.marker is not None
        and each.marker.evaluate({"extra": name})
        and not each.marker.evaluate({"extra": ""})
    ]
    return all(_installed(each.name) is not None for each in asked)


def _installed(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
