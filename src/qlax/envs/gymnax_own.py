"""Environments that gymnax alone has, by its own ids, such as `FourRooms-misc`."""

import dataclasses
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np

from qlax.envs import worlds
from qlax.envs.core import Transition
from qlax.errors import UsageError, nearest
from qlax.spaces import Box, Composite, Discrete, EnvSpec, Space

_ITS_ENDINGS = re.compile(r".*-(MinAtar|bsuite|misc)")


def has(identity: str) -> bool:
    """Return whether gymnax has an id that nobody has registered with Gymnasium."""
    if "gymnax" not in sys.modules and not _ITS_ENDINGS.fullmatch(identity):
        return False  # importing gymnax takes two seconds
    worlds.register(identity)
    if identity in gymnasium.registry or importlib.util.find_spec("gymnax") is None:
        return False
    import gymnax

    return identity in gymnax.registered_envs


def maker_of(identity: str) -> Callable[..., Any]:
    """Return the class that one of gymnax's ids stands for."""
    from gymnax import registration

    return registration._registry[identity]  # type: ignore[no-any-return]


class GymnaxOwn:
    """One of gymnax's environments as a `Dynamics`; there is no other that it is a twin of."""

    def __init__(self, identity: str, kwargs: Mapping[str, Any]) -> None:
        """Make it.

        Args:
            identity: gymnax's id.
            kwargs: Arguments of its class, and fields of its parameters.

        Raises:
            UsageError: if it has no such argument, or actions that are not finitely many.
        """
        import gymnax

        _, params = gymnax.make(identity)
        fields = [field.name for field in dataclasses.fields(params)]
        arguments = _arguments_of(identity)
        for name in kwargs:
            if name not in (*arguments, *fields):
                listed = f"It has {', '.join([*arguments, *fields])}."
                hint = nearest(name, [*arguments, *fields], listed)
                raise UsageError(f"{identity} has no argument {name!r}. {hint}")
        made = {name: value for name, value in kwargs.items() if name in arguments}
        self._env, params = gymnax.make(identity, **made)
        changed = {name: value for name, value in kwargs.items() if name not in arguments}
        self._params = params.replace(**changed)
        self.spec = self._described(identity)

    def reset(self, key: jax.Array) -> tuple[Any, Any]:
        """Return the state and observation an episode begins with."""
        observation, state = self._env.reset_env(key, self._params)
        return _as_arrays(state), self._seen(observation)

    def step(self, state: Any, action: jax.Array, key: jax.Array) -> Transition:
        """Return what follows from an action."""
        seen, state, reward, terminated, _ = self._env.step_env(key, state, action, self._params)
        return Transition(
            state=_as_arrays(state),
            observation=self._seen(seen),
            reward=jnp.asarray(reward, jnp.float32).reshape(()),
            terminated=jnp.asarray(terminated, bool).reshape(()),
        )

    def _seen(self, observation: Any) -> Any:
        space = self.spec.observation
        if isinstance(space, Composite):
            return {
                name: jnp.asarray(observation[name], inner.dtype)  # type: ignore[union-attr]
                for name, inner in space.entries
            }
        return jnp.asarray(observation, space.dtype).reshape(space.shape)

    def _described(self, identity: str) -> EnvSpec:
        actions = self._env.action_space(self._params)
        if not hasattr(actions, "n"):
            raise UsageError(
                f"{identity} has actions {type(actions).__name__}, but Q-learning chooses among "
                "finitely many: its action space must be Discrete."
            )
        shape = jax.eval_shape(lambda key: self._env.reset_env(key, self._params)[0], _key())
        return EnvSpec(
            id=identity,
            observation=_space_of(self._env.observation_space(self._params), shape),
            num_actions=int(actions.n),
            time_limit=int(self._params.max_steps_in_episode),
        )


def _key() -> jax.Array:
    return jax.random.key(0)


def _arguments_of(identity: str) -> list[str]:
    return [name for name in inspect.signature(maker_of(identity)).parameters if name != "self"]


def _space_of(space: Any, shown: Any) -> Space:
    """Return what qlax calls a space of gymnax, with the shapes and types that are shown."""
    if hasattr(space, "spaces"):
        entries = space.spaces.items()
        return Composite(tuple((name, _space_of(inner, shown[name])) for name, inner in entries))
    if hasattr(space, "n"):
        return Discrete(int(space.n))
    low, high = (np.asarray(limit, np.float64).reshape(-1) for limit in (space.low, space.high))
    return Box(tuple(shown.shape), np.dtype(shown.dtype).name, _limit(low), _limit(high))


def _limit(numbers: np.ndarray) -> float | tuple[float, ...]:
    """Return the one limit of all entries, or a limit for each."""
    return float(numbers[0]) if (numbers == numbers[0]).all() else tuple(numbers.tolist())


def _as_arrays(state: Any) -> Any:
    """Give every leaf one type, so that fresh and stepped states are alike."""
    kinds = {"b": jnp.bool_, "i": jnp.int32, "u": jnp.uint32, "f": jnp.float32}

    def as_array(leaf: Any) -> jax.Array:
        kind = jnp.result_type(leaf)
        if jnp.issubdtype(kind, jax.dtypes.prng_key):
            return leaf  # type: ignore[no-any-return]
        return jnp.asarray(leaf, kinds[np.dtype(kind).kind])

    return jax.tree.map(as_array, state)
