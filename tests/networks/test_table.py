"""Which row of the table an observation belongs to."""

import jax.numpy as jnp
import numpy as np
import pytest

from qlax import UsageError
from qlax.networks import Table
from qlax.spaces import Box, Discrete
from tests.networks.applying import box, features


def rows(table, space, observations):
    result = features(table, space, jnp.asarray(observations))
    assert result.indices.shape == (len(observations), 1)
    return result.indices[:, 0].tolist()


def test_a_discrete_state_is_its_own_row():
    result = features(Table(), Discrete(5), jnp.array([0, 4, 2]))
    assert result.indices.tolist() == [[0], [4], [2]]
    assert result.size == 5


def test_a_bin_begins_with_its_lower_edge():
    # Four bins of width 0.5 from 0 to 2
    numbers = [0.0, 0.49, 0.5, 0.99, 1.0, 1.5, 1.99]
    found = rows(Table(bins=(4,)), box([0.0], [2.0]), [[x] for x in numbers])
    assert found == [0, 0, 1, 1, 2, 3, 3]


def test_the_upper_limit_belongs_to_the_last_bin():
    assert rows(Table(bins=(4,)), box([0.0], [2.0]), [[2.0]]) == [3]


def test_beyond_the_limits_the_outermost_bins_serve():
    assert rows(Table(bins=(4,)), box([0.0], [2.0]), [[-100.0], [100.0]]) == [0, 3]


def test_negative_limits_are_cut_as_positive_ones():
    found = rows(Table(bins=(4,)), box([-1.0], [1.0]), [[-1.0], [-0.51], [-0.5], [-0.01], [0.0]])
    assert found == [0, 0, 1, 1, 2]


def test_entries_are_numbered_row_by_row():
    # 2 × 3 bins: row = 3 · first + second
    space = box([0.0, 0.0], [2.0, 3.0])
    grid = [[i + 0.5, j + 0.5] for i in range(2) for j in range(3)]
    assert rows(Table(bins=(2, 3)), space, grid) == list(range(6))


def test_three_entries_fill_the_whole_table_once():
    space = box([0.0] * 3, [2.0, 3.0, 4.0])
    grid = [[i + 0.5, j + 0.5, k + 0.5] for i in range(2) for j in range(3) for k in range(4)]
    table = Table(bins=(2, 3, 4))
    assert rows(table, space, grid) == list(range(24))
    assert features(table, space, jnp.asarray(grid)).size == 24


def test_one_count_serves_for_every_entry():
    space = box([0.0, 0.0], [1.0, 1.0])
    assert rows(Table(bins=(3,)), space, [[0.99, 0.99], [0.4, 0.0]]) == [8, 3]
    assert features(Table(bins=(3,)), space, jnp.zeros((1, 2))).size == 9


def test_limits_of_ones_own_replace_the_spaces():
    space = box([-np.inf], [np.inf])
    table = Table(bins=(4,), low=(0.0,), high=(4.0,))
    assert rows(table, space, [[0.5], [3.5], [9.0]]) == [0, 3, 3]


def test_observations_of_any_shape_are_flattened():
    space = Box(shape=(2, 1), dtype="float32", low=0.0, high=2.0)
    assert rows(Table(bins=(2,)), space, [[[0.5], [1.5]], [[1.5], [0.5]]]) == [1, 2]


def test_whole_numbers_are_cut_as_others():
    space = Box(shape=(1,), dtype="uint8", low=0.0, high=255.0)
    table = Table(bins=(2,))
    found = features(table, space, jnp.array([[0], [127], [128], [255]], jnp.uint8))
    assert found.indices[:, 0].tolist() == [0, 0, 1, 1]


def test_an_unbounded_space_needs_limits():
    with pytest.raises(UsageError, match=r"unbounded.*Table\(low="):
        rows(Table(), box([-np.inf], [np.inf]), [[0.0]])


def test_more_cells_than_can_be_numbered_are_refused():
    with pytest.raises(UsageError, match=r"50 entries into about 10\^80 cells"):
        Table()(jnp.zeros((1, 50)), Box((50,), "float32", -1.0, 1.0))


def test_an_astronomic_limit_counts_as_none():
    with pytest.raises(UsageError, match="unbounded"):
        rows(Table(), box([-3.4e38], [3.4e38]), [[0.0]])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (Table(bins=(2, 3)), r"Table\.bins is \(2, 3\)"),
        (Table(low=(0.0,)), r"Table\.low has 1 entries, but the observation has 3"),
        (Table(high=(0.0, 1.0)), r"Table\.high has 2 entries"),
        (Table(low=(5.0, 0.0, 0.0)), r"Table\.low must be below Table\.high"),
    ],
)
def test_what_does_not_fit_the_observation_is_named(table, message):
    with pytest.raises(UsageError, match=message):
        rows(table, box([0.0] * 3, [1.0] * 3), [[0.0, 0.0, 0.0]])
