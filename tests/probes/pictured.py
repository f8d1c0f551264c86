"""Probes that show pictures of their states."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from qlax.drivers import CompiledDriver
from qlax.envs.vectorised import Vectorised
from qlax.spaces import Box
from tests.probes import mdp


class Pictured(mdp.Probe):
    """A process that shows a picture of its state: one pixel is lit."""

    def __init__(self, process, rows=None, columns=3):
        super().__init__(process)
        picture = Box((rows or len(process.start), columns, 1), "uint8", 0.0, 255.0)
        self.spec = dataclasses.replace(self.spec, observation=picture)

    def shown(self, state):
        picture = jnp.zeros(self.spec.observation.shape, jnp.uint8)
        return picture.at[state, state % 3, 0].set(255)

    def reset(self, key):
        state, _ = super().reset(key)
        return state, self.shown(state)

    def step(self, state, action, key):
        moved = super().step(state, action, key)
        return moved._replace(observation=self.shown(moved.state))


def learned_from_pictures(agent, dynamics, iterations):
    """Train, and return the action values of all states, [S, A], as an episode begins."""
    env = Vectorised(dynamics, agent.num_envs)
    driver = CompiledDriver(agent, env)
    state = driver.advance(driver.init([0]), 0, iterations)
    states = jnp.arange(len(dynamics.mdp.start))
    memory = None if agent.memory is None else agent.memory.init(len(states))
    first = jnp.ones(len(states), bool)
    pictures = jax.vmap(dynamics.shown)(states)
    params = agent.policy_params(state.agent.learner)
    return np.asarray(agent.values(params, env.spec, pictures, memory, first)[0])
