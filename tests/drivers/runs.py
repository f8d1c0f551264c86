"""Small runs for the tests of the drivers."""

import functools

import jax
import numpy as np

from qlax import Agent, explorers, networks, optimizers, replay, targets
from qlax.drivers import CompiledDriver, HostDriver
from qlax.envs.as_host import CompiledAsHost
from qlax.envs.vectorised import Vectorised
from tests.probes import mdp


def world(num_envs):
    """Return environments that end in both ways and begin anywhere."""
    return Vectorised(mdp.Probe(mdp.slippery_corridor(4)._replace(time_limit=5)), num_envs)


def agent(num_envs=3, **parts):
    """Return an agent that uses random numbers everywhere it can."""
    return Agent(
        **{
            "network": networks.MLP(hidden=(8,)),
            "explorer": explorers.EpsilonGreedy(
                epsilon=0.5, duration=explorers.Uniform(low=1, high=3)
            ),
            "replay": replay.Uniform(capacity=60, batch_size=8, n_step=2),
            "target": targets.Polyak(tau=0.1),
            "optimizer": optimizers.Adam(learning_rate=0.01),
            "num_envs": num_envs,
            "learning_starts": 12,
            "update_every": 2,
            "updates": 2,
            **parts,
        }
    )


@functools.cache
def compiled(agent, side_by_side=False):
    """Return a compiled driver; the same one for the same agent, to be compiled once."""
    return CompiledDriver(agent, world(agent.num_envs), side_by_side=side_by_side)


@functools.cache
def hosted(agent):
    """Return a driver of the same environments on the host, likewise."""
    return HostDriver(agent, CompiledAsHost(world(agent.num_envs)))


def advanced(driver, stops, seeds=(0,)):
    """Return the state after stretches that end at the given iterations."""
    state, start = driver.init(seeds), 0
    for stop in stops:
        state, start = driver.advance(state, start, stop), stop
    return state


def on_host(tree):
    """Return a tree with its random keys as numbers."""

    def plain(leaf):
        is_key = jax.numpy.issubdtype(leaf.dtype, jax.dtypes.prng_key)
        return np.asarray(jax.random.key_data(leaf) if is_key else leaf)

    return jax.tree.map(plain, tree)


def assert_equal(ours, theirs, **tolerance):
    """Compare two states, bit for bit unless a tolerance is given."""
    ours, theirs = on_host(ours), on_host(theirs)
    assert jax.tree.structure(ours) == jax.tree.structure(theirs)
    compare = np.testing.assert_allclose if tolerance else np.testing.assert_array_equal
    jax.tree.map(lambda a, b: compare(a, b, **tolerance), ours, theirs)
