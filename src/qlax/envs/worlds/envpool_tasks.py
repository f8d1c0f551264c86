"""What EnvPool has: the ids of its tasks, how they are played, and one of them in Gymnasium's form.

The id of a task is `EnvPool/` and EnvPool's own name, with hyphens for slashes: Gymnasium's ids
have one slash. Atari games are seen as `atari.py` says, but for what EnvPool does its own way:
before a game's first picture stand copies of it, not black ones, and actions never stick.
"""

import dataclasses
import functools
from typing import Any

import gymnasium
import numpy as np

from qlax.envs.worlds import atari
from qlax.errors import UsageError
from qlax.silence import warnings_ignored

PREFIX = "EnvPool/"
_MOST_STEPS = 2**31 - 1


def register() -> None:
    """Make all tasks known to Gymnasium; whether qlax can take one shows when it is made."""
    for task, (_, _, options) in _registry().items():
        name = PREFIX + task.replace("/", "-")
        if name not in gymnasium.registry:
            gymnasium.register(
                id=name,
                entry_point="qlax.envs.worlds.envpool_tasks:PooledEnv",
                kwargs={"task": task},
                max_episode_steps=options.get("max_episode_steps"),
                reward_threshold=options.get("reward_threshold"),
            )


def preprocessed(record: Any, time_limit: int | None) -> gymnasium.Env:
    """Return the task that a record of Gymnasium's registry names; EnvPool limits its episodes.

    Raises:
        UsageError: if it does not keep to another limit, or if qlax cannot take the task.
    """
    task = record.kwargs["task"]
    if time_limit is not None and not _can_be_limited(task):
        raise UsageError(
            f"The time limit of {record.id} is {time_limit}, but EnvPool cannot change where its "
            "episodes end: leave it at None."
        )
    made = PooledEnv(task, time_limit, record.kwargs.get("render_mode"))
    made.spec = dataclasses.replace(record, max_episode_steps=made.time_limit)
    return made


def is_atari(task: str) -> bool:
    """Return whether there is such a task, and it is an Atari game."""
    known = _registry().get(task)
    return known is not None and known[0] == "envpool.atari"


def pool_of(task: str, time_limit: int | None, **options: Any) -> Any:
    """Return a pool of environments in Gymnasium's form, none of which has begun.

    Args:
        task: EnvPool's name of them.
        time_limit: Steps after which it truncates an episode; None for its own limit.
        **options: What `envpool.make` is to be told besides.

    Raises:
        UsageError: if qlax cannot take the task.
    """
    import envpool

    if time_limit is not None:
        options["max_episode_steps"] = time_limit
    if is_atari(task):
        options |= {
            "img_height": atari.SIZE,
            "img_width": atari.SIZE,
            "stack_num": atari.STACK,
            "frame_skip": atari.FRAME_SKIP,
            "noop_max": atari.MOST_NOOPS,
            "use_fire_reset": False,
            "episodic_life": False,
            "reward_clip": False,
        }
    with warnings_ignored():  # Gymnasium's, of the limits that EnvPool gives its spaces
        pool = envpool.make_gymnasium(task, **options)
        pool.observation_space, pool.action_space  # noqa: B018  # made here, and then kept
    players = pool.config["max_num_players"]
    if players > 1:
        raise UsageError(f"{PREFIX}{task} is a game of {players} players, but qlax plays alone.")
    return pool


class PooledEnv(gymnasium.Env):
    """A pool of one environment, as Gymnasium has it: reset and step take and return no batches."""

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012

    def __init__(
        self, task: str, time_limit: int | None = None, render_mode: str | None = None
    ) -> None:
        self.task, self.render_mode = task, render_mode
        options = {} if render_mode is None else {"render_mode": render_mode}
        self._make = functools.partial(pool_of, task, time_limit, num_threads=1, **options)
        self._pool = self._make()
        self.observation_space = self._pool.observation_space
        self.action_space = self._pool.action_space
        if is_atari(task):
            # Named as in Gymnasium's FrameStackObservation.
            self.stack_size, self.padding_type = atari.STACK, "reset"

    @property
    def time_limit(self) -> int | None:
        """Steps after which the pool truncates an episode, or None."""
        steps = self._pool.config["max_episode_steps"]
        return int(steps) if 0 < steps < _MOST_STEPS else None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; a pool takes its seed when it is made, and so is made anew for one."""
        super().reset(seed=seed, options=options)
        if seed is not None:
            self._pool = self._make(seed=seed % _MOST_STEPS)
        observation, _ = self._pool.reset()
        return _only(observation), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take one step."""
        actions = np.full(1, action, np.int32)
        observation, reward, terminated, truncated, _ = self._pool.step(actions)
        return _only(observation), float(reward[0]), bool(terminated[0]), bool(truncated[0]), {}

    def render(self) -> Any:
        """Return the picture."""
        return self._pool.render()[0]


@functools.cache
def _can_be_limited(task: str) -> bool:
    """Return whether a task keeps to a limit on its episodes, which some of EnvPool's do not.

    Seen in two steps, and again if an episode ended before; one that always does needs no limit.
    """
    steps = 2
    pool = pool_of(task, time_limit=steps, num_threads=1)
    for _ in range(20):
        pool.reset()
        for _ in range(steps):
            *_, terminated, truncated, _ = pool.step(np.zeros(1, np.int32))
            if terminated[0] or truncated[0]:
                break
        else:
            return False
        if truncated[0]:
            return True
    return True


def _only(observation: Any) -> Any:
    """Return the observation of a pool's only environment."""
    if isinstance(observation, dict):
        return {name: _only(inner) for name, inner in observation.items()}
    return np.array(observation[0])


def _registry() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Return where EnvPool has each task, the name of its specification, and its options."""
    import envpool.entry  # noqa: F401
    from envpool.registration import registry

    specs: dict[str, tuple[str, str, dict[str, Any]]] = registry.specs
    return specs
