"""Gymnasium itself: every environment, stepped on the host."""

from qlax.envs.core import HostEnv
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.source import Source
from qlax.envs.vector import opened_vector
from qlax.spaces import EnvSpec


def opens(source: Source) -> bool:  # noqa: ARG001
    """Return True: it is what all others are held to."""
    return True


def opened(source: Source, num_envs: int, spec: EnvSpec) -> HostEnv:
    """Return N of it; in threads where its world's steps let other threads of Python run."""
    if source.vector is not None:
        limit = None if spec.time_limit == source.spec.time_limit else spec.time_limit
        env: HostEnv = opened_vector(source.vector, spec, limit, source.step_timeout)
        return env
    in_threads = source.world is not None and source.world.in_threads
    limit = None if spec.time_limit == source.spec.time_limit else spec.time_limit
    return GymnasiumEnv(
        source.maker(limit),
        num_envs,
        spec,
        in_threads=in_threads,
        step_timeout=source.step_timeout,
    )
