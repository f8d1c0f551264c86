"""Descriptions from spaces."""

import gymnasium as gym
import numpy as np
import pytest

from qlax import UsageError
from qlax.envs import spec_of
from qlax.spaces import Box, Composite, Discrete


def test_an_environments_own_spaces_are_taken():
    env = gym.make("CartPole-v1")
    spec = spec_of(env.observation_space, env.action_space, id="CartPole")
    assert (spec.id, spec.num_actions, spec.observation.shape) == ("CartPole", 2, (4,))
    spec = spec_of(gym.spaces.Discrete(5, start=1), gym.spaces.Discrete(3, start=-1))
    assert (spec.observation, spec.num_actions, spec.first_action) == (Discrete(5, 1), 3, -1)


def test_shapes_are_arrays_without_limits():
    unlimited = Box((8,), "float32", -np.inf, np.inf)
    assert spec_of((8,), 2).observation == unlimited
    assert spec_of(8, 2).observation == unlimited
    assert spec_of({"arm": (8,), "goal": Discrete(3)}, 2).observation == Composite(
        (("arm", unlimited), ("goal", Discrete(3)))
    )


def test_a_dict_may_hold_the_mask():
    shown = gym.spaces.Dict(
        {"board": gym.spaces.MultiBinary(9), "action_mask": gym.spaces.MultiBinary(9)}
    )
    spec = spec_of(shown, 9)
    assert spec.has_mask
    assert spec.observation.shape == (9,)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("left", 2), "observation is 'left', but must be a space"),
        (((0,), 2), r"observation is \(0,\)"),
        (({}, 2), "observation is {}"),
        ((None, 2), "observation is None"),
        ((gym.spaces.Text(3), 2), "observations Text, but arrays are needed"),
        (((2,), 0), "num_actions is 0"),
        (((2,), "two"), "num_actions is 'two'"),
        (((2,), gym.spaces.Box(-1.0, 1.0, (1,))), "chooses among finitely many: give the agent a"),
    ],
)
def test_what_is_none_is_refused(given, said):
    with pytest.raises(UsageError, match=said):
        spec_of(*given)
