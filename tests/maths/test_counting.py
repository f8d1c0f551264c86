import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax.maths.counting import MOST, Count, clipped_sum


@pytest.mark.parametrize("start", [0, 5, 2**31 - 3, 2**31 - 1, 2**31, 7 * 2**31 - 1])
@pytest.mark.parametrize("more", [0, 1, 2, 64, 2**31 - 1])
def test_a_count_is_a_whole_number_of_python(start, more):
    after = jax.jit(Count.after)(Count.of(start), more)
    assert int(Count.of(start)) == start
    assert int(after) == start + more
    assert int(after.clipped) == min(start + more, 2**31 - 1)
    assert int(after.low) == (start + more) % 2**31
    assert {leaf.dtype for leaf in after} == {np.dtype("int32")}


def test_a_clipped_sum_stays_at_the_largest_int32():
    counts = jnp.array([0, 5, MOST - 1, MOST], jnp.int32)
    assert clipped_sum(counts, 1).tolist() == [1, 6, MOST, MOST]
    assert clipped_sum(counts, jnp.array([0, MOST, 2, 0])).tolist() == [0, MOST, MOST, MOST]
    assert clipped_sum(counts, counts > 5).tolist() == [0, 5, MOST, MOST]
