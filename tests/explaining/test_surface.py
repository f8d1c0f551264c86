"""Values over two numbers observed."""

import json

import jax
import numpy as np
import pytest

import qlax
from qlax import heads, memories, networks, observations, replay
from qlax.errors import UsageError
from qlax.explaining import value_surface
from qlax.policy import Policy
from qlax.spaces import Box, Discrete, EnvSpec
from qlax.states import ActingParams

PLANE = Box((2,), "float32", (-1.2, -0.07), (0.6, 0.07))


def policy_of(space=PLANE, agent=None, *, stage=None, **spec):
    """Return an untrained policy for a space."""
    agent = agent or qlax.Agent(network=networks.MLP(hidden=(8,)))
    described = EnvSpec(id="Somewhere-v0", observation=space, num_actions=3, **spec)
    empty = np.zeros((1, *space.shape), space.dtype)
    params = agent.init_params(jax.random.key(0), described, empty)
    stage = agent.observation.init(space) if stage is None else stage
    return Policy(agent, described, ActingParams(params, stage))


@pytest.mark.parametrize("head", [heads.Scalar(), heads.C51(), heads.IQN()])
def test_the_surface_is_what_the_policy_says_at_every_point(head):
    policy = policy_of(agent=qlax.Agent(network=networks.MLP(hidden=(8,)), head=head))
    surface = value_surface(policy, size=70)  # more points than are looked at together
    points = np.stack(np.meshgrid(surface.x, surface.y), -1)
    expected = policy.q_values(points.reshape(-1, 2)).reshape(70, 70, 3)
    np.testing.assert_allclose(surface.q_values, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(surface.values, surface.q_values.max(-1))
    np.testing.assert_array_equal(surface.actions, surface.q_values.argmax(-1))
    assert (surface.x[0], surface.x[-1]) == (np.float32(-1.2), np.float32(0.6))
    assert (surface.y[0], surface.y[-1]) == (np.float32(-0.07), np.float32(0.07))


def test_it_is_small_and_plain_as_json():
    shown = json.loads(json.dumps(value_surface(policy_of(), size=4).as_json()))
    assert np.shape(shown["values"]) == np.shape(shown["actions"]) == (4, 4)
    assert shown["names"] == ["number 0", "number 1"]
    assert len(shown["x"]) == len(set(shown["x"])) == 4


def test_without_limits_it_is_where_training_was():
    space = Box((2,), "float32", -np.inf, np.inf)
    assert value_surface(policy_of(space)) is None
    agent = qlax.Agent(network=networks.MLP(hidden=(8,)), observation=observations.Normalise())
    assert value_surface(policy_of(space, agent)) is None  # nothing was seen
    seen = np.asarray([[1.0, -5.0], [3.0, 5.0]], np.float32)
    stage = agent.observation.update(agent.observation.init(space), seen, space)
    surface = value_surface(policy_of(space, agent, stage=stage), size=3)
    np.testing.assert_allclose(surface.x, [-1.0, 2.0, 5.0], atol=1e-5)
    np.testing.assert_allclose(surface.y, [-15.0, 0.0, 15.0], atol=1e-5)


def test_what_cannot_be_laid_out_has_none():
    assert value_surface(policy_of(Discrete(4))) is None
    assert value_surface(policy_of(Box((3,), "float32", -1.0, 1.0))) is None
    assert value_surface(policy_of(has_mask=True)) is None
    agent = qlax.Agent(
        network=networks.MLP(hidden=(8,)), memory=memories.GRU(), replay=replay.Sequences()
    )
    spec = EnvSpec(id="Somewhere-v0", observation=PLANE, num_actions=3)
    remembering = Policy(agent, spec, ActingParams({}, ()))
    assert value_surface(remembering) is None


def test_bad_arguments_are_refused():
    with pytest.raises(UsageError, match="size is 1, but must be a whole number, at least 2"):
        value_surface(policy_of(), size=1)
    with pytest.raises(UsageError, match="must be a Policy"):
        value_surface("runs/somewhere")
