"""What the learner was paid for an episode: what its values are predictions of."""

from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from qlax.agent import Agent
from qlax.bootstraps import Boltzmann, ExpectedSarsa, Munchausen, Sarsa
from qlax.explaining.core import LeftOut, Subject
from qlax.explaining.playing import UNSEEN, Episode
from qlax.rewards import Multiplied, Novelty, Paid, Reward, ScaledByReturns, Unchanged, Unlearned
from qlax.runs import checkpoint

_MOMENTS = "learner/reward/moments"


class Payment(NamedTuple):
    """How the environment's rewards become those that are learned from."""

    stage: Reward
    """What changes them, but for its scale."""
    factor: float
    """What they are multiplied by: values are divided by it, to be in the environment's units."""
    says: str
    """What was done to the rewards before they are summed up, as a phrase; empty for nothing."""


def payment_of(subject: Subject) -> Payment:
    """Return how an agent's learner is paid.

    Raises:
        LeftOut: if that cannot be told from what is there.
    """
    stage = subject.policy.agent.reward
    if isinstance(stage, Novelty):
        stage = stage.reward
    if isinstance(stage, ScaledByReturns):
        return Payment(_plain(stage.reward), _scale(subject, stage), _named(stage.reward))
    if isinstance(stage, Multiplied):
        return Payment(Unchanged(), stage.factor, "")
    return Payment(_plain(stage), 1.0, _named(stage))


def observed(payment: Payment, agent: Agent, episode: Episode) -> np.ndarray:
    """Return Σ_k γᵏ r_{t+k} from every step of an episode on, float64, [T].

    They are in the environment's units; r is what the learner is paid, the scale aside.
    """
    steps = len(episode)
    done = np.arange(steps) == (steps - 1 if episode.terminated else steps)
    paid = Paid(
        reward=jnp.asarray(episode.reward),
        done=jnp.asarray(done),
        valid=jnp.ones(steps, bool),
        observation=episode.observation,
        discount=jnp.float32(agent.discount),
    )
    rewards, _ = payment.stage((), paid)
    total, totals = 0.0, np.zeros(steps)
    for step, reward in reversed(list(enumerate(np.asarray(rewards, np.float64)))):
        total = float(reward) + agent.discount * total
        totals[step] = total
    return totals


def is_known(agent: Agent, episode: Episode) -> np.ndarray:
    """Return from which steps on the return is known, bool, [T].

    From all, if the episode ended by itself. Otherwise, what was still to come must weigh little:
    γᵏ is at most 0.05 where the episode was left. Steps beyond the time limit never count.
    """
    steps = np.arange(len(episode))
    if episode.terminated:
        return np.asarray(steps < episode.within)
    weight = agent.discount ** (len(episode) - steps)
    return np.asarray((weight <= UNSEEN) & (steps < episode.within))


def remarks_on(agent: Agent) -> str:
    """Return what else values of this agent hold than returns of greedy play, in sentences."""
    found = []
    if isinstance(agent.bootstrap, Munchausen):
        found.append(
            "Its values also hold Munchausen's bonus for likely actions, which no environment pays."
        )
    elif isinstance(agent.bootstrap, Boltzmann | ExpectedSarsa | Sarsa):
        found.append(
            "Its values are those of a player that explores; it is greedy play that is observed."
        )
    if isinstance(agent.reward, Novelty):
        found.append(
            "Its values also hold the bonus for what is new, which is left out of what is observed."
        )
    return "".join(f" {sentence}" for sentence in found)


def _plain(stage: Reward) -> Reward:
    """Return a stage that needs to know nothing, or refuse."""
    if isinstance(stage, Unlearned):
        return stage
    raise LeftOut(
        f"What {type(stage).__name__} makes of rewards depends on what it saw in training, so "
        "predicted and observed returns are not on the same scale."
    )


def _named(stage: Reward) -> str:
    return "" if isinstance(stage, Unchanged) else f"changed by {type(stage).__name__}"


def _scale(subject: Subject, stage: ScaledByReturns) -> float:
    """Return what rewards were multiplied by last, which the newest checkpoint knows."""
    folder: Path | None = None if subject.run is None else subject.run.folder
    kept = [] if folder is None else checkpoint.checkpoints(folder)
    if kept:
        try:
            with np.load(kept[-1] / "state.npz", allow_pickle=False) as archive:
                (head,) = {
                    name.partition(_MOMENTS)[0] for name in archive.files if _MOMENTS in name
                }
                squares = float(archive[f"{head}{_MOMENTS}/squares"])
                count = float(archive[f"{head}{_MOMENTS}/count"])
            if count > 1.0:
                return float(1.0 / np.sqrt(squares / count + stage.epsilon))
        except (OSError, ValueError, KeyError):
            pass
    raise LeftOut(
        "Rewards were divided by the spread of returns while training, and how large that was "
        "stands only in a checkpoint, of which there is none."
    )
