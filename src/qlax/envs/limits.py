"""Time limits in place of an environment's own, and a user's environment that gets its own back."""

import gymnasium
from gymnasium.wrappers import TimeLimit


def time_limit_in(env: gymnasium.Env) -> TimeLimit | None:
    """Return the wrapper that limits an environment's steps, at whatever depth it is."""
    while isinstance(env, gymnasium.Wrapper):
        if isinstance(env, TimeLimit):
            return env
        env = env.env
    return None


def limited(made: gymnasium.Env, time_limit: int | None) -> gymnasium.Env:
    """Return an environment with a time limit in place of its own, if one is given."""
    if time_limit is None:
        return made
    own = time_limit_in(made) if isinstance(made, gymnasium.Env) else None
    if own is None:
        return TimeLimit(made, time_limit)
    own._max_episode_steps = time_limit
    return made


class Lent(gymnasium.Wrapper):
    """A user's own environment: it is left open, and with its own time limit, when it is closed."""

    def __init__(self, env: gymnasium.Env, time_limit: int | None) -> None:
        own = time_limit_in(env)
        self._limit = own, None if own is None else own._max_episode_steps
        super().__init__(limited(env, time_limit))

    def close(self) -> None:
        """Give the environment back."""
        own, steps = self._limit
        if own is not None and steps is not None:
            own._max_episode_steps = steps
