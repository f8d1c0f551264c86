"""Stacks of frames, kept as single frames: what is drawn is what was shown."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax.replay import Prioritised, Proportional, Rollout, Seen, Sequences, Step, Uniform
from qlax.spaces import Box, Composite, EnvSpec
from tests.tiers import in_turn

NUM_ENVS, DEPTH, SHAPE = 2, 3, (2, 2)
DISCOUNT = jnp.float32(0.5)


def stacks(padding, frames=DEPTH):
    return Box((frames, *SHAPE), "uint8", 0.0, 255.0, frames=frames, padding=padding)


class History:
    """Environments whose frames are numbered, and which show the newest of them in stacks.

    Like Gymnasium's `FrameStackObservation` they fill a new episode's stack with its first frame,
    or with zeros. The next episode begins one step after the end of the last.
    """

    def __init__(self, space, *, seed=0):
        self.space, self.rng = space, np.random.default_rng(seed)
        self.number = 0
        self.stack = [None] * NUM_ENVS
        self.done = np.ones(NUM_ENVS, bool)
        self.shown = [self.show()]
        self.first = [np.ones(NUM_ENVS, bool)]

    def show(self):
        """Show one frame more in every environment: the first of an episode after an end."""
        for env in range(NUM_ENVS):
            self.number = self.number % 255 + 1
            frame = np.full(SHAPE, self.number, np.uint8)
            if self.done[env]:
                blank = frame if self.space.padding == "first" else np.zeros_like(frame)
                self.stack[env] = [blank] * self.space.frames
            self.stack[env] = [*self.stack[env][1:], frame]
        return np.stack([np.stack(stack) for stack in self.stack])

    def step(self, number):
        first, began = self.first[-1], self.done
        self.shown.append(self.show())
        self.first.append(began)
        ends = ~began & (self.rng.random(NUM_ENVS) < 0.25)
        cut = ends & (self.rng.random(NUM_ENVS) < 0.5)
        self.done = ends
        return Step(
            action=jnp.full(NUM_ENVS, number, jnp.int32),
            reward=jnp.zeros(NUM_ENVS),
            terminated=jnp.asarray(ends & ~cut),
            truncated=jnp.asarray(cut),
            valid=jnp.asarray(~began),
            first=jnp.asarray(first),
            next=Seen(jnp.asarray(self.shown[-1])),
            probability=jnp.ones(NUM_ENVS),
        )


def lived(replay, space, steps):
    """Return the histories and the replay that has seen them."""
    history = History(space)
    history.done = np.zeros(NUM_ENVS, bool)
    spec = EnvSpec(id="Frames", observation=space, num_actions=1_000)
    state = replay.init(Seen(jnp.asarray(history.shown[0])), spec)
    add = jax.jit(replay.add)
    for number in range(steps):
        state = add(state, history.step(number))
    return history, state


REPLAYS = {
    "uniform": Uniform(capacity=24, batch_size=24, n_step=2),
    "one step": Uniform(capacity=24, batch_size=24),
    "prioritised": Prioritised(capacity=24, batch_size=24, n_step=2, importance=0.4),
}


@pytest.mark.parametrize("steps", in_turn([4, 11, 40], 3))
@pytest.mark.parametrize("padding", ["first", "zeros"])
@pytest.mark.parametrize("replay", REPLAYS.values(), ids=REPLAYS)
def test_transitions_have_the_stacks_that_were_shown(replay, padding, steps):
    """Each action is the number of the step, which says what was shown then."""
    history, state = lived(replay, stacks(padding), steps)
    draws = [
        replay.sample(state, jax.random.key(seed), DISCOUNT, next_action=False)[0]
        for seed in range(4)
    ]
    batch = jax.tree.map(lambda *arrays: np.concatenate(arrays), *draws)
    env, counts = batch.source[:, 1], batch.weight > 0
    assert counts.sum() > 50
    for sample in np.flatnonzero(counts):
        number = int(batch.action[sample])
        expected = history.shown[number][env[sample]]
        np.testing.assert_array_equal(batch.now.observation[sample], expected)
        following = batch.next.observation[sample]
        ahead = [history.shown[number + k][env[sample]] for k in (1, replay.n_step)]
        assert any((following == each).all() for each in ahead)
    drawn = {int(number) for number in batch.action}
    assert max(drawn) >= steps - replay.n_step - 1
    assert min(drawn) >= steps - 24 // NUM_ENVS - replay.n_step


@pytest.mark.parametrize("padding", ["first", "zeros"])
@pytest.mark.parametrize("priority", [None, Proportional(importance=0.4)])
def test_sequences_have_the_stacks_that_were_shown(priority, padding):
    replay = Sequences(capacity=24, batch_size=32, length=4, burn_in=1, priority=priority)
    history, state = lived(replay, stacks(padding), 40)
    batch, _ = replay.sample(state, jax.random.key(0), DISCOUNT, next_action=False)
    for sample, env in enumerate(np.asarray(batch.source[:, 1])):
        number = int(batch.taken[0, sample])
        expected = np.stack([history.shown[number + k][env] for k in range(6)])
        np.testing.assert_array_equal(batch.seen.observation[:, sample], expected)


def test_rollouts_have_the_stacks_that_were_shown():
    """They keep no more than they need, and yet what came before."""
    replay = Rollout(length=5, minibatches=1)
    history, state = lived(replay, stacks("zeros"), 30)
    batch, _ = replay.sample(state, jax.random.key(0), DISCOUNT, next_action=False)
    for sample, env in enumerate(np.asarray(batch.source[:, 1])):
        expected = np.stack([history.shown[25 + k][env] for k in range(6)])
        np.testing.assert_array_equal(batch.seen.observation[:, sample], expected)


def test_every_frame_is_stored_once():
    replay = Uniform(capacity=24, batch_size=4, n_step=2)
    _, state = lived(replay, stacks("first", frames=4), 3)
    assert state.seen.observation.shape == (24 // NUM_ENVS + 2 + 3, NUM_ENVS, *SHAPE)
    assert state.seen.observation.dtype == jnp.uint8


def test_stacks_of_several_heights_stand_beside_numbers():
    space = Composite(
        (
            ("screen", stacks("zeros", frames=3)),
            ("map", stacks("first", frames=2)),
            ("health", Box((), "float32", 0.0, 1.0)),
        )
    )
    spec = EnvSpec(id="Frames", observation=space, num_actions=1_000)
    replay = Uniform(capacity=24, batch_size=24)
    screen, overview = History(stacks("zeros")), History(stacks("first", frames=2))

    def seen(number):
        health = jnp.full(NUM_ENVS, float(number))
        return {
            "screen": jnp.asarray(screen.shown[number]),
            "map": jnp.asarray(overview.shown[number]),
            "health": health,
        }

    screen.done, overview.done = np.zeros((2, NUM_ENVS), bool)
    state = replay.init(Seen(seen(0)), spec)
    for number in range(30):
        step = screen.step(number)
        overview.step(number)
        state = replay.add(state, step._replace(next=Seen(seen(number + 1))))
    batch, _ = replay.sample(state, jax.random.key(0), DISCOUNT, next_action=False)
    for sample in range(24):
        number, env = int(batch.action[sample]), int(batch.source[sample, 1])
        shown = jax.tree.map(lambda array, at=env: array[at], seen(number))
        drawn = jax.tree.map(lambda array, at=sample: array[at], batch.now.observation)
        jax.tree.map(np.testing.assert_array_equal, drawn, shown)
