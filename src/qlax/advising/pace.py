"""How fast an agent trains in an environment here: it is trained for a moment."""

import time
from typing import NamedTuple

import jax

from qlax.compilation import keep_compiled_programs
from qlax.drivers import Driver, driver_for
from qlax.drivers.core import LoopState
from qlax.envs.closing import close
from qlax.envs.select import Selected, select
from qlax.envs.source import Source
from qlax.errors import UsageError
from qlax.presets import Preset
from qlax.runs.ram import Forecast, forecast

_SECONDS = 1.5
"""How long a measured stretch has to take."""
_WARM = 1_000
"""Steps before the first update that are waited for: with more, updates begin sooner than they
would."""


class Speed(NamedTuple):
    """What training takes on this machine."""

    backend: str
    """What runs the environment."""
    steps_per_second: float
    """Environment steps, with the updates that are due."""
    compile_seconds: float
    """How long compiling took, or loading what was compiled before."""
    steps: int
    """Steps of the whole training."""

    @property
    def train_seconds(self) -> float:
        """How long the whole training takes, evaluations not counted."""
        return self.compile_seconds + self.steps / self.steps_per_second


def measured(
    source: Source, preset: Preset, *, with_speed: bool
) -> tuple[Forecast, str, Speed | None]:
    """Return the memory that training needs, what runs it, and how fast it is.

    Args:
        source: The environment.
        preset: What is trained, and for how long.
        with_speed: Whether to train for a moment, which takes compiling.

    Raises:
        UsageError: if the agent cannot be trained in the environment.
        EnvironmentFailure: if the environment fails.
    """
    agent = preset.agent
    selected = select(source, num_envs=agent.num_envs, time_limit=agent.time_limit)
    try:
        driver = driver_for(selected.kind, agent.for_run(preset.steps), selected.env)
        needed = forecast(driver.shape(0), 1)
        speed = None
        if with_speed and needed.fits:
            keep_compiled_programs()
            speed = _trained(selected, _soon(preset), preset.steps)
        return needed, selected.backend, speed
    finally:
        if not selected.is_pure:
            close(selected.env)


def _soon(preset: Preset) -> Preset:
    """Return the preset with an agent that begins to learn soon."""
    agent = preset.agent
    try:
        sooner = agent.replace(learning_starts=min(agent.learning_starts, _WARM))
    except UsageError:
        return preset
    return preset._replace(agent=sooner)


def _trained(selected: Selected, preset: Preset, steps: int) -> Speed:
    agent = preset.agent.for_run(preset.steps)
    driver = driver_for(selected.kind, agent, selected.env)
    began = time.perf_counter()
    state = driver.init([0])
    driver.compile(state)
    jax.block_until_ready(jax.tree.leaves(state.statistics))
    compiled = time.perf_counter() - began
    done = -(-agent.learning_starts // agent.num_envs) + agent.update_every
    state = _advanced(driver, state, 0, done)
    length = 2 * agent.update_every
    while True:
        began = time.perf_counter()
        state = _advanced(driver, state, done, done + length)
        seconds = time.perf_counter() - began
        done += length
        if seconds >= _SECONDS:
            return Speed(selected.backend, length * agent.num_envs / seconds, compiled, steps)
        length = max(length + 1, int(length * min(4.0, 1.2 * _SECONDS / max(seconds, 1e-9))))


def _advanced(driver: Driver, state: LoopState, start: int, stop: int) -> LoopState:
    state = driver.advance(state, start, stop)
    jax.block_until_ready(jax.tree.leaves(state.statistics))
    return state
