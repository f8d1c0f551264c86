"""A finished policy: what training leaves for use."""

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from qlax import config
from qlax._version import __version__
from qlax.actions import Actions
from qlax.agent import Agent
from qlax.arguments import instance_of, path_of, whole_number
from qlax.envs.conversion import Reader, Unfit
from qlax.envs.core import TimeStep
from qlax.envs.opening import EnvLike
from qlax.envs.origin import Origin
from qlax.errors import UsageError, require
from qlax.maths.factors import greedy_of
from qlax.maths.policies import only_legal
from qlax.memories.previous import sees_previous
from qlax.precision import computes_in_32_bits
from qlax.runs import formats
from qlax.runs.arrays import save_arrays, size_of
from qlax.runs.compact import LEVELS, save_compact
from qlax.runs.folder import as_text, replacing
from qlax.spaces import EnvSpec, legal_values, zeros
from qlax.states import ActingParams

ARRAYS, DESCRIPTION = "params.npz", "policy.json"


@computes_in_32_bits
@dataclass(frozen=True)
class Policy:
    """The greedy policy of a trained agent.

    >>> policy = qlax.load("runs/MountainCar-v0/dqn/seed-0")
    >>> action = policy.predict(observation)
    """

    agent: Agent
    """The agent it came from."""
    spec: EnvSpec
    """The environment it was trained for."""
    params: ActingParams
    """Parameters of its network, and what its observation stage knows."""
    origin: Origin | None = None
    """Where the environment came from; None for the id of `spec`."""

    def __repr__(self) -> str:
        kinds = "network", "memory", "head"
        parts = [getattr(self.agent, kind) for kind in kinds]
        names = ", ".join(type(part).__name__ for part in parts if part is not None)
        numbers = sum(leaf.size for leaf in jax.tree.leaves(self.params.network))
        return f"<Policy for {self.spec.id}: {names}; {numbers:,} parameters>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from qlax.notebooks.cards import policy_card

        return policy_card(self)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled and copied: the fields, not what was compiled from them."""
        return {entry.name: getattr(self, entry.name) for entry in dataclasses.fields(self)}

    @property
    def environment_id(self) -> str | None:
        """The id of the environment it was trained in; None if that has none."""
        return self.spec.id if self.origin is None else self.origin.id

    def environment(
        self, env: EnvLike | None = None, env_kwargs: Mapping[str, Any] | None = None
    ) -> tuple[EnvLike, Mapping[str, Any], Actions]:
        """Return an environment to play in, the arguments to make it with, and the actions.

        They are what `qlax.envs.opening.opened` takes.

        Args:
            env: Another one than it was trained in; None for that.
            env_kwargs: The arguments of `env`, or others than it was trained with.

        Raises:
            UsageError: if it was trained in one that is no id, and none is given.
        """
        if env is not None:
            return env, env_kwargs or {}, self.agent.actions
        origin = self.origin or Origin(id=self.spec.id)
        if origin.id is None:
            raise UsageError(
                f"The policy was trained in an environment of your own, {origin}: give it, as env."
            )
        return origin.id, {**origin.kwargs, **(env_kwargs or {})}, self.agent.actions

    def q_values(self, observation: Any, action_mask: Any = None) -> np.ndarray:
        """Return action values, shape [A], or [B, A] for a batch; −∞ for illegal actions.

        Where an action has F factors with values of their own, they have shape [F, W], or
        [B, F, W]: Q_i(s, a_i), with −∞ beyond the values of a factor that has fewer than W. The
        value of an action is their mean over factors.

        Args:
            observation: As in `predict`, like the mask.
            action_mask: Which actions are legal.

        Raises:
            UsageError: as `predict`.
        """
        self._require_no_memory()
        batch, legal, is_batch = self._as_batch(observation, action_mask)
        values = np.asarray(self._act(self.params, batch, legal)[1])
        if self.spec.factors is not None:
            values = values.reshape((len(values), self.spec.factors, -1))
        return values if is_batch else values[0]

    def predict(self, observation: Any, action_mask: Any = None) -> Any:
        """Return the best action as the environment takes it.

        Args:
            observation: One observation, or a batch with one more axis in front (of every array,
                if observations are dicts or tuples).
            action_mask: Which actions are legal, shape [A] or [B, A]; for several numbers at once
                also a tuple of masks, one for each number, as Gymnasium's spaces take it. None if
                the observation itself holds `action_mask`, or if the environment has no masks.

        Returns:
            An int for one observation, an int64 array of shape [B] for a batch. Where actions are
            not single numbers, the environment's own: an array of its action space's shape and
            type, with B in front for a batch.

        Raises:
            UsageError: if the observation does not fit, if the policy was trained with masks and
                none is given, or if the agent has a memory: that needs an `actor`, which remembers.
        """
        self._require_no_memory()
        batch, legal, is_batch = self._as_batch(observation, action_mask)
        best = np.asarray(self._act(self.params, batch, legal)[0])
        return self._own(best if is_batch else best[0])

    def actor(self, num_envs: int = 1) -> "Actor":
        """Return something that plays in N environments side by side, and remembers."""
        return Actor(self, whole_number("num_envs", num_envs, at_least=1))

    def _own(self, action: np.ndarray) -> Any:
        """Return actions as the environment takes them; a single number as an int."""
        return own_action(self.spec, action)

    def _require_no_memory(self) -> None:
        if self.agent.memory is not None:
            raise UsageError(
                "The agent has a memory, so an action depends on what was seen before: take "
                "policy.actor(), which remembers, and call it with every observation in turn."
            )

    def _require_no_mask(self) -> None:
        if self.spec.has_mask:
            raise UsageError(
                f"The policy was trained with action masks, so it must be told which of the "
                f"{self.spec.num_actions} actions are legal: give action_mask=…, as {self.spec.id} "
                "does, or one of ones if all are."
            )

    def save(self, path: str | Path) -> None:
        """Write the policy as a folder of arrays and JSON."""
        with replacing(path_of("path", path), size_of(self.params)) as aside:
            self._write(aside)

    def _write(self, folder: Path, numbers: str = "float32", levels: int = LEVELS) -> None:
        """Write the policy as a folder that is not there yet, without further care.

        Args:
            folder: The folder.
            numbers: How the parameters are kept: one of `runs.compact.NUMBERS`.
            levels: Of `int8`, how many there are of each sign.
        """
        folder.mkdir(parents=True)
        if numbers == "float32":
            save_arrays(folder / ARRAYS, self.params)
        else:
            save_compact(folder / ARRAYS, self.params, numbers, levels)
        description = {
            "format": formats.POLICY,
            "qlax": __version__,
            **({} if numbers == "float32" else {"numbers": numbers}),
            "agent": config.to_json(self.agent),
            "env": config.to_json(self.spec),
            "origin": (self.origin or Origin(id=self.spec.id)).as_json(),
        }
        (folder / DESCRIPTION).write_text(as_text(description))

    def _as_batch(self, observation: Any, action_mask: Any) -> tuple[Any, Any, bool]:
        """Return observations with a batch axis, the mask, and whether the axis was there."""
        try:
            seen = self._reader.arrays(observation)
        except (Unfit, IndexError, TypeError, ValueError):
            raise UsageError(
                f"The observation is not of the kind that {self.spec.id} shows: "
                f"{self.spec.observation}."
            ) from None
        shown, expected = _shapes(seen.observation), _shapes(zeros(self.spec.observation))
        is_batch = shown != expected
        rows = shown[0][:1] if is_batch else ()
        if shown != [(*rows, *shape) for shape in expected]:
            raise UsageError(
                f"The observation has shape {_listed(shown)}, but {self.spec.id} has observations "
                f"of shape {_listed(expected)}: give one of them, or a batch with one more axis "
                "in front."
            )
        legal = seen.legal if action_mask is None else self._legal(action_mask)
        if legal is None:
            self._require_no_mask()
        if legal is not None and legal.shape != (*rows, self.spec.num_actions):
            raise UsageError(
                f"The action mask has shape {legal.shape}, but must have shape "
                f"{(*rows, self.spec.num_actions)}, as the observation has."
            )
        try:
            observation = self._reader.fit(seen.observation)
        except Unfit as unfit:
            raise UsageError(f"The observation holds {unfit}.") from None
        if not is_batch:
            observation = jax.tree.map(lambda array: array[None], observation)
            legal = None if legal is None else legal[None]
        return observation, legal, is_batch

    def _legal(self, action_mask: Any) -> np.ndarray:
        try:
            return self.spec.legal(action_mask)
        except ValueError as error:
            raise UsageError(f"The action mask has {error}.") from None

    @functools.cached_property
    def _reader(self) -> Reader:
        return Reader(self.spec)

    @functools.cached_property
    def _act(self) -> Any:
        """(params, observations, legal, memory, first, previous) → actions, values, memory."""

        def act(
            params: Any,
            observation: Any,
            legal: Any,
            memory: Any = None,
            first: Any = None,
            previous: Any = (None, None),
        ) -> Any:
            values, memory = self.agent.values(
                params, self.spec, observation, memory, first, previous=previous
            )
            legal = legal_values(self.spec, legal, len(values))
            best = greedy_of(values, legal, self.spec.factors)
            return best, only_legal(values, legal), memory

        return jax.jit(act)


def own_action(spec: EnvSpec, action: np.ndarray) -> Any:
    """Return actions as the environment takes them; a single number as an int.

    Args:
        spec: The environment.
        action: As an agent numbers them, int32.
    """
    if spec.actions is not None:
        return spec.actions.of(action)
    own = np.int64(action) + spec.first_action
    return own if own.ndim else int(own)


def require_policy(policy: Any) -> None:
    """Raise `UsageError` unless something is a policy, such as for a run or its folder."""
    instance_of("policy", policy, Policy, "a Policy, as run.policy is and qlax.load(folder) gives")


@computes_in_32_bits
class Actor:
    """Plays greedily in N environments side by side, carrying the memory along if there is one."""

    def __init__(self, policy: Policy, num_envs: int = 1) -> None:
        self.policy = policy
        self.num_envs = num_envs
        memory = policy.agent.memory
        self._memory = None if memory is None else memory.init(num_envs)
        self._sees_previous = sees_previous(memory)
        self._action = np.zeros((num_envs, *policy.spec.action_shape), np.int32)
        self.values: Any = None
        """The action values of what it saw last, [N, A], −∞ for illegal actions."""

    def __call__(self, timestep: TimeStep) -> np.ndarray:
        """Return actions numbered from zero, int32, [N] or [N, F], as `HostEnv.step` takes them."""
        if timestep.legal is None:
            self.policy._require_no_mask()
        return self._act(timestep.observation, timestep.legal, timestep.first, timestep.reward)

    def act(
        self,
        observation: Any,
        *,
        first: bool = False,
        action_mask: Any = None,
        reward: float | None = None,
    ) -> Any:
        """Return the best action in one environment, as the environment takes it.

        Args:
            observation: What it shows.
            first: Whether an episode begins with it: what was remembered is forgotten.
            action_mask: Which actions are legal, shape [A]; None as in `Policy.predict`.
            reward: What the action before it paid. Needed, but for the first of an episode, where
                the memory is a `PreviousActionAndReward`.

        Raises:
            UsageError: if the reward is needed and not given, or as `Policy.predict`.
        """
        require(self.num_envs == 1, "num_envs", self.num_envs, "1 for `act`")
        if self._sees_previous and reward is None and not first:
            raise UsageError(
                "The agent's memory sees what the previous action paid: give reward=…, or "
                "first=True where an episode begins."
            )
        policy = self.policy
        batch, legal, is_batch = policy._as_batch(observation, action_mask)
        require(not is_batch, "observation", "a batch", "a single one")
        paid = np.asarray([0.0 if reward is None else reward], np.float32)
        return policy._own(self._act(batch, legal, np.asarray([first]), paid)[0])

    def _act(self, observation: Any, legal: Any, first: Any, reward: Any) -> np.ndarray:
        """Return actions numbered from zero, and remember what was seen and done."""
        known: tuple[Any, ...] = ()
        if self._memory is not None:
            previous = (self._action, reward) if self._sees_previous else (None, None)
            known = self._memory, first, previous
        best, self._memory = self._answer(observation, legal, *known)
        self._action = np.asarray(best)
        return self._action

    def _answer(self, *shown: Any) -> tuple[Any, Any]:
        """Return the best actions, and what is remembered, given what `Policy._act` takes."""
        best, self.values, memory = self.policy._act(self.policy.params, *shown)
        return best, memory


def _shapes(observation: Any) -> list[tuple[int, ...]]:
    return [np.shape(array) for array in jax.tree.leaves(observation)]


def _listed(shapes: list[Any]) -> str:
    return ", ".join(map(str, shapes))
