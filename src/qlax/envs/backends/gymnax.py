"""Compiled environments from gymnax: MinAtar's games, twins of classics, and what it alone has.

Only twins that a parity test holds to the original are offered: same states, rewards and ends
under the same actions.
"""

import importlib
import importlib.util
import sys
import types
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from qlax.envs.core import Dynamics, Transition
from qlax.envs.gymnax_own import GymnaxOwn
from qlax.envs.source import Source
from qlax.envs.vectorised import Vectorised
from qlax.envs.worlds import MINATAR
from qlax.envs.worlds.minatar import OPTIONS, MinAtarGame
from qlax.spaces import Composite, EnvSpec

# Gymnasium's id: the module of gymnax.environments and the class in it.
TWINS = {
    "CartPole-v1": ("classic_control.cartpole", "CartPole"),
    "MountainCar-v0": ("classic_control.mountain_car", "MountainCar"),
    "Acrobot-v1": ("classic_control.acrobot", "Acrobot"),
}


def opens(source: Source) -> bool:
    """Return whether there is a twin of it, or it is one of gymnax's own."""
    if isinstance(source.dynamics, GymnaxOwn):
        return True
    if source.belongs_to(MINATAR):
        return source.own_kwargs.keys() <= OPTIONS
    return source.id in TWINS and not source.own_kwargs


def opened(source: Source, num_envs: int, spec: EnvSpec) -> Vectorised:
    """Return N of it."""
    return Vectorised(_dynamics(source, spec), num_envs, spec.time_limit)


def _dynamics(source: Source, spec: EnvSpec) -> Dynamics:
    if source.dynamics is not None:
        return source.dynamics
    if source.belongs_to(MINATAR):
        return MinAtarGame(spec, source.record.kwargs, _import_environment)
    return GymnaxTwin(spec)


class GymnaxTwin:
    """One gymnax environment as a `Dynamics`, with the original's spec."""

    def __init__(self, spec: EnvSpec) -> None:
        self.spec = spec
        assert not isinstance(spec.observation, Composite), "no twin shows several observations"
        self._dtype = spec.observation.dtype
        module, name = TWINS[spec.id]
        self._env = getattr(_import_environment(module), name)()
        self._params = self._env.default_params

    def reset(self, key: jax.Array) -> tuple[Any, jax.Array]:
        """Return the state and observation an episode begins with."""
        observation, state = self._env.reset_env(key, self._params)
        return _as_arrays(state), observation.astype(self._dtype)

    def step(self, state: Any, action: jax.Array, key: jax.Array) -> Transition:
        """Return what follows from an action."""
        observation, state, reward, terminated, _ = self._env.step_env(
            key, state, action, self._params
        )
        return Transition(
            state=_as_arrays(state),
            observation=observation.astype(self._dtype),
            reward=jnp.asarray(reward, jnp.float32),
            terminated=jnp.asarray(terminated, bool),
        )


def _as_arrays(state: Any) -> Any:
    """Give every leaf one dtype, so that fresh and stepped states are alike."""
    return jax.tree.map(
        lambda leaf: jnp.asarray(leaf, jnp.result_type(leaf)).astype(
            jnp.int32
            if jnp.issubdtype(jnp.result_type(leaf), jnp.integer)
            else jnp.result_type(float)
        ),
        state,
    )


def _import_environment(module: str) -> types.ModuleType:
    """Import one environment's module without `import gymnax`.

    gymnax's package imports all its environments and with them pandas, seaborn and pyplot, two
    seconds for none of which a control task has a use. Empty packages stand in while the one
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
