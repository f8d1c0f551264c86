"""The programs of a loop with its environments outside: observe, learn and act in one call."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qlax.agent import Agent
from qlax.compilation import quickly
from qlax.drivers.core import LoopState, act, learn, observe
from qlax.drivers.packing import Packed, Packing
from qlax.envs.core import TimeStep
from qlax.maths.counting import Count
from qlax.silence import warnings_ignored
from qlax.states import ActingParams


class Happened(NamedTuple):
    """An action and the time step it led to, on their way into a program, in few arrays."""

    observation: Any
    legal: np.ndarray | None
    action: np.ndarray
    """int32, shape [N], or [N, F] where actions are several numbers."""
    outcome: np.ndarray
    """Reward, terminated, truncated, first: float32, shape [4, N]."""

    @classmethod
    def of(cls, action: np.ndarray, timestep: TimeStep) -> "Happened":
        """Return an action and what followed it, from NumPy's arrays."""
        outcome = np.array(
            [timestep.reward, timestep.terminated, timestep.truncated, timestep.first], np.float32
        )
        return cls(timestep.observation, timestep.legal, action, outcome)

    def timestep(self) -> TimeStep:
        """Return the time step; to be compiled."""
        reward, terminated, truncated, first = self.outcome
        return TimeStep(
            self.observation, reward, terminated > 0, truncated > 0, first > 0, self.legal
        )


class Programs(NamedTuple):
    """What a stretch of the loop is made of.

    Whatever can be known before a program runs is compiled in: a condition inside it costs more
    than a small agent's act.
    """

    begin: Any
    """LoopState → the first action, and the state packed."""
    watch: Any
    """The packed state and what happened → the next action, and the packed state."""
    learn: Any
    """The same with the updates of a learning phase."""
    last: Any
    """The packed state, what happened, and how many updates are due → the packed state.

    It chooses no action: acting draws random numbers, and must not happen for an iteration that
    a later stretch, or a resumed run, will begin itself.
    """
    end: Any
    """The packed state → LoopState."""
    pack: Any
    """LoopState → the packed state; compiled when it is first called."""
    policy: Any
    """The packed state, which stays → what the policy acts with; likewise."""
    updates: Any
    """The packed state, which stays → the count of updates; likewise."""

    @classmethod
    def compiled(cls, agent: Agent, like: LoopState) -> "Programs":
        """Return the programs for states of these shapes, compiled.

        Args:
            agent: The agent.
            like: A state, or its shapes.
        """
        packing = Packing(like)

        def begin(state: LoopState) -> tuple[jax.Array, Packed]:
            action, state = act(agent, state)
            return action, packing.pack(state)

        def turn(packed: Packed, what: Any, *, updates: int) -> tuple[jax.Array, Packed]:
            state = observe(agent, packing.unpack(packed), what.action, what.timestep())
            action, state = act(agent, learn(agent, state, updates))
            return action, packing.pack(state)

        def last(packed: Packed, what: Any, updates: jax.Array) -> Packed:
            state = observe(agent, packing.unpack(packed), what.action, what.timestep())
            return packing.pack(learn(agent, state, updates))

        def end(packed: Packed) -> LoopState:
            state: LoopState = packing.unpack(packed)
            return state

        def policy(packed: Packed) -> ActingParams:
            return agent.policy_params(packing.unpack(packed).agent.learner)

        def updates(packed: Packed) -> Count:
            count: Count = packing.unpack(packed).agent.learner.updates
            return count

        def ready(program: Any, *inputs: Any) -> Any:
            return jax.jit(program, donate_argnums=0).lower(*inputs).compile()

        action, packed = jax.eval_shape(begin, like)
        shown = like.timestep
        outcome: Any = jax.ShapeDtypeStruct((4, shown.reward.shape[0]), jnp.float32)
        what = Happened(shown.observation, shown.legal, action, outcome)
        # Donation is for the large buffers; that the small ones change shape is the point.
        with warnings_ignored("Some donated buffers were not usable"):
            return cls(
                begin=ready(begin, like),
                watch=ready(functools.partial(turn, updates=0), packed, what),
                learn=ready(functools.partial(turn, updates=agent.updates), packed, what),
                last=ready(last, packed, what, np.int32(0)),
                end=ready(end, packed),
                pack=jax.jit(packing.pack, donate_argnums=0),
                policy=jax.jit(policy, compiler_options=quickly()),
                updates=jax.jit(updates, compiler_options=quickly()),
            )
