"""Policies of all agents for all kinds of observations, with parameters like learned ones."""

import dataclasses

import jax
import numpy as np

from qlax import UsageError, observations
from qlax.policy import Policy
from qlax.presets import AGENTS
from qlax.spaces import Box, Composite, Discrete, EnvSpec, zeros
from qlax.states import ActingParams

NUMBERS = Box((4,), "float32", (-1.0, -2.0, -np.inf, 0.0), (1.0, 2.0, np.inf, 3.0))
SPACES = {
    "vector": NUMBERS,
    "bounded": Box((3,), "float32", -1.0, 1.0),
    "image": Box((10, 10, 3), "uint8", 0, 255),
    "frames": Box((4, 12, 12), "uint8", 0, 255, frames=4),
    "states": Discrete(7, start=3),
    "dict": Composite((("near", NUMBERS), ("room", Discrete(5)), ("key", Discrete(2, start=1)))),
    "tuple": Composite((("0", Box((2, 2), "float32", 0.0, 1.0)), ("1", Box((2,), "int32", 0, 4)))),
}
"""Kinds of observations."""

SMALL = {"bins": (4,), "tiles": 3, "channels": (4,), "width": 1}


def spec_of(kind, *, masked=False):
    return EnvSpec(
        id=f"Test-{kind}", observation=SPACES[kind], num_actions=3, first_action=2, has_mask=masked
    )


def policy_of(agent, kind, *, masked=False):
    """Return a policy as an agent might have come to have it; None if it cannot see the kind."""
    spec = spec_of(kind, masked=masked)
    seen = zeros(spec.observation, (2,))
    try:
        params = agent.init_params(jax.random.key(0), spec, seen)
    except UsageError:
        return None
    stage = agent.observation.init(spec.observation)
    for seed in range(3):
        drawn = np.random.default_rng(seed)
        shown = jax.tree.map(
            lambda one, drawn=drawn: drawn.integers(0, 2, one.shape).astype(one.dtype), seen
        )
        stage = agent.observation.update(stage, shown, spec.observation)
    leaves, structure = jax.tree.flatten(params)
    drawn = np.random.default_rng(0)
    moved = [leaf + 0.2 * drawn.standard_normal(leaf.shape).astype(leaf.dtype) for leaf in leaves]
    return Policy(agent, spec, ActingParams(jax.tree.unflatten(structure, moved), stage))


def named(name, kind):
    """Return the agent of a name as it is for a kind of observations, and small."""
    agent = AGENTS[name]()
    network = agent.network
    if kind == "image" and "channels" not in vars(network):
        return agent
    changes = {
        field: size
        for field, size in SMALL.items()
        if field in vars(network) and not (field == "bins" and network.bins is None)
    }
    return dataclasses.replace(agent, network=dataclasses.replace(network, **changes))


def normalised(agent):
    """Return the agent with statistics of what it observes."""
    return dataclasses.replace(agent, observation=observations.Normalise())
