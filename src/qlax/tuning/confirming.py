"""Whether the best trials are better than the default: all trained again, on seeds none has seen.

The best of many trials is partly the luckiest. What it reached in the search says little of it.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from qlax.agent import Agent
from qlax.comparing import statistics
from qlax.comparing.verdict import Pair
from qlax.config import pasteable
from qlax.precision import in_32_bits
from qlax.runs.folder import read_json, write_json
from qlax.tuning.machine import Machine
from qlax.tuning.members import Halted
from qlax.tuning.plan import Plan
from qlax.tuning.searching import Clock, run_in_threads
from qlax.tuning.study import Told
from qlax.wording import counted

FILE = "confirmed.json"
FIRST_SEED = 10_000
"""The first fresh seed: none of the search is as large."""
DEFAULT = "default"


@dataclass(frozen=True)
class Confirmed:
    """An agent of the search on fresh seeds."""

    name: str
    """`default`, or `trial 17`."""
    number: int | None
    """The trial's number; None of the default."""
    agent: Agent
    """The agent."""
    scores: tuple[float, ...]
    """The mean return of each seed's finished policy; −∞ of one that diverged."""

    @property
    def value(self) -> float:
        """The interquartile mean over seeds."""
        return float(statistics.iqm(self.scores))

    def as_json(self) -> dict[str, Any]:
        """Return plain values; null for −∞."""
        scores = [score if np.isfinite(score) else None for score in self.scores]
        value = self.value if np.isfinite(self.value) else None
        return {"name": self.name, "iqm": value, "scores": scores}


class Verdict(NamedTuple):
    """What fresh seeds say."""

    sentence: str
    """It, in words."""
    beats_default: bool
    """Whether the best trial is better than the default for certain."""
    pairs: list[Pair]
    """Each trial beside the default."""


def confirm(
    plan: Plan,
    folder: Path,
    machine: Machine,
    best: Sequence[Told],
    *,
    seeds: int,
    clock: Clock,
    tell: Callable[[int, int], None],
) -> list[Confirmed]:
    """Train the default and some trials on fresh seeds; what was trained before is kept.

    Args:
        plan: The search.
        folder: Its folder.
        machine: What trains.
        best: The trials.
        seeds: How many fresh seeds.
        clock: When to stop.
        tell: Called with how many of how many seeds are done.

    Raises:
        Halted: if the clock says to stop before all are done.
    """
    agents = {DEFAULT: plan.search.agent}
    agents |= {f"trial {one.number}": plan.search.with_values(one.values) for one in best}
    known = _read(folder)
    fresh = range(FIRST_SEED, FIRST_SEED + seeds)
    texts = {name: pasteable(agent) for name, agent in agents.items()}
    tasks = [
        (name, block)
        for name in agents
        for block in _blocks(
            [seed for seed in fresh if str(seed) not in known.get(texts[name], {})], machine.block
        )
    ]
    total, lock = len(agents) * seeds, threading.Lock()
    done = total - sum(len(block) for _, block in tasks)

    @in_32_bits
    def work(stream: int) -> None:  # noqa: ARG001
        nonlocal done
        try:
            while not clock.is_over():
                with lock:
                    if not tasks:
                        return
                    name, block = tasks.pop(0)
                scores = _trained(plan, machine, agents[name], block, clock)
                with lock:
                    own = known.setdefault(texts[name], {})
                    own |= {
                        str(seed): value if np.isfinite(value) else None
                        for seed, value in zip(block, scores, strict=True)
                    }
                    write_json(folder / FILE, known)
                    done += len(block)
        except Halted:
            return
        except BaseException:
            clock.failed = True
            raise

    run_in_threads(machine.jobs, work, lambda: tell(done, total))
    if done < total:
        raise Halted
    return [
        Confirmed(
            name,
            None if name == DEFAULT else int(name.split()[1]),
            agent,
            tuple(_finite(known[texts[name]][str(seed)]) for seed in fresh),
        )
        for name, agent in agents.items()
    ]


def _trained(
    plan: Plan, machine: Machine, agent: Agent, seeds: Sequence[int], clock: Clock
) -> list[float]:
    """Return the score of the finished policy of each seed."""
    ((_, members),) = machine.members([agent], seeds, clock.is_over)
    try:
        members.advance(plan.rungs_of(agent)[-1])
        found: list[float] = members.scores(machine.final_episodes)[0].tolist()
    finally:
        members.close()
    return found


def verdict_of(confirmed: Sequence[Confirmed]) -> Verdict:
    """Return what fresh seeds say of the trials beside the default, which comes first."""
    default, *others = confirmed
    if not others:
        return Verdict("No trial ended, so there is nothing to compare.", False, [])
    pairs = _pairs(default, others)
    at = max(range(len(others)), key=lambda index: others[index].value)
    best, pair = others[at], pairs[at]
    seeds = counted(len(default.scores), "fresh seed")
    middles = f"interquartile mean {best.value:.1f} against {default.value:.1f}"
    odds = f"probability of improvement {pair.probability:.2f}"
    if not np.isnan(pair.interval.low):
        odds += f", 95 % interval {pair.interval.low:.2f} to {pair.interval.high:.2f}"
    trial = best.name.capitalize()
    if pair.is_certain and pair.probability > 0.5 and best.value > default.value:
        sentence = f"{trial} beats the default on {seeds}: {middles}; {odds}."
        return Verdict(sentence, True, pairs)
    if best.value <= default.value:
        what = "None of the trials beats the default" if len(others) > 1 else f"{trial} does not"
        what += "" if len(others) > 1 else " beat the default"
        return Verdict(f"{what} on {seeds}: {middles}. Keep the default.", False, pairs)
    needed = pair.seeds_needed
    more = f"; about {needed:.0f} seeds of each would" if needed <= 1000 else ""
    sentence = (
        f"{trial} has more than the default on {seeds}, {middles}, but they cannot tell the two "
        f"apart: {odds}{more}."
    )
    return Verdict(sentence, False, pairs)


def _pairs(default: Confirmed, others: Sequence[Confirmed]) -> list[Pair]:
    """Return each trial beside the default, with p-values adjusted for their number."""
    y = _column(default)
    tests = [statistics.permutation_test(_column(one), y) for one in others]
    return [
        Pair(
            one.name,
            default.name,
            (len(one.scores), len(default.scores)),
            float(statistics.probability_of_improvement(_column(one), y)),
            statistics.improvement_interval(_column(one), y),
            float(adjusted),
            alone,
        )
        for one, adjusted, alone in zip(others, statistics.holm(tests), tests, strict=True)
    ]


def _column(one: Confirmed) -> np.ndarray:
    return np.asarray(one.scores, np.float64)[:, None]


def _blocks(seeds: list[int], width: int) -> list[list[int]]:
    return [seeds[at : at + width] for at in range(0, len(seeds), width)]


def _finite(value: Any) -> float:
    return float("-inf") if value is None else float(value)


def _read(folder: Path) -> dict[str, dict[str, Any]]:
    if not (folder / FILE).exists():
        return {}
    found: dict[str, dict[str, Any]] = read_json(folder / FILE)
    return found
