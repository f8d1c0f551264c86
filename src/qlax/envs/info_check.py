"""Whether an environment's steps come with what is to be kept of them."""

import time
from collections.abc import Sequence

import numpy as np

from qlax.envs.backends import Kind
from qlax.envs.closing import close
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.info import InfoMetric, InfoRecorder
from qlax.envs.select import Selected, select
from qlax.envs.source import Source
from qlax.errors import EnvironmentFailure, UsageError, shown

_STEPS, _SECONDS = 1_000, 3.0


def require_info(metrics: Sequence[InfoMetric], source: Source, selected: Selected) -> None:
    """Raise `UsageError` unless an environment can say what is asked for.

    An episode is played at random in another of its kind, up to some steps and seconds: what comes
    later may still be there.
    """
    if not metrics:
        return
    asked = metrics[0].name
    if selected.kind is not Kind.HOST or not isinstance(selected.env, GymnasiumEnv):
        onward = (
            "a Dynamics returns none: write what you need into its observation or reward"
            if source.dynamics is not None
            else "backend='gymnasium' steps Gymnasium's own, which may have one"
        )
        raise UsageError(
            f"metrics has {asked!r}, but {source.name} runs in a compiled program "
            f"({selected.backend}), where steps come without info: {onward}."
        )
    if source.is_lent:
        return
    try:
        recorder = _played(metrics, source)
    except (UsageError, EnvironmentFailure):  # there can be no second one: a warning comes later
        return
    for key, value in recorder.unfit.items():
        raise UsageError(
            f"metrics has 'info.{key}', which must be a number, but in {source.name} it is "
            f"{shown(value)}."
        )
    if recorder.missing and recorder.episodes:
        raise UsageError(
            f"metrics has 'info.{recorder.missing[0]}', but {source.name} has ended an episode "
            f"without it: {recorder.seen}."
        )


def _played(metrics: Sequence[InfoMetric], source: Source) -> InfoRecorder:
    """Return what was seen in an episode, or its beginning."""
    env = select(source, num_envs=1, backend="gymnasium").env
    assert isinstance(env, GymnasiumEnv)
    recorder = env.info = InfoRecorder(metrics, source.name)
    try:
        rng, until = np.random.default_rng(0), time.monotonic() + _SECONDS
        timestep = env.reset(0)
        for _ in range(_STEPS):
            legal = np.ones(env.spec.num_actions) if timestep.legal is None else timestep.legal[0]
            timestep = env.step(rng.choice(np.flatnonzero(legal), 1).astype(np.int32))
            if recorder.episodes or not recorder.missing or time.monotonic() > until:
                break
    finally:
        close(env)
    return recorder
