"""Compiled environments from gymnax: MinAtar's games, and what it alone has."""

import importlib
import importlib.util
import sys
import types
from pathlib import Path

from qlax.envs.core import Dynamics
from qlax.envs.gymnax_own import GymnaxOwn
from qlax.envs.source import Source
from qlax.envs.vectorised import Vectorised
from qlax.envs.worlds import MINATAR
from qlax.envs.worlds.minatar import OPTIONS, MinAtarGame
from qlax.spaces import EnvSpec


def opens(source: Source) -> bool:
    """Return whether it is one of MinAtar's games, or one of gymnax's own."""
    if isinstance(source.dynamics, GymnaxOwn):
        return True
    return source.belongs_to(MINATAR) and source.own_kwargs.keys() <= OPTIONS


def opened(source: Source, num_envs: int, spec: EnvSpec) -> Vectorised:
    """Return N of it."""
    return Vectorised(_dynamics(source, spec), num_envs, spec.time_limit)


def _dynamics(source: Source, spec: EnvSpec) -> Dynamics:
    if source.dynamics is not None:
        return source.dynamics
    return MinAtarGame(spec, source.record.kwargs, _import_environment)


def _import_environment(module: str) -> types.ModuleType:
    """Import one environment's module without `import gymnax`.

    gymnax's package imports all its environments and with them pandas, seaborn and pyplot, two
    seconds for none of which a game has a use. Empty packages stand in while the one
    module is imported; they are taken away again, so that `import gymnax` works as ever.
    """
    if "gymnax" in sys.modules:
        return importlib.import_module(f"gymnax.environments.{module}")
    found = importlib.util.find_spec("gymnax")
    assert found is not None, "this backend opens nothing where gymnax is not installed"
    assert found.submodule_search_locations is not None
    root = Path(found.submodule_search_locations[0])
    folder = module.rpartition(".")[0]
    packages = ["gymnax", "gymnax.environments", f"gymnax.environments.{folder}"]
    for package in packages:
        stand_in = types.ModuleType(package)
        stand_in.__path__ = [str(root.joinpath(*package.split(".")[1:]))]
        sys.modules[package] = stand_in
    try:
        for helper in ("environment", "spaces"):
            loaded = importlib.import_module(f"gymnax.environments.{helper}")
            setattr(sys.modules["gymnax.environments"], helper, loaded)
        return importlib.import_module(f"gymnax.environments.{module}")
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "gymnax"]:
            del sys.modules[name]
