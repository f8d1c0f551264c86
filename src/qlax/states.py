"""What changes while an agent learns, in three parts: what acts, what learns, what is remembered.

The parts meet at two places only. Parameters go from the learner to the actor (`ActingParams`),
and steps go from the actor to the learner (`replay.Step`), so that either may live in a process of
its own.
"""

from typing import Any

import jax

from qlax.explorers import Clock
from qlax.maths.counting import Count
from qlax.pytree import Pytree, static
from qlax.spaces import EnvSpec


class ActingParams(Pytree):
    """What actions are chosen with: all a finished policy needs."""

    network: Any
    """The network's parameters."""
    stage: Any
    """What the observation stage knows."""


class ActorState(Pytree):
    """What acting in N environments needs, beside parameters."""

    spec: EnvSpec = static()
    """The environments it acts in."""
    explorer: Any
    """State of the explorer."""
    memory: Any
    """The memory's state in each environment, before the next observation; None without one."""
    action: jax.Array | None
    """The last actions, int32, shape [N]; None unless the memory sees them."""
    probability: jax.Array | None
    """How likely the explorer was to take the last actions, [N]; None if nobody asks."""
    key: jax.Array
    """The key that all further randomness of acting comes from."""
    clock: Clock
    """How far training is."""


class LearnerState(Pytree):
    """What learning needs, beside what is remembered."""

    spec: EnvSpec = static()
    """The environments that are learned from."""
    params: Any
    """Parameters of the online network."""
    target: Any
    """State of the target network."""
    optimizer: Any
    """State of the optimiser."""
    stage: Any
    """What the observation stage knows."""
    reward: Any
    """What the reward stage knows."""
    key: jax.Array
    """The key that all further randomness of learning comes from."""
    updates: Count
    """Gradient updates done."""
    discount: jax.Array
    """γ: data, so that it can be mapped over."""
    learning_rate: jax.Array
    """A factor on the optimiser's learning rate, 1 unless changed: data for the same reason."""


class TrainState(Pytree):
    """Everything that changes while an agent learns: one pytree, saved and restored whole."""

    actor: ActorState
    """What acts."""
    learner: LearnerState
    """What learns."""
    replay: Any
    """What is remembered."""
