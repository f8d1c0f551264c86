"""The protocol of replays, their input and their output."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax

from qlax.heads.core import Head
from qlax.maths.bootstrap import Backup
from qlax.spaces import EnvSpec


class Seen(NamedTuple):
    """The situation in which an action is chosen, in N environments."""

    observation: Any
    """[N, …], as the environment shows it; a dict of such arrays for a `Composite` space."""
    legal: jax.Array | None = None
    """Which actions may be taken, bool, [N, A]; None if all always may."""
    memory: Any = None
    """The memory's state before this observation, each array [N, …]; None without a memory."""


class Step(NamedTuple):
    """One step of N environments, as it is stored."""

    action: jax.Array
    """The action taken, int32, shape [N]."""
    reward: jax.Array
    """What it paid, float32, shape [N]: the environment's, and in a replay the reward stage's."""
    terminated: jax.Array
    """The episode reached a terminal state, bool, shape [N]."""
    truncated: jax.Array
    """The episode was cut, bool, shape [N]."""
    valid: jax.Array
    """False where the environment only started its next episode and ignored the action."""
    first: jax.Array
    """True where the action was the first of its episode, bool, shape [N]."""
    next: Seen
    """What was seen after it."""
    probability: jax.Array | None = None
    """How likely the explorer was to take the action, float32, [N]; None if the replay
    does not need it."""

    @property
    def done(self) -> jax.Array:
        """Which episodes it ended, in either way, bool, shape [N]."""
        return self.terminated | self.truncated


class Evaluate(Protocol):
    """A network with its parameters."""

    def __call__(self, observation: Any) -> Any:
        """Return predictions of observations, shape [B, …]."""
        ...

    def unroll(self, observation: Any, memory: Any, first: jax.Array) -> tuple[Any, Any]:
        """Return predictions of observations in order, shape [T, B, …], and the memory after."""
        ...


class Batch(Protocol):
    """M samples to learn from, drawn singly or in sequences; rewards are summed over n steps."""

    @property
    def action(self) -> jax.Array:
        """a, int32, shape [M]."""
        ...

    @property
    def next_action(self) -> jax.Array:
        """a′, int32, shape [M]; 0 unless it was asked for."""
        ...

    @property
    def legal(self) -> tuple[jax.Array | None, jax.Array | None]:
        """Which actions are legal in s and in s′, bool, shape [M, A]; None if all always are."""
        ...

    @property
    def weight(self) -> jax.Array:
        """Importance weight, float32, shape [M]; 0 for a sample that must not count."""
        ...

    @property
    def number(self) -> jax.Array:
        """Which transition it is, uint32, shape [M]: the same number whenever it is drawn."""
        ...

    def predictions(self, evaluate: Evaluate) -> tuple[Any, Any]:
        """Return a network's predictions of all s and all s′."""
        ...

    def target(self, head: Head, next_prediction: Any, backup: Backup) -> Any:
        """Return the target for the head's prediction of s and a."""
        ...


@runtime_checkable
class Replay(Protocol):
    """Stores the step stream and draws batches from it."""

    @property
    def uses_probability(self) -> bool:
        """Whether the explorer's probabilities must be stored."""
        ...

    def check(self, agent: Any) -> None:
        """Raise `UsageError` if sampling could not work with the agent's other parts."""
        ...

    def init(self, seen: Seen, spec: EnvSpec) -> Any:
        """Return an empty replay, given the environment and its first observations."""
        ...

    def add(self, state: Any, step: Step) -> Any:
        """Return the replay with one more step."""
        ...

    def sample(
        self, state: Any, key: jax.Array, discount: jax.Array, *, next_action: bool
    ) -> tuple[Batch, Any]:
        """Draw a batch, and return the replay after it.

        Args:
            state: The replay; it holds at least the steps that `check` asked for.
            key: A random key of this batch's own.
            discount: γ, scalar.
            next_action: Whether the batch must know the action taken in s′.
        """
        ...

    def update_priorities(self, state: Any, batch: Batch, error: jax.Array) -> Any:
        """Return the replay after learning from a batch, whose samples had these errors."""
        ...

    def interrupt(self, state: Any) -> Any:
        """Return the replay with the newest step truncated: what follows is another episode."""
        ...


@runtime_checkable
class HasPriorities(Protocol):
    """A replay that may draw some samples more often than others."""

    def priorities(self, state: Any) -> jax.Array | None:
        """Return the priority of every sample that can be drawn, and 0 for all others, any shape.

        None if all are equally likely.
        """
        ...
