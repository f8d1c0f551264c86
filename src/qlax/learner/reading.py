"""What a user's loop gives, as arrays of the spec's types, or why it cannot be right."""

from typing import Any, NamedTuple

import jax
import numpy as np

from qlax.envs.conversion import Reader, Unfit
from qlax.envs.returned import Misreturned, flag_of, look_at_size, reward_of
from qlax.errors import UsageError, shown
from qlax.spaces import EnvSpec, zeros
from qlax.warning import warn


class Shown(NamedTuple):
    """What N environments show."""

    observation: Any
    """Each array [N, …]."""
    legal: np.ndarray | None
    """Which actions are legal, bool, [N, A]; None if nothing was said of it."""


class Reading:
    """Reads what is given of N environments: as it is for a single one, with an axis N for more."""

    def __init__(self, spec: EnvSpec, num_envs: int) -> None:
        self._spec = spec
        self._num_envs = num_envs
        self._leading = () if num_envs == 1 else (num_envs,)
        self._reader = Reader(spec, lambda sentence: warn(f"{spec.id} {sentence}."))
        self._shapes = _shapes(zeros(spec.observation, self._leading))
        self._said_rewards = False

    def shown(self, observation: Any, action_mask: Any) -> Shown:
        """Return an observation and a mask, which may be among the observation.

        Raises:
            UsageError: if they do not fit.
        """
        try:
            if self._num_envs == 1:
                seen = self._reader(observation)
                found = jax.tree.map(lambda array: array[None], seen.observation)
            else:
                seen = self._reader.arrays(observation)
                self._require_shape(seen.observation)
                found = self._reader.fit(seen.observation)
        except Unfit as unfit:
            raise UsageError(f"{self._spec.id} showed {unfit.what}, but {unfit.why}.") from None
        except (IndexError, TypeError, ValueError) as error:
            if isinstance(error, UsageError):
                raise
            raise UsageError(
                f"The observation is {shown(observation)}, but must be of the kind that "
                f"{self._spec.id} shows: {self._spec.observation}."
            ) from None
        legal = seen.legal if action_mask is None else action_mask
        return Shown(found, None if legal is None else self.mask(legal))

    def rewards(self, reward: Any) -> np.ndarray:
        """Return rewards, float32, [N]."""
        if self._num_envs == 1:
            try:
                found = np.array([reward_of(reward)])
            except Misreturned as wrong:
                raise UsageError(f"{str(wrong).capitalize()}.") from None
        else:
            found = self._numbers("reward", reward, "biuf").astype(np.float64)
        try:
            sentence = look_at_size(found)
        except Misreturned:
            value = found[~np.isfinite(found.astype(np.float32))][0]
            raise UsageError(f"The reward is {value:g}, but must be finite, in float32.") from None
        if sentence is not None and not self._said_rewards:
            self._said_rewards = True
            warn(f"{self._spec.id} {sentence}.")
        return found.astype(np.float32)

    def flags(self, name: str, given: Any) -> np.ndarray:
        """Return flags, bool, [N]."""
        if self._num_envs == 1:
            try:
                return np.array([flag_of(name, given)])
            except (Misreturned, ValueError, TypeError):
                raise UsageError(f"{name} is {shown(given)}, but must be True or False.") from None
        found = self._numbers(name, given, "biu")
        if not ((found == 0) | (found == 1)).all():
            raise UsageError(f"{name} is {shown(given)}, but must be True or False for each.")
        return found.astype(bool)

    def actions(self, given: Any, legal: np.ndarray | None) -> np.ndarray:
        """Return actions that were taken, numbered from zero, int32, [N]."""
        spec = self._spec
        if spec.actions is not None:
            return self._numbered(given, legal)
        found = self._numbers("action", given, "biu") - spec.first_action
        last = spec.first_action + spec.num_actions - 1
        if not ((found >= 0) & (found < spec.num_actions)).all():
            raise UsageError(
                f"action is {shown(given)}, but {spec.id} has the actions {spec.first_action} to "
                f"{last}."
            )
        if legal is not None and not legal[np.arange(self._num_envs), found].all():
            raise UsageError(f"action is {shown(given)}, which is not legal by the action mask.")
        return found.astype(np.int32)

    def _numbered(self, given: Any, legal: np.ndarray | None) -> np.ndarray:
        """Return the numbers of the environment's own actions, which must be among its choices."""
        choices = self._spec.actions
        assert choices is not None
        try:
            own = np.asarray(given, np.float64).reshape(self._num_envs, *choices.shape)
            found = np.stack([choices.number_of(one) for one in own]).astype(np.int32)
            near = np.isclose(choices.of(found).astype(np.float64), own, rtol=1e-5, atol=1e-6)
        except (ValueError, TypeError):
            near = np.zeros(1, bool)
        if not near.all():
            raise UsageError(f"action is {shown(given)}, which is none of {choices}.")
        if legal is not None:
            width = 0 if choices.joint else choices.width
            places = found[:, None] if choices.joint else found + width * np.arange(choices.factors)
            if not np.take_along_axis(legal, places, -1).all():
                raise UsageError(f"action is {shown(given)}, which is not legal by the mask.")
        return found

    def _numbers(self, name: str, given: Any, kinds: str) -> np.ndarray:
        """Return numbers of some kinds as an array, [N]."""
        try:
            found = np.asarray(given)
        except ValueError:
            found = np.empty((), object)
        if found.dtype.kind not in kinds or found.shape != self._leading:
            one = "a number" if "f" in kinds else "a whole number"
            many = f"{self._num_envs} of them" if self._leading else "a single one"
            raise UsageError(f"{name} is {shown(given)}, but must be {one}, {many}.")
        return found.reshape(self._num_envs)

    def _require_shape(self, observation: Any) -> None:
        found = _shapes(observation)
        if found != self._shapes:
            raise UsageError(
                f"The observation has shape {_listed(found)}, but {self._num_envs} of "
                f"{self._spec.id} have {_listed(self._shapes)} (num_envs is {self._num_envs})."
            )

    def mask(self, given: Any) -> np.ndarray:
        """Return a mask, bool, [N, A]."""
        spec, expected = self._spec, (*self._leading, self._spec.num_actions)
        if not spec.has_mask:
            raise UsageError(
                f"action_mask is given, but {spec.id} has no action masks: say so where it is "
                "described, spec_of(…, has_mask=True)."
            )
        try:
            mask = np.array(spec.legal(given))
        except ValueError:
            mask = np.empty((), bool)
        if mask.shape != expected:
            raise UsageError(
                f"action_mask has shape {mask.shape}, but must have shape {expected}: one entry "
                "for each action."
            )
        return mask.reshape(self._num_envs, spec.num_actions)


def _shapes(observation: Any) -> list[tuple[int, ...]]:
    return [np.shape(array) for array in jax.tree.leaves(observation)]


def _listed(shapes: list[Any]) -> str:
    return ", ".join(map(str, shapes))
