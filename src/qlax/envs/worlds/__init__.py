"""Families of environments, a file for each: which ids they have, and how they are seen."""

from qlax.envs.worlds.families import (
    ATARI,
    DOOM,
    ENVPOOL,
    GYMNAX,
    MARIO,
    MINATAR,
    MINIGRID,
    WORLDS,
    World,
    register,
    register_installed,
    world_named,
    world_of,
)

__all__ = [
    "ATARI",
    "DOOM",
    "ENVPOOL",
    "GYMNAX",
    "MARIO",
    "MINATAR",
    "MINIGRID",
    "WORLDS",
    "World",
    "register",
    "register_installed",
    "world_named",
    "world_of",
]
