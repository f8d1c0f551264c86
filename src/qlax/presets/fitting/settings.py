"""What an environment asks of any deep agent, whatever its idea."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from qlax.actions import Actions, Factors
from qlax.agent import Agent
from qlax.explorers import Duration, EpsilonGreedy, Greedy, OneStep
from qlax.heads import Unscaled
from qlax.networks import MLP, Network, PerKey
from qlax.observations import Observation
from qlax.presets.fitting.having import has, told
from qlax.rewards import Reward
from qlax.schedules import Linear, extremes
from qlax.targets import Periodic, Polyak, Target

# Steps that agents without a replay take for each one of the others, which learn from it often.
STEPS_WITHOUT_REPLAY = 10


class Tuning(NamedTuple):
    """How an agent is changed for an environment."""

    tune: Callable[[Agent], Agent]
    steps: int
    """Environment steps it trains for."""
    tried: bool = True
    """Whether that was chosen for the environment, and not only for what it shows."""
    published: bool = False
    """Whether that is what the agent's paper has in such environments."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Sizes, schedules and scales for one environment, put on an agent part by part.

    Each part is asked which of the settings it has, by the names of its fields; parts of a user's
    own are fitted as ours are. An agent's idea stays: its head, bootstrap, memory, kinds of layer
    and kind of replay. Parts that it does not have are not added, but for a random beginning where
    only noise explores.
    """

    steps: int
    """Environment steps it trains for."""
    epsilon: Linear
    """An explorer's `epsilon`, by environment steps; down to 0 where noise explores, which needs a
    random beginning, and to an agent's own, as much more slowly as it trains longer, where steps
    are learned from once. An agent that spreads it, or forgets what it learned from, keeps its own.
    """
    duration: Duration = field(default_factory=OneStep)
    """An explorer's `duration`: how long exploratory actions last."""
    observation: Observation
    """The observation stage. An agent that learns from each step as it comes keeps its own: it has
    nothing else to learn an observation's scale from."""
    hidden: tuple[int, ...] = (64, 64)
    """A network's `hidden` widths, if it has any and no memory follows, where observations are a
    few numbers."""
    by_sight: bool = False
    """Whether an MLP makes way for the network that what is seen asks for."""
    network: Network | None = None
    """That network, once it is known; it takes over the MLP's kind of layers."""
    reward: Reward | None = None
    """The reward stage, inside the agent's own if that has a stage before it; None for its own."""
    actions: Actions | None = None
    """How continuous actions become finitely many, where an agent does not say; None for its own.
    """
    n_step: int
    """A replay's `n_step`, if it has a `capacity`: rewards summed before bootstrapping."""
    capacity: int
    """A replay's `capacity`: steps remembered."""
    batch_size: int = 64
    """A replay's `batch_size`: transitions a batch, for a replay that does not draw sequences."""
    sequences: int | None = None
    """Sequences a batch, for one that does; None for the agent's own."""
    learning_rate: tuple[float, float]
    """An optimiser's `learning_rate`, with the first update and with the last, if it divides by
    the size of gradients and so has an `epsilon`; without a replay an agent's own, and 0 at last.
    """
    max_grad_norm: float | None = 10.0
    """The largest gradient that an optimiser takes whole, where it has a limit; None for any."""
    target: Target
    """The target network, in place of `Polyak`'s average; any other stays."""
    policy: str = "target"
    """Whose parameters an agent with an averaged target network finishes with."""
    discount: float = 0.99
    """γ."""
    returns: tuple[float, float]
    """Between which discounted returns lie: `low` and `high` of a head on the returns' own scale,
    and as far above 0 as they lie apart an explorer's first `temperature`."""
    time_limit: int | None = None
    """Steps after which training episodes are truncated; None for the agent's own limit."""
    num_envs: int = 1
    """Environments side by side, for agents that have one and a replay with a `capacity`."""
    updates: int = 1
    """Updates for each step of all of them, likewise."""
    learning_starts: int | None = None
    """Steps before the first update, with such a replay; None for the agent's own."""

    def steps_of(self, agent: Agent) -> int:
        """Return the environment steps that the agent trains for.

        One that updates more seldom, by a ratio of its own, trains longer.
        """
        if not _remembers(agent):
            return self.steps * STEPS_WITHOUT_REPLAY
        if agent.num_envs == 1:
            return self.steps
        steps_per_update = agent.num_envs * agent.update_every / agent.updates
        return self.steps * max(1, round(steps_per_update * self.updates / self.num_envs))

    def __call__(self, agent: Agent) -> Agent:
        """Return the agent, fitted."""
        alongside: dict[str, Any] = {}
        if _remembers(agent):
            if self.learning_starts is not None:
                alongside["learning_starts"] = self.learning_starts
            if agent.num_envs == 1:
                alongside |= {"num_envs": self.num_envs, "updates": self.updates}
        if isinstance(agent.target, Polyak):
            policy = "online" if isinstance(self.target, Periodic) else self.policy
            alongside |= {"target": self.target, "policy": policy}
        if self.time_limit is not None:
            alongside["time_limit"] = self.time_limit
        agent = agent.replace(**alongside)
        return agent.replace(
            network=self._network(agent),
            head=self._head(agent.head),
            explorer=self._explorer(agent),
            replay=self._replay(agent.replay),
            optimizer=self._optimizer(agent),
            observation=agent.observation if _streams(agent) else self.observation,
            reward=self._reward(agent.reward),
            actions=self._actions(agent.actions),
            discount=self.discount,
        )

    def _network(self, agent: Agent) -> Any:
        if self.network is not None:
            own = agent.network
            return with_layers_of(own, self.network) if isinstance(own, MLP) else own
        has_none = getattr(agent.network, "hidden", None) == ()  # its head has the layers
        if agent.memory is not None or _streams(agent) or has_none:
            return agent.network
        return told(agent.network, hidden=self.hidden)

    def _head(self, head: Any) -> Any:
        if has(head, "head"):
            return told(head, head=self._head(head.head))
        rescaling = getattr(head, "rescaling", None)
        if rescaling is not None and rescaling != Unscaled():
            return head  # its limits are on a scale of its own
        low, high = self.returns
        return told(head, low=low, high=high) if has(head, "low", "high") else head

    def _explorer(self, agent: Agent) -> Any:
        explorer = agent.explorer
        if isinstance(explorer, Greedy):
            beginning = dataclasses.replace(self.epsilon, end=0.0)
            return EpsilonGreedy(epsilon=beginning, duration=self.duration)
        explorer = told(explorer, duration=self.duration)
        if has(explorer, "temperature"):
            last, _ = extremes(explorer.temperature)
            low, high = self.returns
            cooling = Linear(start=high - low, end=last, steps=self.epsilon.steps)
            return told(explorer, temperature=cooling)
        spreads = bool(getattr(explorer, "spread", False))
        if not has(explorer, "epsilon") or spreads:
            return explorer
        if _remembers(agent):
            return told(explorer, epsilon=self.epsilon)
        if not _streams(agent) or self.epsilon.steps is None:
            return explorer
        last, _ = extremes(explorer.epsilon)
        steps = self.epsilon.steps * STEPS_WITHOUT_REPLAY
        return told(explorer, epsilon=dataclasses.replace(self.epsilon, end=last, steps=steps))

    def _replay(self, replay: Any) -> Any:
        if not has(replay, "capacity"):
            return replay
        sequences = getattr(replay, "draws_sequences", False)
        batch_size = self.sequences if sequences else self.batch_size
        settings: dict[str, Any] = {"capacity": self.capacity}
        if batch_size is not None:
            settings["batch_size"] = batch_size
        if getattr(replay, "lambda_return", None) is None:  # which says how far returns look
            settings["n_step"] = min(self.n_step, getattr(replay, "length", self.n_step))
        return told(replay, **settings)

    def _optimizer(self, agent: Agent) -> Any:
        optimizer: Any = agent.optimizer
        if not has(optimizer, "learning_rate", "epsilon"):
            return optimizer
        start, end = self.learning_rate
        if not _remembers(agent):
            (_, start), end = extremes(optimizer.learning_rate), 0.0
        # Over the environment's own steps, as ε: a run that is cut short learns more at high rates
        # than when it hurries through all of them.
        phases = self.steps_of(agent) // (agent.num_envs * agent.update_every)
        rate = Linear(start=start, end=end, steps=phases * agent.updates)
        annealed = told(optimizer, learning_rate=rate)
        if _remembers(agent) and getattr(annealed, "max_grad_norm", None) is not None:
            return told(annealed, max_grad_norm=self.max_grad_norm)
        return annealed

    def _actions(self, actions: Any) -> Any:
        return self.actions if self.actions is not None and actions == Factors() else actions

    def _reward(self, reward: Any) -> Any:
        if self.reward is None:
            return reward
        return told(reward, reward=self.reward) if has(reward, "reward") else self.reward


class Asked(NamedTuple):
    """What a world's settings file answers for one of its environments."""

    everyone: Settings | None = None
    """What it asks of every deep agent; None where we tried none."""
    named: Mapping[str, Tuning] = {}
    """What is done instead with the agents of these names."""


def with_layers_of(own: Any, network: Any) -> Any:
    """Return a network with what an agent's own says of layers: noisy ones, normalised ones."""
    if isinstance(network, PerKey):
        inside = tuple(with_layers_of(own, inner) for inner in network.networks)
        return dataclasses.replace(network, networks=inside)
    layers = {"layer": own.layer, "layer_norm": own.layer_norm, "activation": own.activation}
    return told(network, **layers, **({} if own.hidden else {"hidden": ()}))


def _remembers(agent: Agent) -> bool:
    """Return whether steps are learned from again and again: the replay has a capacity."""
    return has(agent.replay, "capacity")


def _streams(agent: Agent) -> bool:
    """Return whether each step is learned from once, as it comes, and forgotten."""
    return not _remembers(agent) and agent.update_every == 1
