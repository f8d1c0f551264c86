"""Dyna: a table model of the environment, from which further transitions are imagined."""

import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from qlax.errors import UsageError, require
from qlax.maths import sum_tree
from qlax.numbering import FINITE, number_of, observation_of, sizes_of
from qlax.pytree import Pytree, static
from qlax.replay import stream
from qlax.replay.core import Seen, Step
from qlax.replay.sizes import draw_below, require_first_window
from qlax.replay.transition_batch import TransitionBatch
from qlax.spaces import EnvSpec, Space
from qlax.validation import check_types

_MOST_VISITS = 2**24
"""Visits of a pair that are counted: to a larger sum of rewards float32 cannot add another 1."""
_MOST_STATES = 2_048
"""Most states that are modelled unless told otherwise."""


class DynaState(Pytree):
    """The newest step, and a model of S states and A actions."""

    space: Space = static()
    """What an observation is, from which states are numbered."""
    stream: stream.Stream
    counts: jax.Array
    """How often s′ followed on (s, a), int32, [S + 1, S, A]; last how often the end did.

    What followed comes first, so that the pairs that lead to one state lie side by side."""
    visits: jax.Array
    """How often a was taken in s, int32, [S, A]."""
    paid: jax.Array
    """The sum of the rewards for it, float32, [S, A]."""
    legal: jax.Array | None
    """Which actions are legal in each state, bool, [S, A]; None if all always are."""
    seen: sum_tree.SumTree | None
    """1 for each pair that was ever visited, 0 for the others; None with priorities."""
    priority: jax.Array | None
    """How urgent a pair is, float32, [S, A]; None without priorities."""
    discount: jax.Array
    """γ, as the last batch was drawn with it, float32 scalar."""


