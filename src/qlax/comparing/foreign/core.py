"""What readers of other libraries' logs share."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from qlax.comparing.trace import EVALUATION, TRAINING, Line

STEPS = (
    "env_steps",
    "global_step",
    "total_steps",
    "time/total_timesteps",
    "total_timesteps",
    "timesteps",
    "timesteps_total",
    "num_env_steps_sampled_lifetime",
    "num_env_steps_sampled",
    "env_step",
    "num_steps",
    "steps",
    "step",
    "timestep",
    "frames",
    "frame",
    "iteration",
    "epoch",
)
"""What columns of environment steps are called, those that say most first."""
SECONDS = ("seconds", "time/time_elapsed", "time_total_s", "wall_time", "wall time", "elapsed")
UPDATES = ("updates", "train/n_updates", "gradient_steps", "update")
NAMES = {
    EVALUATION: (
        "eval_return",
        "eval/mean_reward",
        "eval/return",
        "eval/episodic_return",
        "eval/episode_return",
        "test/returns_stat/mean",
        "test/reward",
        "eval/averagereturns",
        "evaluation/episode_return_mean",
        "evaluation/env_runners/episode_return_mean",
        "ray/tune/evaluation/env_runners/episode_return_mean",
        "charts/eval_return",
        "eval_reward",
        "test_reward",
    ),
    TRAINING: (
        "episode_return",
        "charts/episodic_return",
        "rollout/ep_rew_mean",
        "train/returns_stat/mean",
        "train/reward",
        "train/returns",
        "train/return",
        "train/averagereturns",
        "ray/tune/env_runners/episode_return_mean",
        "env_runners/episode_return_mean",
        "ray/tune/episode_reward_mean",
        "episode_reward_mean",
        "episode_return_mean",
        "episodic_return",
        "returned_episode_returns",
        "mean_reward",
        "return",
        "returns",
        "reward",
        "score",
        "value",
    ),
    "loss": ("loss", "train/loss", "losses/td_loss", "losses/loss", "losses/qf_loss"),
    "q_value": ("q_value", "losses/q_values", "losses/qf_values", "train/q_value"),
    "epsilon": ("epsilon", "explore/epsilon", "rollout/exploration_rate", "charts/epsilon"),
}
"""What others call it, in small letters, by what qlax calls it."""


@dataclass(frozen=True)
class Columns:
    """Which columns, or tags, to read where the usual names do not say."""

    steps: str | None = None
    """The one with environment steps."""
    returns: str | None = None
    """The one with the returns, which then count as those of evaluations."""


@dataclass(frozen=True)
class Log:
    """What a file of another library holds."""

    lines: Mapping[str, Line]
    """What was logged."""
    env: str | None = None
    """The environment, if the file says so."""
    names: tuple[str, ...] = field(default=())
    """The columns or tags that were found, for messages."""


class NotALog(Exception):  # noqa: N818
    """A file is not what its name promises; the message is a sentence's end."""


def find(names: Mapping[str, str], wanted: tuple[str, ...]) -> str | None:
    """Return the first of the wanted names that there is, as it is written.

    Args:
        names: What there is, by the same in small letters.
        wanted: In small letters.
    """
    return next((names[name] for name in wanted if name in names), None)


def known_among(names: list[str], columns: Columns) -> dict[str, str]:
    """Return which columns hold what qlax logs too, by qlax's names for it."""
    lowered = {name.lower(): name for name in names}
    found = {kind: find(lowered, wanted) for kind, wanted in NAMES.items()}
    if columns.returns is not None:
        found |= {TRAINING: None, EVALUATION: columns.returns if columns.returns in names else None}
    return {kind: name for kind, name in found.items() if name is not None}
