"""The loop turned round: the user's code steps the environment, and calls the agent."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax import presets, starting
from qlax.agent import Agent
from qlax.arguments import path_of, whole_number
from qlax.drivers.core import MetricsRow, nothing_seen, on_host
from qlax.envs.core import TimeStep
from qlax.envs.opening import EnvLike, described_by, opened
from qlax.errors import UsageError
from qlax.learner import protocol, saving
from qlax.learner.loop import Loop
from qlax.learner.reading import Reading, Shown
from qlax.policy import Policy, own_action
from qlax.precision import computes_in_32_bits, in_32_bits
from qlax.runs.plan import require_seeds
from qlax.spaces import EnvSpec


@computes_in_32_bits
class Learner:
    """An agent that learns from what your own loop tells it.

    For what qlax cannot step itself: a robot, a game engine, a live service. It learns what the
    same agent learns in `train` from the same transitions, bit for bit.

    >>> learner = qlax.Learner("dqn", qlax.envs.spec_of(observation=(4,), actions=2), steps=50_000)
    >>> observation = reset()
    >>> while learner.steps < 50_000:
    ...     action = learner.act(observation)
    ...     observation, reward, terminated, truncated = step(action)
    ...     learner.observe(reward, observation, terminated, truncated)
    ...     if terminated or truncated:
    ...         observation = reset()

    Each step is an `act` and an `observe`. What `observe` is shown at an episode's end is its final
    observation; the next `act` takes the first of the next episode, and that counts as a step, as
    it does in `train`.

    With several environments (`num_envs` N), everything has an axis of length N in front, and they
    begin anew as Gymnasium's vector environments do by default: the step after an episode's end
    ignores the action, pays 0, and shows the first observation of the next.

    Args:
        agent: An `Agent`; or a name, whose agent is fitted to the environment as in `train`.
        spec: The environment: its description, as `qlax.envs.spec_of` makes it from spaces, or an
            environment that is described, as `train` takes it.
        steps: Environment steps in all, of all environments together, for the schedules that end
            with training; None if the agent has none. Training may go on after them.
        seed: Seed of everything random.
        num_envs: Environments side by side; None for the agent's own number, or 1 where the agent
            is given by its name.
        start_from: A policy to start from, as in `train`.
        start_without: Parts of it that are learned afresh, as in `train`.

    Raises:
        UsageError: if something cannot work as given. So do all methods, and nothing is learned
            from what they were given then.
    """

    def __init__(
        self,
        agent: Agent | str,
        spec: EnvSpec | EnvLike,
        *,
        steps: int | None = None,
        seed: int = 0,
        num_envs: int | None = None,
        start_from: Any = None,
        start_without: str | Sequence[str] = (),
    ) -> None:
        env = described_by(spec) if isinstance(spec, EnvSpec) else spec
        with opened(env) as source:
            chosen = presets.resolve(source, agent).agent
            self.spec = source.acting(chosen.actions).spec
            self.origin = source.origin
        if num_envs is not None or isinstance(agent, str):
            number = 1 if num_envs is None else num_envs
            chosen = chosen.replace(num_envs=whole_number("num_envs", number, at_least=1))
        self.agent = chosen
        self.seed = whole_number("seed", seed)
        require_seeds([self.seed])
        self.planned = None if steps is None else whole_number("steps", steps, at_least=1)
        start = starting.start_from(start_from, start_without)
        if start is not None:
            start.require_fit(chosen, self.spec)
        self._loop = Loop(protocol.for_steps(chosen, self.planned), self.spec, self.seed, start)
        self._reading = Reading(self.spec, chosen.num_envs)
        self._shown = nothing_seen(self.spec, chosen.num_envs)
        self._is_given = False  # whether `act` has given the action for what is shown
        # What was observed, but not yet learned from: which actions are legal is not known.
        self._waiting: np.ndarray | None = None

    def __repr__(self) -> str:
        return f"<Learner of {self.spec.id}: {self.steps:,} steps>"

    @property
    def num_envs(self) -> int:
        """How many environments there are."""
        return self.agent.num_envs

    @property
    def steps(self) -> int:
        """Environment steps so far, of all environments together; beginning anew counts as one."""
        return self._loop.iteration * self.num_envs

    @property
    @in_32_bits
    def updates(self) -> int:
        """Gradient updates so far."""
        return self._loop.updates()

    @property
    @in_32_bits
    def policy(self) -> Policy:
        """The greedy policy so far, as a copy."""
        if not self._loop.has_begun:
            raise UsageError("There is no policy yet: the first `act` makes the agent.")
        return Policy(self.agent, self.spec, self._loop.policy_params(), self.origin)

    def act(self, observation: Any = None, action_mask: Any = None) -> Any:
        """Return an action, as the environment numbers it; it explores.

        Args:
            observation: What the environment shows. Needed where an episode begins; else None, or
                what `observe` was given last.
            action_mask: Which actions are legal, shape [A] or [N, A], bool, if the environment has
                masks. Not needed if the observation holds `action_mask`, or `observe` was told.

        Returns:
            An int, or an int64 array of shape [N] for several environments. Where actions are not
            single numbers, the environment's own, with N in front for several.
        """
        if self._is_given:
            raise UsageError(
                "act was called twice: say first what the action led to, by observe(reward, "
                "observation, terminated, truncated)."
            )
        seen = None if observation is None else self._reading.shown(observation, action_mask)
        if not self._loop.has_begun:
            self._begin(seen)
        elif self._is_over:
            self._begin_anew(seen)
        else:
            self._go_on(seen, action_mask)
        self._is_given = True
        action = self._loop.action
        return own_action(self.spec, action[0] if self.num_envs == 1 else action)

    def observe(
        self,
        reward: Any,
        observation: Any,
        terminated: Any,
        truncated: Any,
        *,
        action_mask: Any = None,
        action: Any = None,
    ) -> None:
        """Tell what an action led to, and learn as often as is due.

        Args:
            reward: What it paid, a finite number.
            observation: What the environment shows now; at an episode's end its final observation.
            terminated: Whether the episode has ended for good: nothing more is to be got.
            truncated: Whether it was cut, by a clock or by you; its value goes on.
            action_mask: Which actions are legal now; None if the observation holds `action_mask`,
                if the next `act` tells, or if the environment has no masks.
            action: The action that was taken, if it was another than `act` gave: somebody took
                over. `act` need not have been called then, but where an episode begins.
        """
        self._require_turn(action)
        seen = self._reading.shown(observation, action_mask)
        first = self._shown.terminated | self._shown.truncated
        ended = self._reading.flags("terminated", terminated)
        cut = self._reading.flags("truncated", truncated)
        paid = self._reading.rewards(reward)
        protocol.require_reset(first, paid, ended | cut)
        taken = self._taken(action)
        done = ended | cut
        timestep = TimeStep(seen.observation, paid, ended, cut & ~ended, first, seen.legal)
        if self.spec.has_mask:
            if seen.legal is None and done.all():
                legal = np.ones((self.num_envs, self.spec.num_actions), bool)
                timestep = timestep.replace(legal=legal)
            protocol.require_an_action(seen.legal, done)
        self._is_given = False
        if self.spec.has_mask and timestep.legal is None:
            self._shown, self._waiting = timestep, taken
        else:
            self._turn(taken, timestep)

    def metrics(self) -> MetricsRow:
        """Return what happened since the last call, by the names of `metrics.jsonl`."""
        if not self._loop.has_begun:
            raise UsageError("There are no metrics yet: the first `act` makes the agent.")
        return self._loop.metrics()

    def save(self, path: str | Path) -> None:
        """Write everything as a folder of arrays and JSON, from which `Learner.load` goes on.

        A folder that is there is replaced once the new one is whole. `qlax.load` reads the policy
        in it.
        """
        if self._waiting is not None:
            raise UsageError(
                "Which actions are legal is not known yet: save after `act`, or give observe(…, "
                "action_mask=…)."
            )
        folder = path_of("path", path)
        notes = saving.Notes(
            self.agent,
            self.spec,
            self.origin,
            self.seed,
            self.planned,
            self._loop.iteration,
            self._is_given,
        )
        if not self._loop.has_begun:
            if self._loop.start is not None:
                raise UsageError("It starts from a policy with its first act: save after that.")
            saving.save(folder, notes)
            return
        policy = self.policy
        action, state = self._loop.action, self._loop.lend()
        try:
            saving.save(folder, notes, (state, action), policy)
        finally:
            self._loop.take(state)

    @classmethod
    @in_32_bits
    def load(cls, path: str | Path, agent: Agent | None = None) -> "Learner":
        """Return the learner that `save` wrote: it goes on bit for bit.

        Args:
            path: The folder.
            agent: The agent, needed only if it has parts of your own: no code is loaded from a
                file.

        Raises:
            UsageError: if there is none, or it is damaged, in another format, or of another agent.
        """
        folder = path_of("path", path)
        notes = saving.notes_in(folder, agent)
        learner = cls(notes.agent, notes.spec, steps=notes.planned, seed=notes.seed)
        learner.origin = notes.origin
        shape = (learner.num_envs, *learner.spec.action_shape)
        action = jax.ShapeDtypeStruct(shape, jnp.int32)
        found = saving.state_in(folder, notes, (learner._loop.like, action))
        if found is not None:
            state, action = found
            learner._shown = on_host(state.timestep)
            learner._loop.restore(state, action)
        learner._loop.iteration, learner._is_given = notes.iteration, notes.is_given
        return learner

    @property
    def _is_over(self) -> bool:
        """Whether the single environment's episode has ended."""
        return self.num_envs == 1 and bool(self._shown.terminated[0] | self._shown.truncated[0])

    def _begin(self, seen: Shown | None) -> None:
        """Make the agent, which has seen the first observations."""
        if seen is None:
            raise UsageError(
                "The first act needs an observation: the first of the episode that begins."
            )
        no = np.zeros(self.num_envs, bool)
        legal = protocol.legal_in(self.spec, seen, "an episode begins")
        self._shown = TimeStep(
            seen.observation, np.zeros(self.num_envs, np.float32), no, no, ~no, legal
        )
        self._loop.begin(self._shown)

    def _begin_anew(self, seen: Shown | None) -> None:
        """Begin the next episode of the single environment."""
        if seen is None:
            raise UsageError(
                "The episode has ended, so act needs an observation: the first of the next episode."
            )
        no = np.zeros(1, bool)
        legal = protocol.legal_in(self.spec, seen, "an episode begins")
        zero = np.zeros(1, np.float32)
        begun = TimeStep(seen.observation, zero, no, no, ~no, legal)
        self._turn(self._loop.action, begun)

    def _go_on(self, seen: Shown | None, action_mask: Any) -> None:
        """Hold what is given for the same moment against what was observed, and add a mask."""
        if seen is None and action_mask is not None:
            seen = Shown(self._shown.observation, self._reading.mask(action_mask))
        if seen is not None:
            protocol.require_same(seen, self._shown)
        if self._waiting is not None:
            legal = protocol.legal_in(self.spec, seen, "it goes on", self._shown.done)
            self._turn(self._waiting, self._shown.replace(legal=legal))
            self._waiting = None

    def _turn(self, taken: np.ndarray, timestep: TimeStep) -> None:
        """Learn from a step, and choose the next action."""
        self._loop.turn(taken, timestep)
        self._shown = timestep

    def _require_turn(self, action: Any) -> None:
        """Raise `UsageError` unless something may be observed now."""
        begun, over, waits = self._loop.has_begun, self._is_over, self._waiting is not None
        protocol.require_turn(begun, over, self._is_given, waits, action)

    def _taken(self, action: Any) -> np.ndarray:
        """Return the actions that were taken, numbered from zero."""
        if action is None:
            return self._loop.action
        if self.agent.replay.uses_probability:
            raise UsageError(
                f"action is given, but {type(self.agent.replay).__name__} as it is configured "
                "asks how likely the explorer was to take it, which is unknown of an action that "
                "somebody else took."
            )
        return self._reading.actions(action, self._shown.legal)
