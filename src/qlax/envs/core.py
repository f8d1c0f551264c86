"""The two kinds of environment, and what both of them return.

Autoreset is NEXT_STEP, Gymnasium's default: the step after an episode's end ignores the action
and returns the first observation of the next episode, with no reward and no end.
"""

from typing import Any, NamedTuple, Protocol

import jax
import numpy as np

from qlax.pytree import Pytree
from qlax.spaces import EnvSpec


class TimeStep(Pytree):
    """What N environments show after a step; every array has N as its first axis."""

    observation: Any
    """[N, …], in the environment's own dtype; a dict of such arrays for a `Composite` space."""
    reward: Any
    """[N], float32."""
    terminated: Any
    """[N], bool: a terminal state was reached; nothing follows, so nothing is bootstrapped."""
    truncated: Any
    """[N], bool: the episode was cut, by a time limit say; its value goes on."""
    first: Any
    """[N], bool: the observation is the first of an episode."""
    legal: Any = None
    """[N, A], bool: which actions may be taken now; None if all always may."""

    @property
    def done(self) -> Any:
        """Which episodes ended with this step, bool, shape [N]."""
        return self.terminated | self.truncated


class Transition(NamedTuple):
    """What one environment of a `Dynamics` returns from a step."""

    state: Any
    """The new state, a pytree of arrays."""
    observation: jax.Array
    """What it shows, in the shape and dtype of the spec."""
    reward: jax.Array
    """float32 scalar."""
    terminated: jax.Array
    """bool scalar; time limits are not a dynamics' business."""
    legal: jax.Array | None = None
    """Which actions may be taken next, bool, shape [A]; None if all always may."""


class Dynamics(Protocol):
    """One environment as two pure functions: what a user writes for an environment in JAX."""

    @property
    def spec(self) -> EnvSpec:
        """What an agent must know of it; `time_limit` is enforced from outside."""
        ...

    def reset(self, key: jax.Array) -> tuple[Any, jax.Array]:
        """Return the state and observation an episode begins with.

        With action masks (`spec.has_mask`), the observation is a pair: itself, and which actions
        are legal, bool of shape [A].
        """
        ...

    def step(self, state: Any, action: jax.Array, key: jax.Array) -> Transition:
        """Return what follows from an action, an int32 scalar."""
        ...


class CompiledEnv(Protocol):
    """N environments as functions that a compiled program can call."""

    @property
    def spec(self) -> EnvSpec:
        """What an agent must know of them."""
        ...

    @property
    def num_envs(self) -> int:
        """N."""
        ...

    def init(self, key: jax.Array) -> tuple[Any, TimeStep]:
        """Return the state of all environments and their first observations."""
        ...

    def step(self, state: Any, action: jax.Array) -> tuple[Any, TimeStep]:
        """Return the next state and what it shows; `action` is int32 of shape [N]."""
        ...


class OutsideEnv(CompiledEnv, Protocol):
    """N environments that a program steps but that live outside of it.

    Their state can neither be saved nor mapped over. They are begun (`init`, `reopened`) from
    outside of programs, since that may open something.
    """

    def reopened(self, key: jax.Array) -> Any:
        """Return a state whose next step takes no action and begins an episode in each."""
        ...

    def close(self) -> None:
        """Release what they hold."""
        ...


class AsyncEnv(OutsideEnv, Protocol):
    """N environments outside that step by themselves while a program does something else.

    `step` is `send` and then `receive`. What is sent must be received before anything else is.
    """

    def send(self, state: Any, action: jax.Array) -> Any:
        """Return the state in which all environments are taking a step."""
        ...

    def receive(self, state: Any) -> tuple[Any, TimeStep]:
        """Return the state in which they have, and what it led to."""
        ...


class HostEnv(Protocol):
    """N environments that run in Python and return NumPy arrays."""

    @property
    def spec(self) -> EnvSpec:
        """What an agent must know of them."""
        ...

    @property
    def num_envs(self) -> int:
        """N."""
        ...

    def reset(self, seed: int) -> TimeStep:
        """Begin an episode in every environment."""
        ...

    def step(self, action: np.ndarray) -> TimeStep:
        """Take one step in every environment."""
        ...

    def close(self) -> None:
        """Release what they hold."""
        ...
