"""Environments that step by themselves do so while the agent learns."""

import dataclasses
import itertools

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import io_callback

from qlax import replay
from qlax.drivers import MeanwhileDriver
from qlax.pytree import Pytree
from tests.drivers.runs import advanced, agent, assert_equal, compiled, world

EVENTS = []


def noted(event, value):
    """Return a value as it is, and write down when a program came by."""

    def note(value):
        EVENTS.append(event)
        return value

    return io_callback(note, jax.ShapeDtypeStruct(value.shape, value.dtype), value)


class Away(Pytree):
    """Environments, and what was sent to them."""

    inner: object
    action: jax.Array


class Sent:
    """Environments of a program as an `AsyncEnv`: what is sent waits to be received."""

    def __init__(self, env):
        self.env, self.spec, self.num_envs = env, env.spec, env.num_envs

    def init(self, key):
        inner, timestep = self.env.init(key)
        return Away(inner, jnp.zeros(self.num_envs, jnp.int32)), timestep

    def send(self, state, action):
        return state.replace(action=noted("send", action))

    def receive(self, state):
        inner, timestep = self.env.step(state.inner, noted("receive", state.action))
        return state.replace(inner=inner), timestep

    def step(self, state, action):
        return self.receive(self.send(state, action))

    def reopened(self, key):
        return self.init(key)[0]

    def close(self):
        pass


@dataclasses.dataclass(frozen=True, kw_only=True)
class Watched(replay.Uniform):
    """Writes down when a batch is drawn, and when all has been learned from it."""

    def sample(self, state, key, discount, *, next_action):
        batch, state = super().sample(state, key, discount, next_action=next_action)
        return batch.replace(weight=noted("draw", batch.weight)), state

    def update_priorities(self, state, batch, error):
        error = noted("learned", error)
        return state.replace(count=jnp.where(error[0] > jnp.inf, 0, state.count))


def driver(**parts):
    made = agent(**parts)
    return MeanwhileDriver(made, Sent(world(made.num_envs)))


def test_the_agent_learns_between_sending_and_receiving():
    watched = driver(replay=Watched(capacity=60, batch_size=8))
    EVENTS.clear()
    jax.block_until_ready(advanced(watched, [30]))
    iterations = [
        list(events) for is_send, events in itertools.groupby(EVENTS, lambda event: event == "send")
    ]
    waits, phases = iterations[1::2], {("receive",), (*("draw", "learned") * 2, "receive")}
    assert {tuple(events) for events in iterations[::2]} == {("send",)}
    assert len(waits) == 30
    assert {tuple(events) for events in waits} == phases


def test_the_last_phase_of_learning_is_left_out():
    made = agent()
    plain, ours = advanced(compiled(made), [40]), advanced(driver(), [40])
    assert int(plain.agent.learner.updates) - int(ours.agent.learner.updates) == made.updates
    assert int(plain.agent.actor.clock.env_steps) == int(ours.agent.actor.clock.env_steps)


def test_many_stretches_are_one_bit_for_bit():
    made = driver()
    whole, parts = advanced(made, [40]), advanced(made, [1, 2, 7, 7, 30, 40])
    assert_equal(whole.replace(statistics=None), parts.replace(statistics=None))


def test_what_is_saved_goes_on():
    made = driver()
    state = advanced(made, [20])
    (saved,) = made.split(state)
    assert jax.tree.structure(saved) == jax.tree.structure(made.shape(0))
    after = made.advance(made.join([saved]), 20, 40)
    assert int(after.agent.actor.clock.env_steps) == 40 * 3
    assert np.isfinite(float(after.statistics.learning["loss"]))
