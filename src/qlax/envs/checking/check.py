"""Is an environment fit to be trained in? Everything that is wrong with it, in sentences."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qlax.arguments import refuses_plainly, whole_number
from qlax.envs.checking.findings import Findings
from qlax.envs.checking.functions import check_functions
from qlax.envs.checking.play import check_play
from qlax.envs.opening import EnvLike, source_of
from qlax.envs.source import Source
from qlax.precision import in_32_bits
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


def look_at(source: Source, findings: Findings, *, episodes: int, seed: int, steps: int) -> None:
    """Look at everything about an environment; arguments are those of `check_env`."""
    limit = None
    if source.dynamics is not None:
        limit = source.dynamics.spec.time_limit
        check_functions(source.dynamics, findings)
    if source.id is not None and source.dynamics is None:
        source.record  # noqa: B018  # an unknown id is refused before anything is checked
    if not findings.problems:
        make = source.make_as_it_is
        check_play(make, findings, episodes=episodes, seed=seed, steps=steps, limit=limit)


@refuses_plainly
@in_32_bits
def check_env(
    env: EnvLike,
    *,
    env_kwargs: Mapping[str, Any] | None = None,
    episodes: int = 3,
    seed: int = 0,
    steps: int = 1_000,
) -> CheckReport:
    """Play episodes with random legal actions and report everything that is wrong.

    Args:
        env: The environment, as in `train`.
        env_kwargs: Arguments to make it with, as in `train`.
        episodes: How many to play, at least 1; the first is played twice, to compare.
        seed: Seed of the first episode and of the actions; the others have the numbers after it.
        steps: The most steps of one episode, at least 1.

    Raises:
        UsageError: if there is nothing to check: an unknown id, or no environment at all.
    """
    episodes = whole_number("episodes", episodes, at_least=1)
    seed = whole_number("seed", seed)
    steps = whole_number("steps", steps, at_least=1)
    findings = Findings()
    with contextlib.closing(source_of(env, env_kwargs)) as source:
        look_at(source, findings, episodes=episodes, seed=seed, steps=steps)
    return CheckReport(
        env=source.name,
        problems=tuple(findings.problems.values()),
        notes=tuple(findings.notes.values()),
        episodes=findings.episodes,
        steps=findings.steps,
    )
