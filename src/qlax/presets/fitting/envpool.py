"""EnvPool: its Atari games are Atari games; of its other tasks we tried none."""

from qlax.envs import worlds
from qlax.envs.worlds.envpool_tasks import PREFIX, is_atari
from qlax.presets.fitting import atari
from qlax.presets.fitting.settings import Asked


def settings_of(env: str) -> Asked:
    """Return what a task asks for."""
    known = worlds.ENVPOOL.is_installed and is_atari(env.removeprefix(PREFIX))
    return atari.settings_of(env) if known else Asked()
