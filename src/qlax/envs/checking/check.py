"""Is an environment fit to be trained in? Everything that is wrong with it, in sentences."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium

from qlax.arguments import refuses_plainly
from qlax.envs.as_gymnasium import DynamicsAsGymnasium
from qlax.envs.checking.findings import Findings
from qlax.envs.checking.functions import check_functions
from qlax.envs.checking.play import check_play
from qlax.envs.core import Dynamics
from qlax.envs.description import EnvFactory, factory_of, warnings_kept_short
from qlax.envs.select import is_dynamics
from qlax.errors import UsageError, require
from qlax.wording import counted


@dataclass(frozen=True)
class CheckReport:
    """What a check found. A problem makes training fail or learn what is wrong; a note does not."""

    env: str
    """What was checked."""
    problems: tuple[str, ...]
    """What has to be mended, a sentence each."""
    notes: tuple[str, ...]
    """What may be as it is meant to be, and what to do if it is not."""
    episodes: int
    """How many episodes were played."""
    steps: int
    """How many steps they had."""

    @property
    def ok(self) -> bool:
        """Whether there are no problems."""
        return not self.problems

    def __str__(self) -> str:
        played = f"{counted(self.episodes, 'episode')}, {counted(self.steps, 'step')}"
        verdict = counted(len(self.problems), "problem") if self.problems else "fit to train in"
        lines = [f"{self.env}: {verdict} ({played})"]
        lines += [f"  problem: {sentence}" for sentence in self.problems]
        lines += [f"  note: {sentence}" for sentence in self.notes]
        return "\n".join(lines)

    __repr__ = __str__


@refuses_plainly
def check_env(
    env: str | EnvFactory | Dynamics, *, episodes: int = 3, seed: int = 0, steps: int = 1_000
) -> CheckReport:
    """Play episodes with random legal actions and report everything that is wrong.

    Args:
        env: Gymnasium's id, a function that makes a Gymnasium environment, or a `Dynamics`.
        episodes: How many to play, at least 1; the first is played twice, to compare.
        seed: Seed of the first episode and of the actions; the others have the numbers after it.
        steps: The most steps of one episode, at least 1.

    Raises:
        UsageError: if there is nothing to check: an unknown id, or no environment at all.
    """
    require(episodes >= 1, "episodes", episodes, "at least 1")
    require(steps >= 1, "steps", steps, "at least 1")
    findings = Findings()
    name, make, limit = _given(env, findings)
    if make is not None:
        with warnings_kept_short():
            check_play(make, findings, episodes=episodes, seed=seed, steps=steps, limit=limit)
    return CheckReport(
        env=name,
        problems=tuple(findings.problems.values()),
        notes=tuple(findings.notes.values()),
        episodes=findings.episodes,
        steps=findings.steps,
    )


def _given(env: Any, findings: Findings) -> tuple[str, Callable[[], Any] | None, int | None]:
    """Return a name, what makes the environment (None if that is no use), and its time limit."""
    if isinstance(env, str):
        return env, factory_of(env), None
    if isinstance(env, gymnasium.Env):
        raise UsageError(
            f"env is an environment, {type(env).__name__}, but must be a function that makes one: "
            "give its class, or lambda: MyEnv(…)."
        )
    if is_dynamics(env):
        check_functions(env, findings)
        fit = not findings.problems
        return env.spec.id, (lambda: DynamicsAsGymnasium(env)) if fit else None, env.spec.time_limit
    if not callable(env):
        raise UsageError(
            f"env is {env!r}, but must be Gymnasium's id, a function that makes an environment, "
            "or a Dynamics, whose spec is an EnvSpec."
        )
    return getattr(env, "__name__", type(env).__name__), env, None
