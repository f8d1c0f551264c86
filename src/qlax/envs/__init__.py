"""Worlds: compiled ones that live inside the program, and any Gymnasium environment beside it."""

from qlax.envs.core import CompiledEnv, Dynamics, HostEnv, TimeStep, Transition

__all__ = ["CompiledEnv", "Dynamics", "HostEnv", "TimeStep", "Transition"]