@dataclass(frozen=True, kw_only=True)
class Dyna:
    """Learns a model and learns from it: each batch is N new transitions and `planning` imagined.

    The model counts what followed each pair (s, a). An imagined transition leads to an s′ drawn
    by these counts, or to the episode's end, and pays the pair's mean reward. Pairs are drawn
    uniformly from those visited (Dyna-Q), or `prioritised`, the most urgent first: learning
    from (s, a) with error δ makes its own priority |δ| and that of every pair that leads there
    at least |δ| · γ · P(s | s̄, ā).

    For finitely many states: Discrete, MultiDiscrete and MultiBinary observations, Boxes of whole
    numbers, and Dict and Tuple of these. A loss is a mean over the whole batch: for the textbook's
    step size on each of its entries, multiply the learning rate by their number, N + `planning`.

    References: Sutton (1990), Integrated Architectures for Learning, Planning, and Reacting;
    Moore and Atkeson (1993), Prioritized Sweeping.
    """

    planning: int = 10
    """Imagined transitions a batch; at least 1."""
    prioritised: bool = True
    """Whether the most urgent pairs come first (prioritised sweeping) or all are equally likely."""
    theta: float = 1e-4
    """θ ≥ 0: errors up to it are not urgent; with `prioritised`."""
    states: int | None = None
    """S: the states 0 … S − 1 are modelled; others are only learned from when they occur. None
    for all, up to 2,048: the model takes 4 · S² · A bytes."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.planning >= 1, "Dyna.planning", self.planning, "at least 1")
        require(self.theta >= 0.0, "Dyna.theta", self.theta, "0 or more")
        require(
            self.states is None or self.states >= 1,
            "Dyna.states",
            self.states,
            "at least 1 or None",
        )

    @property
    def uses_probability(self) -> bool:
        """Whether the explorer's probabilities must be stored."""
        return False

    def check(self, agent: Any) -> None:
        """Raise `UsageError` if learning would begin too soon, or needs the next action."""
        if agent.bootstrap.uses_next_action:
            raise UsageError(
                f"Dyna imagines what follows an action, not what would be done then, which "
                f"{type(agent.bootstrap).__name__} asks for: take ExpectedSarsa or Greedy."
            )
        require_first_window(1, agent)

    def init(self, seen: Seen, spec: EnvSpec) -> DynaState:
        """Return an empty model.

        Raises:
            UsageError: if observations are not numbers of states.
        """
        space, sizes = spec.observation, sizes_of(spec.observation)
        if sizes is None or math.prod(sizes) >= 2**31:
            raise UsageError(
                f"Dyna counts what follows each state, so it needs states that can be numbered "
                f"({FINITE}), but the observation is {space}: take another replay, such as Uniform."
            )
        if spec.factors is not None:
            raise UsageError(
                f"Dyna counts what follows each action, but {spec.id} has {spec.actions}: number "
                "their combinations as one, actions.Factors(joint_up_to=65_536), if there are no "
                "more, or take another replay, such as Uniform."
            )
        states = min(math.prod(sizes), _MOST_STATES) if self.states is None else self.states
        ring, pairs = stream.init(2, seen), (states, spec.num_actions)
        legal = None
        if seen.legal is not None:
            now = number_of(seen.observation, space)
            legal = jnp.zeros(pairs, bool).at[now].set(seen.legal, mode="drop")
        return DynaState(
            space=space,
            stream=ring,
            counts=jnp.zeros((states + 1, *pairs), jnp.int32),
            visits=jnp.zeros(pairs, jnp.int32),
            paid=jnp.zeros(pairs, jnp.float32),
            legal=legal,
            seen=None if self.prioritised else sum_tree.init(states * spec.num_actions),
            priority=jnp.zeros(pairs, jnp.float32) if self.prioritised else None,
            discount=jnp.float32(0.0),
        )

    def add(self, state: DynaState, step: Step) -> DynaState:
        """Return the model that knows one more step of every environment."""
        ring = state.stream
        shown = stream.seen_at(ring, ring.count, jnp.arange(ring.num_envs)).observation
        now, following = (number_of(seen, state.space) for seen in (shown, step.next.observation))
        action, states = step.action, state.visits.shape[0]
        known = step.valid & (now < states) & (following < states)
        # What is not known is counted as nothing, in a place that exists.
        now = jnp.minimum(now, states - 1)
        known &= state.visits[now, action] < _MOST_VISITS
        outcome = jnp.where(step.terminated, states, jnp.minimum(following, states))
        visits = state.visits.at[now, action].add(known.astype(jnp.int32))
        legal, seen = state.legal, state.seen
        if legal is not None:
            legal = legal.at[following].set(step.next.legal, mode="drop")
        if seen is not None:
            pair = now * state.visits.shape[1] + action
            seen = sum_tree.update(seen, pair, visits[now, action] > 0)
        return state.replace(
            stream=stream.add(ring, step),
            counts=state.counts.at[outcome, now, action].add(known.astype(jnp.int32)),
            visits=visits,
            paid=state.paid.at[now, action].add(jnp.where(known, step.reward, 0.0)),
            legal=legal,
            seen=seen,
        )

    def sample(
        self,
        state: DynaState,
        key: jax.Array,
        discount: jax.Array,
        *,
        next_action: bool,  # noqa: ARG002
    ) -> tuple[TransitionBatch, DynaState]:
        """Return the newest transition of every environment, then the imagined ones.

        A batch's `source` is the pair (s, a) of each.
        """
        ring = state.stream
        newest = jnp.full(ring.num_envs, ring.count - 1)
        lived = stream.windows(
            ring, newest, jnp.arange(ring.num_envs), 1, discount, next_action=False
        )
        lived = lived.replace(
            source=jnp.stack([number_of(lived.now.observation, state.space), lived.action], -1)
        )
        pair_key, outcome_key = jax.random.split(key)
        pair, weight, state = self._pairs(state.replace(discount=discount), pair_key)
        imagined = self._imagined(state, outcome_key, pair, weight)
        both = jax.tree.map(
            lambda real, other: jnp.concatenate([real, other.astype(real.dtype)]), lived, imagined
        )
        return both, state

    def update_priorities(
        self, state: DynaState, batch: TransitionBatch, error: jax.Array
    ) -> DynaState:
        """Return the model after learning: every error makes urgent its pair and what leads there.

        Where a pair is in the batch more than once, its largest error counts.
        """
        if state.priority is None:
            return state
        now, action = batch.source.T
        counted = (batch.weight > 0) & (now < state.visits.shape[0]) & jnp.isfinite(error)
        size = jnp.where(counted & (jnp.abs(error) > self.theta), jnp.abs(error), 0.0)
        # Down to 0 for what was learned from, whatever it was before, and up to the new error.
        own = state.priority.at[now, action].min(jnp.where(counted, 0.0, jnp.inf), mode="drop")
        own = own.at[now, action].max(size, mode="drop")
        # P(s | s̄, ā) for the B states learned from, [B, S, A]: `counts` begins with what followed.
        likely = state.counts.at[now].get(mode="clip") / jnp.maximum(state.visits, 1)
        before = (likely * (size * state.discount)[:, None, None]).max(0)
        urgent = jnp.where(before > self.theta, before, 0.0)
        return state.replace(priority=jnp.maximum(own, urgent))

    def priorities(self, state: DynaState) -> jax.Array | None:
        """Return how urgent each pair is, [S, A]; None unless `prioritised`."""
        return state.priority

    def interrupt(self, state: DynaState) -> DynaState:
        """Return the model with the newest step truncated."""
        return state.replace(stream=stream.interrupt(state.stream))

    def _pairs(self, state: DynaState, key: jax.Array) -> tuple[jax.Array, jax.Array, DynaState]:
        """Return pairs to imagine, as s · A + a, their weights, and the state after drawing."""
        if state.priority is not None:
            flat = state.priority.reshape(-1)
            urgency, pair = jax.lax.top_k(flat, min(self.planning, flat.size))
            rest = flat.at[pair].set(0.0).reshape(state.priority.shape)
            return pair, (urgency > 0.0).astype(jnp.float32), state.replace(priority=rest)
        assert state.seen is not None
        pair = sum_tree.draw(state.seen, key, self.planning)
        return pair, sum_tree.get(state.seen, pair), state

    def _imagined(
        self, state: DynaState, key: jax.Array, pair: jax.Array, weight: jax.Array
    ) -> TransitionBatch:
        """Return a transition by the model from each pair; each imagined one is a new one."""
        key, number_key = jax.random.split(key)
        now, action = pair // state.visits.shape[1], pair % state.visits.shape[1]
        # One of the visits, and with it what followed on it: the first outcome whose running count
        # passes its number. Where there were none, all are passed, and it is cut to the last.
        visits = jnp.maximum(state.visits[now, action], 1)
        drawn = draw_below(key, visits, len(pair))
        passed = jnp.cumsum(state.counts[:, now, action], 0) <= drawn
        outcome = jnp.minimum(passed.sum(0), state.visits.shape[0])
        ended = outcome == state.visits.shape[0]
        following = jnp.where(ended, now, outcome)  # after the end there is nothing to look at

        def seen(states: jax.Array) -> Seen:
            legal = None if state.legal is None else state.legal[states]
            return Seen(observation_of(states, state.space), legal)

        return TransitionBatch(
            now=seen(now),
            action=action,
            reward=state.paid[now, action] / visits,
            discount=jnp.where(ended, 0.0, state.discount),
            next=seen(following),
            next_action=jnp.zeros_like(action),
            weight=weight,
            source=jnp.stack([now, action], -1),
            number=jax.random.bits(number_key, action.shape, jnp.uint32),
        )
