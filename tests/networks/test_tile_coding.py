"""Tile coding: which tiles are active, and what that generalises to."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax import UsageError
from qlax.networks import TileCoding
from qlax.spaces import Box, Discrete
from tests.networks.applying import Summed, box, features

SPACE = box([-1.2, -0.07], [0.6, 0.07])


def active(coding, space, observations):
    return np.asarray(features(coding, space, jnp.asarray(observations, jnp.float32)).indices)


def corners_and_more(space, count=2_000):
    rng = np.random.default_rng(0)
    low, high = np.array(space.low), np.array(space.high)
    corners = np.stack(np.meshgrid(*zip(low, high, strict=True)), -1).reshape(-1, len(low))
    beyond = low + (high - low) * rng.uniform(-0.5, 1.5, (count, len(low)))
    return np.concatenate([corners, beyond])


@pytest.mark.parametrize(("tilings", "tiles"), [(1, 1), (1, 8), (8, 8), (3, 5), (16, 2)])
def test_one_tile_of_every_tiling_is_active_anywhere_in_the_box(tilings, tiles):
    coding = TileCoding(tilings=tilings, tiles=tiles)
    indices = active(coding, SPACE, corners_and_more(SPACE))
    size = features(coding, SPACE, jnp.zeros((1, 2))).size
    assert indices.shape[1] == tilings
    assert indices.min() >= 0
    assert indices.max() < size
    assert size % tilings == 0
    # Each tiling has its own range of indices.
    np.testing.assert_array_equal(
        indices // (size // tilings), np.broadcast_to(np.arange(tilings), indices.shape)
    )


def test_a_single_tiling_is_a_grid():
    # 2 × 2 tiles (of a 3 × 3 grid, one more than needed) over [0, 2]²
    coding = TileCoding(tilings=1, tiles=2)
    found = active(coding, box([0.0, 0.0], [2.0, 2.0]), [[0.5, 0.5], [0.5, 1.5], [1.5, 0.5]])
    assert found.tolist() == [[0], [1], [3]]


def test_shifted_tilings_by_hand():
    # One entry over [0, 4], tiles of width 1, four tilings shifted by 0, ¼, ½ and ¾.
    coding = TileCoding(tilings=4, tiles=4)
    cell = active(coding, box([0.0], [4.0]), [[1.3], [1.6], [1.8]]) % 5
    # ⌊1.3 + shift⌋ = 1, 1, 1, 2;  ⌊1.6 + shift⌋ = 1, 1, 2, 2;  ⌊1.8 + shift⌋ = 1, 2, 2, 2
    assert cell.tolist() == [[1, 1, 1, 2], [1, 1, 2, 2], [1, 2, 2, 2]]


def test_the_second_entry_is_shifted_three_times_as_far():
    coding = TileCoding(tilings=4, tiles=4)
    space = box([0.0, 0.0], [4.0, 4.0])
    cell = active(coding, space, [[0.3, 0.3]])[0] % 25
    # Shifts (k, 3k mod 4) / 4: ⌊0.3 + …⌋ = (0, 0), (0, 1), (0, 0), (1, 0), on a grid of 5 × 5
    assert cell.tolist() == [0, 1, 0, 5]


def test_neighbours_share_tiles_and_strangers_do_not():
    coding = TileCoding(tilings=8, tiles=8)
    space = box([0.0, 0.0], [8.0, 8.0])
    here, *others = active(coding, space, [[4.0, 4.0], [4.2, 4.0], [4.6, 4.0], [6.1, 4.0]])
    shared = [np.isin(here, other).sum() for other in (here, *others)]
    assert shared[0] == 8
    assert 8 > shared[1] > shared[2] > shared[3] == 0


def test_learning_at_a_point_teaches_its_neighbourhood():
    space = box([0.0], [8.0])
    model = Summed(TileCoding(tilings=8, tiles=8), space)
    point = jnp.array([[4.0]])
    params = model.init(jax.random.key(0), point)
    for _ in range(200):
        gradient = jax.grad(lambda p: 0.5 * ((model.apply(p, point) - 1.0) ** 2).sum())(params)
        params = jax.tree.map(lambda p, g: p - 0.1 * g, params, gradient)
    values = model.apply(params, jnp.array([[4.0], [4.25], [4.5], [5.5], [0.0]]))
    # Tiles are one wide, shifted by eighths: a point ¼ away shares 6 of 8, ½ away 4 of 8.
    np.testing.assert_allclose(values, [1.0, 0.75, 0.5, 0.0, 0.0], atol=1e-4)


def test_a_smooth_function_is_learned_finer_than_the_tiles():
    space = box([0.0, 0.0], [1.0, 1.0])
    model = Summed(TileCoding(tilings=16, tiles=6), space)
    points = jax.random.uniform(jax.random.key(0), (3_000, 2))
    wanted = jnp.sin(4 * points[:, 0]) * jnp.cos(3 * points[:, 1])

    @jax.jit
    def fitted(params):
        def step(_, params):
            gradient = jax.grad(lambda p: ((model.apply(p, points) - wanted) ** 2).mean())(params)
            return jax.tree.map(lambda p, g: p - 2.0 * g, params, gradient)

        return jax.lax.fori_loop(0, 200, step, params)

    params = fitted(model.init(jax.random.key(1), points))
    error = jnp.abs(model.apply(params, points) - wanted)
    # Constant over a tile, sin(4x) would be off by up to 4 / 6 / 2 = 0.33
    assert float(error.mean()) < 0.03
    assert float(error.max()) < 0.2


def test_discrete_states_have_no_tiles():
    with pytest.raises(
        UsageError, match=r"lays tiles over the numbers of a Box.*Discrete\(4\): take Table"
    ):
        active(TileCoding(), Discrete(4), [[0]])


def test_an_unbounded_space_needs_limits():
    space = box([-np.inf, 0.0], [np.inf, 1.0])
    with pytest.raises(UsageError, match=r"unbounded.*TileCoding\(low="):
        active(TileCoding(), space, [[0.0, 0.0]])
    limited = TileCoding(tilings=2, tiles=2, low=(0.0, 0.0), high=(1.0, 1.0))
    assert active(limited, space, [[0.5, 0.5]]).shape == (1, 2)


def test_more_tiles_than_can_be_numbered_are_refused():
    with pytest.raises(UsageError, match=r"TileCoding would cut.*50 entries.* cells"):
        TileCoding()(jnp.zeros((1, 50)), Box((50,), "float32", -1.0, 1.0))
