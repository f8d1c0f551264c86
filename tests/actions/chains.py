"""Factors that each move a chain of their own: action values add up exactly."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np

from qlax.envs import Transition
from qlax.spaces import Choices, Discrete, EnvSpec

SIZES = (2, 3)
# Where chain i in state x goes by value a, and what that pays.
NEXT = (np.array([[0, 1], [1, 0]]), np.array([[0, 1, 1], [0, 0, 1]]))
PAID = (np.array([[0.0, 0.5], [1.0, -0.5]]), np.array([[0.2, 0.0, -0.4], [0.0, 1.0, 0.9]]))
DISCOUNT = 0.8
ACTIONS = list(itertools.product(*map(range, SIZES)))


class Chains:
    """Two chains of two states: a state is 2 x_0 + x_1; a step pays the mean over chains."""

    def __init__(self, has_mask=False, time_limit=6):
        values = tuple(tuple(range(size)) for size in SIZES)
        choices = Choices(values=values, shape=(2,), dtype="int64", joint=False)
        self.spec = EnvSpec(
            id="Chains",
            observation=Discrete(4),
            num_actions=choices.num_actions,
            actions=choices,
            has_mask=has_mask,
            time_limit=time_limit,
        )

    def reset(self, key):
        state = jax.random.randint(key, (), 0, 4, jnp.int32)
        return state, (state, self._legal(state)) if self.spec.has_mask else state

    def step(self, state, action, key):
        places = state // 2, state % 2
        moved = [jnp.asarray(NEXT[i])[places[i], action[i]] for i in range(2)]
        paid = [jnp.asarray(PAID[i])[places[i], action[i]] for i in range(2)]
        following = (2 * moved[0] + moved[1]).astype(jnp.int32)
        return Transition(
            state=following,
            observation=following,
            reward=jnp.float32(sum(paid) / 2),
            terminated=jnp.zeros((), bool),
            legal=self._legal(following) if self.spec.has_mask else None,
        )

    def _legal(self, state):
        return jnp.asarray(legal_values())[state]


def legal_of(chain, place):
    """Return which values of a factor are legal: of the second, not 2 where its chain is in 1."""
    legal = np.ones(SIZES[chain], bool)
    if chain == 1:
        legal[2] = place == 0
    return legal


def legal_values():
    """Return masks of all states over the values of all factors, [S, F · W]."""
    width = max(SIZES)
    rows = np.zeros((4, 2, width), bool)
    for state in range(4):
        for chain, place in enumerate((state // 2, state % 2)):
            rows[state, chain, : SIZES[chain]] = legal_of(chain, place)
    return rows.reshape(4, -1)


def worth(*, masked=False, average=False):
    """Return Q of all states and actions, [S, Π n_i]: optimal, or of actions drawn at random."""
    tables = []
    for chain, (following, paid) in enumerate(zip(NEXT, PAID, strict=True)):
        legal = np.ones(paid.shape, bool)
        if masked:
            legal = np.stack([legal_of(chain, place) for place in range(2)])
        table = np.zeros_like(paid)
        for _ in range(400):
            ahead = np.where(legal, table, np.nan)
            value = np.nanmean(ahead, -1) if average else np.nanmax(ahead, -1)
            table = paid + DISCOUNT * value[following]
        tables.append(table)
    return np.array(
        [
            [np.mean([tables[0][s // 2, a], tables[1][s % 2, b]]) for a, b in ACTIONS]
            for s in range(4)
        ]
    )


def joint_values(values):
    """Return the values of all actions, [S, Π n_i], given those of factors, [S, F · W]."""
    apart = np.asarray(values).reshape(4, 2, -1)
    return np.array([[apart[s, 0, a] + apart[s, 1, b] for a, b in ACTIONS] for s in range(4)]) / 2
