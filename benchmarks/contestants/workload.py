"""The work that every contestant does, and how its speed is taken.

One DQN update of batch 128 for every step of one CartPole-v1, relu MLP 64×64, Adam, replay of
50,000, learning from step 1,000, target network copied every 500 steps, no double Q-learning,
ε constant. Nothing but the standard library is imported here: it runs in every interpreter.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from typing import NamedTuple

ENV = "CartPole-v1"
HIDDEN = (64, 64)
CAPACITY = 50_000
BATCH_SIZE = 128
LEARNING_STARTS = 1_000
TARGET_PERIOD = 500
LEARNING_RATE = 1e-3
EPSILON = 0.05
DISCOUNT = 0.99
# Of the agents that learn the law of returns.
ATOMS = 51
HIGHEST = 100.0
LEVELS = 16
COSINES = 64


class Progress(NamedTuple):
    """How far a contestant has come."""

    steps: int
    updates: int


class Mark(NamedTuple):
    """How far it had come at some time."""

    steps: int
    updates: int
    seconds: float
    cpu_seconds: float

    @classmethod
    def now(cls, progress: Progress) -> "Mark":
        """Return progress with the time."""
        return cls(*progress, time.perf_counter(), time.process_time())

    @classmethod
    def of_children(cls, progress: Progress) -> "Mark":
        """Return progress with the time, the processor's being that of finished subprocesses."""
        times = os.times()
        return cls(*progress, time.perf_counter(), times.children_user + times.children_system)

    def since(self, before: "Mark") -> "Mark":
        """Return the progress and time from another mark to this one."""
        return Mark(*(now - then for now, then in zip(self, before, strict=True)))


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that every contestant has."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--seconds", type=float, default=5.0, help="least length of the window")
    made.add_argument("--warm-up", type=int, default=3_000, help="steps before the window")
    made.add_argument("--seed", type=int, default=0)
    return made


def measure(advance: Callable[[], Progress], warm_up: int, seconds: float) -> dict[str, float]:
    """Advance past the warm-up, then for the length of the window; return the speed in it."""
    before = Mark.now(advance())
    while before.steps < warm_up:
        before = Mark.now(advance())
    while True:
        after = Mark.now(advance())
        if after.seconds - before.seconds >= seconds:
            return speed(before, after)


def speed(before: Mark, after: Mark) -> dict[str, float]:
    """Return the speed between two marks.

    Updates a step are proof that the work was done; the share of a core that the process had is
    less than 1 if something else ran there.
    """
    steps, seconds = after.steps - before.steps, after.seconds - before.seconds
    return {
        "steps_per_second": steps / seconds,
        "updates_per_step": (after.updates - before.updates) / steps,
        "window_seconds": seconds,
        "core_share": (after.cpu_seconds - before.cpu_seconds) / seconds,
    }


def report(figures: dict[str, float], compile_seconds: float) -> None:
    """Print the figures as the last line, in JSON."""
    print(json.dumps({**figures, "compile_seconds": compile_seconds}))
