"""What may be told when: the turns of `act` and `observe`."""

from typing import Any

import jax
import numpy as np

from qlax.agent import Agent
from qlax.envs.core import TimeStep
from qlax.errors import UsageError
from qlax.learner.reading import Shown
from qlax.spaces import EnvSpec


def for_steps(agent: Agent, steps: int | None) -> Agent:
    """Return the agent with its schedules as long as training.

    Raises:
        UsageError: if it has schedules that end with training, and nobody knows when that is.
    """
    if steps is not None:
        return agent.for_run(steps)
    if agent.for_run(1) != agent:
        raise UsageError(
            "The agent has schedules that end with training, so steps must be given: how many "
            "environment steps there will be in all, of all environments together."
        )
    return agent


def require_turn(
    has_begun: bool, is_over: bool, is_given: bool, is_waiting: bool, action: Any
) -> None:
    """Raise `UsageError` unless something may be observed now.

    Args:
        has_begun: Whether the first episode has begun.
        is_over: Whether the episode of a single environment has ended.
        is_given: Whether `act` gave an action since.
        is_waiting: Whether the legal actions of what was observed last are not known.
        action: The action that somebody else took, if there was one.
    """
    if not has_begun:
        raise UsageError("observe came before act: act(observation) begins the first episode.")
    if is_over and not is_given:
        raise UsageError(
            "The episode has ended: begin the next one by act(observation), with its first "
            "observation, before anything is observed."
        )
    if is_waiting:
        raise UsageError(
            "observe was called twice, and which actions were legal between is not known: give "
            "action_mask=… to observe, or call act in between."
        )
    if not is_given and action is None:
        raise UsageError(
            "observe was called twice: call act for the next action, or say which was taken, "
            "action=…."
        )


def require_reset(first: np.ndarray, paid: np.ndarray, done: np.ndarray) -> None:
    """Raise `UsageError` if a step that begins an episode is taken for one of its steps.

    Args:
        first: Which environments begin an episode, bool, [N].
        paid: The rewards, [N].
        done: Which episodes end, bool, [N].
    """
    wrong = first & ((paid != 0.0) | done)
    if len(first) > 1 and wrong.any():
        raise UsageError(
            f"The episode of environment {int(wrong.argmax())} ended in the step before, so this "
            "one begins its next: it must pay 0 and end nothing, and show the first observation, "
            "as with Gymnasium's AutoresetMode.NEXT_STEP."
        )


def require_same(seen: Shown, shown: TimeStep) -> None:
    """Raise `UsageError` if `act` is given another situation than was observed."""
    pairs = zip(jax.tree.leaves(seen.observation), jax.tree.leaves(shown.observation), strict=True)
    if not all(np.array_equal(one, other) for one, other in pairs):
        raise UsageError(
            "act was given another observation than observe was last: give the same one or none. "
            "If an episode has begun, tell observe that the one before it ended, terminated or "
            "truncated."
        )
    if seen.legal is None or shown.legal is None:
        return
    if not np.array_equal(seen.legal, shown.legal):
        raise UsageError("act was given another action mask than observe was: give the same one.")


def legal_in(
    spec: EnvSpec, seen: Shown | None, when: str, over: np.ndarray | None = None
) -> np.ndarray | None:
    """Return the mask, which must be there if the environment has masks.

    Args:
        spec: The environment.
        seen: What it shows.
        when: Where in an episode that is, for the message.
        over: Which episodes have ended, bool, [N]; None for none.
    """
    if not spec.has_mask:
        return None
    if seen is None or seen.legal is None:
        raise UsageError(
            f"{spec.id} has action masks, so act must be told which of its {spec.num_actions} "
            f"actions are legal where {when}: give action_mask=…."
        )
    require_an_action(seen.legal, np.zeros(len(seen.legal), bool) if over is None else over)
    return seen.legal


def require_an_action(legal: np.ndarray | None, over: np.ndarray) -> None:
    """Raise `UsageError` if a mask leaves no action where an episode goes on."""
    if legal is not None and not (legal.any(-1) | over).all():
        raise UsageError(
            "action_mask is all zeros, but the episode goes on: at least one action must be legal."
        )
