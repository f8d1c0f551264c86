"""What numbers of actions stand for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium import spaces

from qlax.actions import Factors, Grid
from qlax.errors import UsageError
from qlax.spaces import Choices

BY_HAND = Choices(values=((0, 1), (5, 6, 7)), shape=(2,), dtype="int64")
APART = Choices(values=((0, 1), (5, 6, 7)), shape=(2,), dtype="int64", joint=False)


def test_one_number_counts_through_all_combinations_the_last_factor_fastest():
    expected = [[0, 5], [0, 6], [0, 7], [1, 5], [1, 6], [1, 7]]
    assert BY_HAND.num_actions == 6
    own = BY_HAND.of(np.arange(6))
    assert own.dtype == np.int64
    np.testing.assert_array_equal(own, expected)
    np.testing.assert_array_equal(jax.jit(BY_HAND.traced)(jnp.arange(6)), expected)
    assert [int(BY_HAND.number_of(action)) for action in expected] == list(range(6))
    assert BY_HAND.names == ("0, 5", "0, 6", "0, 7", "1, 5", "1, 6", "1, 7")


def test_apart_each_factor_has_as_many_action_values_as_the_largest():
    assert (APART.num_actions, APART.factors, APART.width) == (6, 2, 3)
    numbers = np.array([[1, 2], [0, 0]], np.int32)
    np.testing.assert_array_equal(APART.of(numbers), [[1, 7], [0, 5]])
    np.testing.assert_array_equal(jax.jit(APART.traced)(numbers), [[1, 7], [0, 5]])
    np.testing.assert_array_equal(APART.number_of([1, 7]), [1, 2])
    np.testing.assert_array_equal(APART.padding, [True, True, False, True, True, True])
    assert APART.names == ("0: 0", "0: 1", "0: –", "1: 5", "1: 6", "1: 7")


def test_actions_keep_their_shape():
    space = spaces.MultiDiscrete(np.array([[2, 3], [1, 2]]))
    for choices in (Factors().choices(space, "E"), Factors(joint_up_to=0).choices(space, "E")):
        number = choices.number_of([[1, 2], [0, 1]])
        np.testing.assert_array_equal(choices.of(number), [[1, 2], [0, 1]])
        np.testing.assert_array_equal(choices.traced(jnp.asarray(number)), [[1, 2], [0, 1]])
        batch = np.stack([number, number])
        assert choices.of(batch).shape == (2, 2, 2)
        assert space.contains(choices.of(number))


@pytest.mark.parametrize(
    "mask", [(np.array([1, 0]), np.array([0, 1, 1])), np.array([1, 0, 0, 1, 1], np.int8)]
)
def test_a_mask_of_each_factor_is_one_of_all_combinations(mask):
    np.testing.assert_array_equal(BY_HAND.legal(mask), [False, True, True, False, False, False])
    np.testing.assert_array_equal(APART.legal(mask), [True, False, False, False, True, True])


def test_where_nothing_is_legal_apart_everything_that_is_an_action_is():
    np.testing.assert_array_equal(APART.legal(np.zeros(5)), APART.padding)
    assert not BY_HAND.legal(np.zeros(5)).any()


@pytest.mark.parametrize("mask", [np.ones(6), (np.ones(2), np.ones(2)), np.ones(())])
def test_a_mask_of_another_length_is_refused(mask):
    with pytest.raises(ValueError, match=r"but its actions have \[2, 3\] values"):
        BY_HAND.legal(mask)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"values": ()}, "Choices.values"),
        ({"values": ((1, 1),), "shape": (1,)}, "Choices.values"),
        ({"values": ((),), "shape": (1,)}, "Choices.values"),
        ({"shape": (3,)}, "Choices.shape"),
        ({"values": (tuple(range(300)),) * 2}, "Choices.joint"),
    ],
)
def test_what_describes_no_actions_is_refused(fields, said):
    with pytest.raises(UsageError, match=said):
        Choices(**{"values": ((0, 1), (5, 6)), "shape": (2,), "dtype": "int64", **fields})


@pytest.mark.parametrize(
    ("space", "values", "joint"),
    [
        (spaces.MultiDiscrete([2, 3], start=[0, 5]), ((0, 1), (5, 6, 7)), True),
        (spaces.MultiBinary(2), ((0, 1), (0, 1)), True),
        (spaces.MultiBinary((3, 3)), ((0, 1),) * 9, False),
        (spaces.MultiDiscrete([16, 17]), (tuple(range(16)), tuple(range(17))), False),
    ],
)
def test_few_combinations_are_numbered_as_one(space, values, joint):
    for part in (Factors(), Grid()):
        choices = part.choices(space, "E")
        assert (choices.values, choices.joint) == (values, joint)
        assert space.contains(choices.of(choices.number_of(space.sample())))


def test_a_grid_reaches_from_limit_to_limit():
    space = spaces.Box(np.float32([-2.0, 0.0]), np.float32([2.0, 1.0]))
    choices = Grid(points=(5, 2)).choices(space, "E")
    assert choices.values == ((-2.0, -1.0, 0.0, 1.0, 2.0), (0.0, 1.0))
    assert all(space.contains(action) for action in choices.of(np.arange(10)))


def test_a_grid_of_whole_numbers_holds_whole_numbers():
    space = spaces.Box(0, 10, (1,), np.int32)
    choices = Grid(points=4).choices(space, "E")
    assert choices.values == ((0, 3, 7, 10),)
    assert choices.of(np.array(2)).dtype == np.int32
    assert Grid(points=99).choices(spaces.Box(0, 3, (1,), np.uint8), "E").sizes == (4,)


def test_a_number_that_cannot_vary_has_one_value():
    space = spaces.Box(np.array([0.0, 1.0]), np.array([0.0, 2.0]), dtype=np.float64)
    assert Grid(points=3).choices(space, "E").values == ((0.0,), (1.0, 1.5, 2.0))


@pytest.mark.parametrize(
    ("part", "space", "said"),
    [
        (Factors(), spaces.Box(-1, 1, (2,)), "a grid of them, such as actions.Grid"),
        (Factors(), spaces.Dict(a=spaces.Discrete(2)), "must be Discrete, MultiDiscrete"),
        (Grid(), spaces.Tuple((spaces.Discrete(2),)), "must be Discrete, MultiDiscrete"),
        (Grid(), spaces.Box(-np.inf, 1, (2,)), "number 0 reaches from -inf to 1, but a grid needs"),
        (Grid(), spaces.Box(-3e38, 3e38, (1,)), "a grid needs limits"),
        (Grid(), spaces.Box(0, 1, (0,)), "which do nothing"),
        (Grid(points=(3, 3)), spaces.Box(0, 1, (3,)), "one for each of the 3 numbers"),
    ],
)
def test_what_cannot_be_finitely_many_is_refused_by_name(part, space, said):
    with pytest.raises(UsageError, match=rf"E.*{said}|{said}.*E"):
        part.choices(space, "E")
