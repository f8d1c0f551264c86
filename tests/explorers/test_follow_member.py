"""One member of an ensemble is followed for a whole episode."""

import jax
import jax.numpy as jnp
import numpy as np

from qlax.explorers import FollowMember
from qlax.heads import Ensemble
from tests.explorers.acting import SPEC, situation

MEMBERS, ACTIONS = 5, 4
HEAD = Ensemble(members=MEMBERS)
EXPLORER = FollowMember()


def acted(values, *, first, state=None, key=0, legal=None):
    """Return actions and who chose them, of members with these values, [N, K, A]."""
    num_envs = len(values)
    state = EXPLORER.init(num_envs, SPEC) if state is None else state
    seen = situation(
        values.mean(1), prediction=values, head=HEAD, first=jnp.asarray(first), legal=legal
    )
    action, member = EXPLORER.act(state, jax.random.key(key), seen)
    return np.asarray(action), np.asarray(member)


def test_the_action_is_the_members_own_and_not_the_mean_ones():
    values = jax.random.normal(jax.random.key(1), (300, MEMBERS, ACTIONS))
    action, member = acted(values, first=np.ones(300, bool))
    own = np.asarray(values)[np.arange(300), member]
    np.testing.assert_array_equal(action, own.argmax(-1))
    assert (action != np.asarray(values).mean(1).argmax(-1)).mean() > 0.2
    assert action.dtype == np.int32


def test_every_member_is_as_likely_as_any_other():
    values = jnp.zeros((20_000, MEMBERS, ACTIONS))
    _, member = acted(values, first=np.ones(20_000, bool))
    np.testing.assert_allclose(np.bincount(member) / 20_000, 1 / MEMBERS, atol=0.015)


def test_a_member_is_followed_until_the_next_episode_begins():
    values = jax.random.normal(jax.random.key(2), (200, MEMBERS, ACTIONS))
    before = jnp.arange(200, dtype=jnp.int32) % MEMBERS
    first = np.arange(200) % 2 == 0
    _, member = acted(values, first=first, state=before, key=7)
    np.testing.assert_array_equal(member[~first], np.asarray(before)[~first])
    assert (member[first] != np.asarray(before)[first]).mean() > 0.6


def test_a_member_takes_only_legal_actions():
    values = jax.random.normal(jax.random.key(3), (100, MEMBERS, ACTIONS))
    legal = jax.random.bernoulli(jax.random.key(4), 0.5, (100, ACTIONS)).at[:, 0].set(True)
    action, member = acted(values, first=np.ones(100, bool), legal=legal)
    own = np.where(legal, np.asarray(values)[np.arange(100), member], -np.inf)
    np.testing.assert_array_equal(action, own.argmax(-1))
