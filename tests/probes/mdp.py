"""Tiny environments given by arrays, and what they are worth exactly."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from qlax.envs import Transition
from qlax.spaces import Discrete, EnvSpec


class MDP(NamedTuple):
    """A finite Markov decision process with S states and A actions."""

    chance: np.ndarray
    """P(s′ | s, a), shape [S, A, S]."""
    reward: np.ndarray
    """r(s, a, s′), shape [S, A, S]."""
    terminal: np.ndarray
    """Which states end the episode when they are reached, bool, shape [S]."""
    start: np.ndarray
    """P(first state), shape [S]."""
    time_limit: int | None = None
    """Steps after which an episode is cut."""
    legal: np.ndarray | None = None
    """Which actions may be taken in each state, bool, shape [S, A]; None if all may."""


State = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(q [S, A], legal [S, A]) → what a bootstrap takes a state to be worth, [S]."""
Bonus = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(q [S, A], legal [S, A]) → what is paid on top for each action, [S, A]."""


def best(q_values: np.ndarray, legal: np.ndarray) -> np.ndarray:
    """max_a q(s, a) over legal actions."""
    return np.where(legal, q_values, -np.inf).max(-1)


def value_iteration(
    mdp: MDP, discount: float, state_value: State = best, bonus: Bonus | None = None
) -> np.ndarray:
    """Return the fixed point  Q(s, a) = b(s, a) + Σ_s′ P (r + γ (1 − terminal) v(s′)).

    With v(s) = max_a Q(s, a) and no bonus this is Q*. Time limits do not appear: they cut the
    data, not the value.
    """
    q_values = np.zeros(mdp.chance.shape[:2])
    legal = np.ones_like(q_values, bool) if mdp.legal is None else mdp.legal
    legal = legal | mdp.terminal[:, None]
    while True:
        ahead = discount * ~mdp.terminal * state_value(q_values, legal)
        improved = (mdp.chance * (mdp.reward + ahead)).sum(-1)
        if bonus is not None:
            improved = improved + bonus(q_values, legal)
        if np.abs(improved - q_values).max() < 1e-10:
            return improved
        q_values = improved


def visited(mdp: MDP) -> np.ndarray:
    """Return the states in which an action is ever taken, as indices."""
    reached = mdp.start > 0
    for _ in range(len(reached)):
        reached = reached | (mdp.chance[reached & ~mdp.terminal] > 0).any((0, 1))
    return np.flatnonzero(reached & ~mdp.terminal)


class Probe:
    """An `MDP` as a `Dynamics`; observations are the numbers of the states."""

    def __init__(self, mdp: MDP) -> None:
        self.mdp = mdp
        states, actions, _ = mdp.chance.shape
        self.spec = EnvSpec(
            id="Probe",
            observation=Discrete(states),
            num_actions=actions,
            has_mask=mdp.legal is not None,
            time_limit=mdp.time_limit,
        )

    def reset(self, key):
        state = _drawn(key, jnp.asarray(np.cumsum(self.mdp.start), jnp.float32))
        return state, state if self.mdp.legal is None else (state, self._legal(state))

    def step(self, state, action, key):
        limits = jnp.asarray(np.cumsum(self.mdp.chance, -1), jnp.float32)[state, action]
        following = _drawn(key, limits)
        return Transition(
            state=following,
            observation=following,
            reward=jnp.asarray(self.mdp.reward, jnp.float32)[state, action, following],
            terminated=jnp.asarray(self.mdp.terminal)[following],
            legal=None if self.mdp.legal is None else self._legal(following),
        )

    def _legal(self, state):
        return jnp.asarray(self.mdp.legal)[state]


def _drawn(key, limits):
    """Return the first index whose cumulative probability exceeds a uniform number."""
    uniform = jax.random.uniform(key) * limits[-1]
    return (uniform >= limits).sum(dtype=jnp.int32)


def _empty(states: int, actions: int = 2) -> MDP:
    """Return a process of states that stay where they are, unpaid; the last one is terminal."""
    chance = np.zeros((states, actions, states))
    chance[np.arange(states), :, np.arange(states)] = 1.0
    terminal = np.zeros(states, bool)
    terminal[-1] = True
    start = np.zeros(states)
    start[0] = 1.0
    return MDP(chance, np.zeros((states, actions, states)), terminal, start)


def _go(mdp: MDP, state: int, action: int | slice, to: int, reward: float = 0.0) -> None:
    mdp.chance[state, action] = 0.0
    mdp.chance[state, action, to] = 1.0
    mdp.reward[state, action, to] = reward


EVERY = slice(None)


def constant_reward() -> MDP:
    """One step, reward 1, end: Q = 1 whatever γ is. Bootstrapping from an end would show."""
    mdp = _empty(2)
    _go(mdp, 0, EVERY, 1, reward=1.0)
    return mdp


def delayed_reward() -> MDP:
    """Nothing, then 1, then the end: Q(0) = γ and Q(1) = 1."""
    mdp = _empty(3)
    _go(mdp, 0, EVERY, 1)
    _go(mdp, 1, EVERY, 2, reward=1.0)
    return mdp


def cut_short() -> MDP:
    """Reward 1 for ever, cut after three steps: Q = 1 / (1 − γ).

    Truncation taken for termination would make it less than 1 + γ + γ².
    """
    mdp = _empty(2)
    _go(mdp, 0, EVERY, 0, reward=1.0)
    return mdp._replace(time_limit=3)


def corridor(length: int = 5) -> MDP:
    """Reward 1 for the last of `length` steps, begun anywhere: Q(i) = γ^(length − 1 − i)."""
    mdp = _empty(length + 1)
    for state in range(length):
        _go(mdp, state, EVERY, state + 1, reward=float(state == length - 1))
    return mdp._replace(start=np.append(np.full(length, 1 / length), 0.0))


def slippery_corridor(length: int = 3, slip: float = 0.25) -> MDP:
    """A corridor in which a step fails with probability `slip`."""
    mdp = corridor(length)
    for state in range(length):
        mdp.chance[state, :, state + 1] = 1.0 - slip
        mdp.chance[state, :, state] = slip
    return mdp


def choices() -> MDP:
    """Where actions matter: a small reward now, or a detour at a cost to a larger one.

    Action 0 in state 0 pays 0.5 and ends; action 1 costs 0.1 and leads to state 1, where action
    0 pays 1 and ends, and action 1 leads back for nothing.
    """
    mdp = _empty(3)
    _go(mdp, 0, 0, 2, reward=0.5)
    _go(mdp, 0, 1, 1, reward=-0.1)
    _go(mdp, 1, 0, 2, reward=1.0)
    _go(mdp, 1, 1, 0)
    return mdp


# Where every action does the same, so that the value is the same whatever policy gathers the data,
# and n-step returns are unbiased.
FORCED = {
    make.__name__: make()
    for make in (constant_reward, delayed_reward, cut_short, corridor, slippery_corridor)
}
FREE = {"choices": choices()}


def side_by_side(mdps: list[MDP], time_limit: int) -> MDP:
    """Return one process that begins in any of several, so that one run learns all of them."""
    states = sum(len(mdp.start) for mdp in mdps)
    actions = mdps[0].chance.shape[1]
    chance, reward = np.zeros((2, states, actions, states))
    terminal, start = np.zeros(states, bool), np.zeros(states)
    offset = 0
    for mdp in mdps:
        own = slice(offset, offset + len(mdp.start))
        chance[own, :, own], reward[own, :, own] = mdp.chance, mdp.reward
        terminal[own], start[own] = mdp.terminal, mdp.start / len(mdps)
        offset += len(mdp.start)
    return MDP(chance, reward, terminal, start, time_limit)


def begun_anywhere(mdp: MDP) -> MDP:
    """Return the process with every state that is ever acted in as likely a beginning."""
    start = np.zeros(len(mdp.start))
    start[visited(mdp)] = 1 / len(visited(mdp))
    return mdp._replace(start=start)


def with_a_forbidden_action(mdp: MDP) -> MDP:
    """Return the process with one action more, illegal in every other state.

    Where it is illegal it would pay 5 and stay, which nothing else does: an agent that takes it,
    or believes in it, learns other values. Where it is legal it does what action 0 does. In the
    end state nothing is legal at all.
    """
    chance = np.concatenate([mdp.chance, mdp.chance[:, :1]], 1)
    reward = np.concatenate([mdp.reward, mdp.reward[:, :1]], 1)
    legal = np.ones(chance.shape[:2], bool)
    legal[::2, -1] = False
    forbidden = np.flatnonzero(~legal[:, -1])
    chance[forbidden, -1] = 0.0
    chance[forbidden, -1, forbidden] = 1.0
    reward[forbidden, -1, :] = 5.0
    legal[mdp.terminal] = False
    return mdp._replace(chance=chance, reward=reward, legal=legal)
