"""What an environment asks of any deep agent, whatever its idea."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from qlax.agent import Agent
from qlax.explorers import Boltzmann, Duration, EpsilonGreedy, Greedy, OneStep
from qlax.heads import C51
from qlax.networks import MLP, Network, PerKey
from qlax.observations import Observation
from qlax.optimizers import Adam, RMSProp
from qlax.replay import Latest, Prioritised, Rollout, Sequences, Uniform
from qlax.rewards import Reward
from qlax.schedules import Linear, extremes
from qlax.targets import Periodic, Polyak, Target

# Steps that agents without a replay take for each one of the others, which learn from it often.
STEPS_WITHOUT_REPLAY = 10


def is_deep(agent: Agent) -> bool:
    """Return whether settings can be put on an agent: tables have settings of their own."""
    return isinstance(agent.network, MLP)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Sizes, schedules and scales for one environment, put on an agent part by part.

    An agent's idea stays: its head, bootstrap, memory, kinds of layer and kind of replay. Parts
    that it does not have are not added, but for a random beginning where only noise explores; a
    temperature begins as high as returns lie apart, which is as random.
    """

    steps: int
    """Environment steps it trains for."""
    epsilon: Linear
    """ε, by environment steps; down to 0 where noise explores, which needs a random beginning, and
    to an agent's own, as much more slowly as it trains longer, where steps are learned from once.
    """
    duration: Duration = field(default_factory=OneStep)
    """How long exploratory actions last."""
    observation: Observation
    """The observation stage."""
    hidden: tuple[int, ...] = (64, 64)
    """Widths of a network without memory, where observations are a few numbers."""
    network: Network | None = None
    """The network where they are something else, with the agent's own kind of layers in it."""
    reward: Reward | None = None
    """The reward stage; None for the agent's own."""
    n_step: int
    """Rewards summed before bootstrapping."""
    capacity: int
    """Steps remembered."""
    batch_size: int = 64
    """Transitions a batch, for agents without a memory."""
    sequences: int | None = None
    """Sequences a batch, for agents with one; None for the agent's own."""
    learning_rate: tuple[float, float]
    """Of Adam and RMSProp, with the first update and with the last; without a replay an agent's
    own, and 0 with the last."""
    max_grad_norm: float | None = 10.0
    """The largest gradient that Adam takes whole; None for any."""
    target: Target
    """The target network, in place of an average; periodic ones stay."""
    policy: str = "target"
    """Whose parameters an agent with an averaged target network finishes with."""
    discount: float = 0.99
    """γ."""
    returns: tuple[float, float]
    """Between which discounted returns lie: the ends of C51's atoms, and the first temperature."""
    time_limit: int | None = None
    """Steps after which training episodes are truncated."""
    num_envs: int = 1
    """Environments side by side, for agents that have one."""
    updates: int = 1
    """Updates for each step of all of them, for agents that make one."""
    learning_starts: int | None = None
    """Steps before the first update, for agents with a replay; None for the agent's own."""

    def steps_of(self, agent: Agent) -> int:
        """Return the environment steps that the agent trains for.

        One that updates more seldom, by a ratio of its own, trains longer.
        """
        if isinstance(agent.replay, Rollout | Latest):
            return self.steps * STEPS_WITHOUT_REPLAY
        if agent.num_envs == 1:
            return self.steps
        steps_per_update = agent.num_envs * agent.update_every / agent.updates
        return self.steps * max(1, round(steps_per_update * self.updates / self.num_envs))

    def __call__(self, agent: Agent) -> Agent:
        """Return the agent, fitted."""
        if isinstance(agent.replay, Uniform | Prioritised | Sequences):
            if self.learning_starts is not None:
                agent = agent.replace(learning_starts=self.learning_starts)
            if agent.num_envs == 1:
                agent = agent.replace(num_envs=self.num_envs, updates=self.updates)
        if isinstance(agent.target, Polyak):
            policy = "online" if isinstance(self.target, Periodic) else self.policy
            agent = agent.replace(target=self.target, policy=policy)
        return agent.replace(
            network=self._network(agent),
            head=self._head(agent),
            explorer=self._explorer(agent),
            replay=self._replay(agent),
            optimizer=self._optimizer(agent),
            observation=self.observation,
            reward=agent.reward if self.reward is None else self.reward,
            discount=self.discount,
            time_limit=self.time_limit,
        )

    def _network(self, agent: Agent) -> Any:
        if self.network is not None:
            return with_layers_of(agent.network, self.network)
        if agent.memory is not None or isinstance(agent.replay, Latest):
            return agent.network
        return dataclasses.replace(agent.network, hidden=self.hidden)  # type: ignore[type-var]

    def _head(self, agent: Agent) -> Any:
        if not isinstance(agent.head, C51):
            return agent.head
        low, high = self.returns
        return dataclasses.replace(agent.head, low=low, high=high)

    def _explorer(self, agent: Agent) -> Any:
        explorer = agent.explorer
        if isinstance(explorer, Greedy):
            beginning = dataclasses.replace(self.epsilon, end=0.0)
            return EpsilonGreedy(epsilon=beginning, duration=self.duration)
        if isinstance(explorer, Boltzmann):
            last, _ = extremes(explorer.temperature)
            low, high = self.returns
            cooling = Linear(start=high - low, end=last, steps=self.epsilon.steps)
            return dataclasses.replace(explorer, temperature=cooling)
        if not isinstance(explorer, EpsilonGreedy):
            return explorer
        if isinstance(agent.replay, Latest):
            last, _ = extremes(explorer.epsilon)
            steps = self.epsilon.steps * STEPS_WITHOUT_REPLAY
            falling = dataclasses.replace(self.epsilon, end=last, steps=steps)
            return dataclasses.replace(explorer, epsilon=falling, duration=self.duration)
        if explorer.spread or isinstance(agent.replay, Rollout):
            return dataclasses.replace(explorer, duration=self.duration)
        return dataclasses.replace(explorer, epsilon=self.epsilon, duration=self.duration)

    def _replay(self, agent: Agent) -> Any:
        replay: Any = agent.replay
        if isinstance(replay, Uniform | Prioritised):
            return dataclasses.replace(
                replay, capacity=self.capacity, batch_size=self.batch_size, n_step=self.n_step
            )
        if isinstance(replay, Sequences):
            batch_size = replay.batch_size if self.sequences is None else self.sequences
            return dataclasses.replace(
                replay, capacity=self.capacity, batch_size=batch_size, n_step=self.n_step
            )
        return replay

    def _optimizer(self, agent: Agent) -> Any:
        optimizer = agent.optimizer
        if not isinstance(optimizer, Adam | RMSProp):
            return optimizer
        start, end = self.learning_rate
        if isinstance(agent.replay, Rollout):
            (_, start), end = extremes(optimizer.learning_rate), 0.0
        phases = self.steps_of(agent) // (agent.num_envs * agent.update_every)
        rate = Linear(start=start, end=end, steps=phases * agent.updates)
        annealed = dataclasses.replace(optimizer, learning_rate=rate)
        if isinstance(annealed, Adam) and not isinstance(agent.replay, Rollout):
            return dataclasses.replace(annealed, max_grad_norm=self.max_grad_norm)
        return annealed


def with_layers_of(own: Any, network: Any) -> Any:
    """Return a network with the kind of layers that an agent's own has, noisy ones say."""
    if isinstance(network, PerKey):
        inside = tuple(with_layers_of(own, inner) for inner in network.networks)
        return dataclasses.replace(network, networks=inside)
    return dataclasses.replace(network, layer=own.layer, layer_norm=own.layer_norm)
