"""A check of speed, of a few seconds, beside what machines that we measured reach.

The work is that of `benchmarks/speed.py`: one CartPole, and after each step an update of a DQN of
64 × 64 units with a batch of 128, all of it one program.
"""

import time
from typing import NamedTuple

import jax

from qlax.agent import Agent
from qlax.bootstraps import Greedy
from qlax.drivers import CompiledDriver, LoopState
from qlax.envs.select import select
from qlax.explorers import EpsilonGreedy
from qlax.networks import MLP
from qlax.observations import Raw
from qlax.optimizers import Adam
from qlax.replay import Uniform
from qlax.targets import Periodic

_ENV = "CartPole-v1"
_WARM = 1_000
_SECONDS = 2.0
TOLERANCE = 0.5
"""Share of the reference below which a machine of that kind is slower than it should be."""


class Reference(NamedTuple):
    """What a kind of machine reached."""

    kind: str
    """What it was, in words."""
    processor: str
    """How such a processor's name begins."""
    steps_per_second: float
    """With nothing else running."""


REFERENCES = (
    Reference("a virtual server, AMD EPYC, one core", "AMD EPYC", 12_200.0),
    Reference("a virtual server, Intel Xeon, two cores", "Intel(R) Xeon(R)", 7_200.0),
)
"""Kinds of machine that were measured: `benchmarks/results/speed.json` and `doctor.json`."""


class Pace(NamedTuple):
    """What this machine reached."""

    steps_per_second: float
    compile_seconds: float
    reference: Reference | None
    """What one of its kind reached; None where we measured none, as on any accelerator."""

    @property
    def share(self) -> float | None:
        """What it reached of the reference."""
        if self.reference is None:
            return None
        return self.steps_per_second / self.reference.steps_per_second

    @property
    def is_slow(self) -> bool:
        """Whether it is slower than its kind should be."""
        return self.share is not None and self.share < TOLERANCE


def reference_for(processor: str, platform: str) -> Reference | None:
    """Return what a machine of this processor should reach, if one like it was measured.

    Args:
        processor: Its name, as the system has it.
        platform: What JAX computes on: `cpu`, `gpu` or `tpu`.
    """
    if platform != "cpu":
        return None
    return next((one for one in REFERENCES if processor.startswith(one.processor)), None)


def pace(processor: str) -> Pace:
    """Return how fast this machine does the work, in about five seconds.

    Args:
        processor: Its name.
    """
    agent = Agent(
        network=MLP(hidden=(64, 64)),
        bootstrap=Greedy(),
        explorer=EpsilonGreedy(epsilon=0.05),
        replay=Uniform(capacity=50_000, batch_size=128),
        target=Periodic(period=500),
        optimizer=Adam(learning_rate=1e-3),
        observation=Raw(),
        learning_starts=_WARM,
    )
    driver = CompiledDriver(agent, select(_ENV, num_envs=1).env)  # type: ignore[arg-type]
    began = time.perf_counter()
    state = driver.init([0])
    driver.compile(state)
    compiled = time.perf_counter() - began
    state, done, length = _advanced(driver, state, 0, _WARM), _WARM, 500
    while True:
        began = time.perf_counter()
        state = _advanced(driver, state, done, done + length)
        seconds = time.perf_counter() - began
        if seconds >= _SECONDS / 2:
            platform = jax.devices()[0].platform
            return Pace(length / seconds, compiled, reference_for(processor, platform))
        done += length
        length = max(length + 1, int(length * min(8.0, _SECONDS / max(seconds, 1e-9))))


def _advanced(driver: CompiledDriver, state: LoopState, start: int, stop: int) -> LoopState:
    after = driver.advance(state, start, stop)
    jax.block_until_ready(jax.tree.leaves(after.statistics))
    return after
