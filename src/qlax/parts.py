"""The parts of an agent: what there is to choose, and whether it goes together."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from flax import linen as nn

from qlax.actions import Actions, Factors
from qlax.bootstraps import Bootstrap, Greedy
from qlax.config import pasteable
from qlax.errors import UsageError, require
from qlax.explorers import EpsilonGreedy, Explorer
from qlax.heads import Head, Scalar
from qlax.memories import Memory
from qlax.networks import MLP, Network
from qlax.observations import Observation, ScaleToBounds
from qlax.optimizers import Adam, Optimizer
from qlax.optimizers.of_optax import taken_as_optimizer
from qlax.q_network import QNetwork
from qlax.replay import Replay, Uniform
from qlax.rewards import Reward, Unchanged
from qlax.schedules import for_run
from qlax.spaces import EnvSpec
from qlax.targets import Periodic, Target
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True, repr=False)
class Parts:
    """What an `Agent` is made of."""

    network: Network | nn.Module = field(default_factory=MLP)
    """From observation to features: `MLP`, `Table`, `TileCoding` or your own Flax module."""
    memory: Memory | None = None
    """What the network remembers from step to step: `LSTM`, `GRU` or None."""
    head: Head = field(default_factory=Scalar)
    """What is predicted of the return, and its loss."""
    bootstrap: Bootstrap = field(default_factory=Greedy)
    """What the target assumes about the next action."""
    explorer: Explorer = field(default_factory=EpsilonGreedy)
    """Which action is taken while training."""
    replay: Replay = field(default_factory=Uniform)
    """What is remembered and how batches are drawn."""
    target: Target = field(default_factory=Periodic)
    """Whose parameters bootstrap."""
    optimizer: Optimizer = field(default_factory=Adam)
    """How a gradient becomes a step; in Python also a transformation of optax."""
    observation: Observation = field(default_factory=ScaleToBounds)
    """What is done to observations before the network, in acting and learning alike."""
    reward: Reward = field(default_factory=Unchanged)
    """What the learner is paid."""
    actions: Actions = field(default_factory=Factors)
    """How actions that are several numbers, or continuous, become finitely many."""
    discount: float = 0.99
    """γ in [0, 1]: what a reward is worth one step later."""
    num_envs: int = 1
    """Environments stepped side by side; at least 1."""
    learning_starts: int = 1_000
    """Environment steps, of all environments together, before the first update."""
    update_every: int = 1
    """Steps of each environment between learning phases; at least 1."""
    updates: int = 1
    """Gradient updates in each learning phase; at least 1."""
    time_limit: int | None = None
    """Steps after which training episodes are truncated; None for the environment's own limit."""
    policy: Literal["online", "target"] = "online"
    """Whose parameters the finished policy has: `target` of `Polyak` or `Averaged` is a mean."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "optimizer", taken_as_optimizer(self.optimizer))
        check_types(self)
        require(0.0 <= self.discount <= 1.0, "Agent.discount", self.discount, "in [0, 1]")
        for name in ("num_envs", "update_every", "updates"):
            require(getattr(self, name) >= 1, f"Agent.{name}", getattr(self, name), "at least 1")
        require(
            self.learning_starts >= 0, "Agent.learning_starts", self.learning_starts, "0 or more"
        )
        require(
            self.time_limit is None or self.time_limit >= 1,
            "Agent.time_limit",
            self.time_limit,
            "at least 1 or None",
        )
        for part in dataclasses.fields(self):
            check = getattr(getattr(self, part.name), "check", None)
            if check is not None:
                check(self)

    def __repr__(self) -> str:
        return pasteable(self)

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from qlax.notebooks.parts import agent_card

        return agent_card(self)

    def replace(self, **parts: Any) -> Self:
        """Return the agent with some parts exchanged; it is checked anew."""
        known = {part.name for part in dataclasses.fields(self)}
        for name in parts:
            if name not in known:
                raise UsageError(f"Agent has no part {name!r}; it has {', '.join(sorted(known))}.")
        return dataclasses.replace(self, **parts)

    def for_run(self, steps: int) -> Self:
        """Return the agent with a length for every schedule that ends with the run.

        `train`, `resume` and `sweep` do so themselves. The optimiser's schedules count updates,
        all others environment steps.

        Args:
            steps: Environment steps of the run, of all environments together.
        """
        updates = steps // (self.num_envs * self.update_every) * self.updates
        slots = {part.name: getattr(self, part.name) for part in dataclasses.fields(self)}
        return dataclasses.replace(
            self,
            **{
                slot: for_run(part, updates if slot == "optimizer" else steps)
                for slot, part in slots.items()
            },
        )

    @property
    def first_learning(self) -> int:
        """The number of the step of each environment from which on updates are due."""
        return -(-self.learning_starts // self.num_envs)

    def updates_due(self, iteration: Any) -> Any:
        """Return how many updates follow step number `iteration` of each environment (from 1).

        A number for a number, an array for an array.
        """
        ready = iteration >= self.first_learning
        return self.updates * (ready & (iteration % self.update_every == 0))

    def q_network(self, spec: EnvSpec) -> QNetwork:
        """Return the observation stage, network, memory and head as one Flax module."""
        return QNetwork(
            observation=self.observation,
            network=self.network,
            memory=self.memory,
            head=self.head,
            space=spec.observation,
            num_actions=spec.num_actions,
            factors=spec.factors,
        )
