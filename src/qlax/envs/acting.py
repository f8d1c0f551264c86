"""The border between an environment's own actions and the numbers that an agent takes them for."""

from typing import Any

import gymnasium
import numpy as np

from qlax.actions import Actions
from qlax.envs.conversion import MASK, mask_method
from qlax.spaces import Choices


class TakesNumbers(gymnasium.ActionWrapper):
    """An environment whose actions are several numbers, taken by their numbers in `Choices`.

    Its action space is Discrete where the factors are joint, else MultiDiscrete, of an index for
    each factor. Masks come as the agent needs them, over all its action values.
    """

    def __init__(self, env: gymnasium.Env, choices: Choices) -> None:
        super().__init__(env)
        self.choices = choices
        self.action_space: gymnasium.Space = (
            gymnasium.spaces.Discrete(choices.num_actions)
            if choices.joint
            else gymnasium.spaces.MultiDiscrete(list(choices.sizes))
        )
        asked = mask_method(env)
        if asked is not None:
            self.action_masks = lambda: choices.legal(asked())

    def action(self, action: Any) -> Any:
        """Return the environment's own action."""
        return self.choices.of(np.asarray(action))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        return self._converted(super().reset(seed=seed, options=options))  # type: ignore[no-any-return]

    def step(self, action: Any) -> Any:
        """Take one step."""
        return self._converted(super().step(action))

    def _converted(self, returned: Any) -> Any:
        """Return what a reset or a step returned, with masks over the agent's action values."""
        if not isinstance(returned, tuple) or not returned:
            return returned  # which whoever steps it refuses
        observation, *rest, info = returned if len(returned) > 1 else (*returned, None)
        if isinstance(observation, dict) and MASK in observation:
            observation = {**observation, MASK: self._mask(observation[MASK])}
        if isinstance(info, dict) and MASK in info:
            info = {**info, MASK: self._mask(info[MASK])}
        return (observation, *rest, info) if len(returned) > 1 else returned

    def _mask(self, mask: Any) -> Any:
        try:
            return self.choices.legal(mask)
        except (ValueError, TypeError) as error:
            raise ValueError(f"its action mask has {error}") from None


def taking_numbers(env: Any, actions: Actions, name: str) -> Any:
    """Return an environment whose actions are numbered; itself if they are, or if it is none.

    Args:
        env: What was made.
        actions: How actions are made finitely many.
        name: The environment's name, for messages.

    Raises:
        UsageError: if that cannot be done with its action space.
    """
    space: Any = getattr(env, "action_space", None)
    is_env = isinstance(env, gymnasium.Env) and isinstance(space, gymnasium.Space)
    if not is_env or isinstance(space, gymnasium.spaces.Discrete):
        return env
    return TakesNumbers(env, actions.choices(space, name))


def choices_in(env: gymnasium.Env) -> Choices | None:
    """Return what stands behind the numbers of an environment's actions; None for Discrete ones."""
    while isinstance(env, gymnasium.Wrapper):
        if isinstance(env, TakesNumbers):
            return env.choices
        env = env.env
    return None
