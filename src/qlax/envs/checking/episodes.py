"""What episodes that were played say of an environment."""

from typing import Any, NamedTuple

import jax
import numpy as np

from qlax.envs.checking.findings import Findings


class Episode(NamedTuple):
    """What was played: one observation more than there are actions."""

    actions: list[Any]
    observations: list[Any]
    rewards: list[float]
    terminated: bool
    truncated: bool


def compare(first: Episode, again: Episode, seed: int, findings: Findings) -> None:
    """Note the first difference between two episodes of one seed and the same actions."""
    one, other = (
        list(zip(played.observations, [0.0, *played.rewards], strict=True))
        for played in (first, again)
    )
    shorter = min(len(one), len(other))
    same = (alike(*both) for both in zip(one, other, strict=False))
    at = next((step for step, equal in enumerate(same) if not equal), shorter)
    if at < max(len(one), len(other)):
        findings.note(
            "seed",
            f"Two episodes of seed {seed} with the same actions differ from step {at} on, so runs "
            "cannot be repeated: draw everything from self.np_random, which "
            "super().reset(seed=seed) seeds.",
        )


def look_at_lengths(
    played: list[Episode], findings: Findings, steps: int, limit: int | None
) -> None:
    """Note episodes that do not end, or that all end as a time limit would end them."""
    endless = [episode for episode in played if not (episode.terminated or episode.truncated)]
    if endless and limit is None:
        findings.note(
            "endless",
            f"{len(endless)} of {len(played)} episodes did not end within {steps} steps, and there "
            "is no time limit: give the agent one, time_limit=…, or register max_episode_steps.",
        )
    lengths = {len(episode.actions) for episode in played}
    if len(played) > 1 and len(lengths) == 1 and all(episode.terminated for episode in played):
        findings.note(
            "same length",
            f"All {len(played)} episodes were terminated after exactly {lengths.pop()} steps: if "
            "that is a time limit, it must be truncated=True, or its end is learned as worth 0.",
        )


def copied(observation: Any) -> Any:
    """Return an observation with its arrays copied."""
    return jax.tree.map(np.array, observation)


def alike(one: Any, other: Any) -> bool:
    """Return whether two observations are the same, NaN being NaN."""
    leaves, others = jax.tree.leaves(one), jax.tree.leaves(other)
    return len(leaves) == len(others) and all(map(_equal, leaves, others))


def _equal(one: Any, other: Any) -> bool:
    first, second = np.asarray(one), np.asarray(other)
    return np.array_equal(first, second, equal_nan=first.dtype.kind in "fc")
