"""What environments run on: a row here, and a file of the same name, for each backend."""

from qlax.envs.backends.core import Backend, Kind

__all__ = ["AUTO", "BACKENDS", "Backend", "Kind", "names"]

AUTO = "auto"
"""The choice of the first backend that has the environment."""

BACKENDS: tuple[Backend, ...] = (
    Backend(
        name="jax",
        kind=Kind.INSIDE,
        says="the environment's own functions, compiled with the agent into one program",
        has="classic control, FrozenLake, CliffWalking, Taxi, four worlds of bsuite, and every "
        "`Dynamics`",
    ),
    Backend(
        name="gymnax",
        kind=Kind.INSIDE,
        says="gymnax's environment, compiled with the agent into one program",
        has="MinAtar's games, and what gymnax alone has, by its own ids",
        package="gymnax",
    ),
    Backend(
        name="ale",
        kind=Kind.OUTSIDE,
        says="the Arcade Learning Environment, stepped by the compiled program",
        has="the ids of ale-py",
    ),
    Backend(
        name="envpool",
        kind=Kind.MEANWHILE,
        says="EnvPool, stepping in its own threads while the compiled program learns",
        has="the ids that begin with EnvPool/, on Linux",
    ),
    Backend(
        name="gymnasium",
        kind=Kind.HOST,
        says="Gymnasium, stepped on the host",
        has="every environment",
    ),
)
"""All of them, the first to be taken first. Every one is faithful to Gymnasium's environment."""


def names() -> tuple[str, ...]:
    """Return what a backend can be asked for as."""
    return (AUTO, *(backend.name for backend in BACKENDS))
