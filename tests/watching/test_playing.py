"""The loop that plays to be looked at, turn by turn."""

import itertools

import gymnasium
import numpy as np
import pytest

import qlax
from qlax import UsageError, heads
from qlax.envs.opening import opened
from qlax.envs.worlds.bsuite import Catch, MemoryChain
from qlax.watching.playing import game, play
from tests.watching.agents import small, untrained


@pytest.fixture(scope="module")
def cart():
    return untrained("CartPole-v1", small())


def played(policy, env=None, **options):
    with opened(*policy.environment(env)) as source:
        return list(play(policy, source, **options))


def test_turns_are_the_states_of_an_episode_and_what_was_done_between_them(cart):
    turns = played(cart, seed=5, draws=False)
    assert [turn.step for turn in turns] == list(range(len(turns)))
    assert [turn.end is None for turn in turns] == [True] * (len(turns) - 1) + [False]
    assert turns[-1].total == len(turns) - 1
    assert (turns[-1].thought, turns[-1].action) == (None, None)
    assert [turn.taken for turn in turns] == [None, *(turn.action for turn in turns[:-1])]
    env = gymnasium.make("CartPole-v1")
    env.reset(seed=5)
    for before, turn in itertools.pairwise(turns):
        assert before.action == cart.predict(before.observation)
        np.testing.assert_allclose(before.thought.q_values, cart.q_values(before.observation), 1e-5)
        np.testing.assert_array_equal(env.step(before.action)[0], turn.observation)


def test_episodes_have_seeds_one_after_another_and_pictures_if_asked(cart):
    turns = played(cart, seed=7, episodes=2)
    assert {(turn.episode, turn.seed) for turn in turns} == {(0, 7), (1, 8)}
    assert all(turn.picture.shape == (400, 600, 3) for turn in turns)
    assert all(turn.picture.dtype == np.uint8 for turn in turns)


def test_an_episode_can_be_left(cart):
    steps = iter([False, True])
    assert len(played(cart, draws=False, over=lambda: next(steps))) == 2


@pytest.mark.parametrize(
    ("head", "atoms"),
    [(heads.C51(atoms=5), True), (heads.QuantileRegression(quantiles=4), False)],
    ids=["atoms", "quantiles"],
)
def test_a_distribution_is_thought_of_too(head, atoms):
    turns = played(untrained("CartPole-v1", small(head=head)), draws=False)
    returns = turns[0].thought.returns
    assert returns.are_atoms == atoms
    assert returns.probabilities.shape == (2, len(np.atleast_2d(returns.values)[0]))
    mean = (returns.values * returns.probabilities).sum(-1)
    np.testing.assert_allclose(mean, turns[0].thought.q_values, rtol=1e-4, atol=1e-6)


def test_members_of_an_ensemble_are_thought_of_too():
    agent = small(head=heads.Ensemble(members=3), explorer=qlax.explorers.FollowMember())
    turns = played(untrained("CartPole-v1", agent), draws=False)
    members = turns[0].thought.members
    assert members.shape == (3, 2)
    np.testing.assert_allclose(members.mean(0), turns[0].thought.q_values, rtol=1e-4, atol=1e-6)


def test_a_memory_is_carried_along_and_told_what_somebody_else_did():
    agent = qlax.presets.drqn()
    agent = agent.replace(
        memory=qlax.memories.PreviousActionAndReward(memory=qlax.memories.GRU(size=4)),
        network=qlax.networks.MLP(hidden=(8,)),
    )
    policy = untrained("CartPole-v1", agent)

    def thoughts(actions):
        with opened("CartPole-v1") as source, game(source, policy, draws=False) as open_game:
            turns = [open_game.begin(3)]
            turns += [open_game.take(action) for action in actions]
        return [turn.thought.q_values for turn in turns]

    actor, env = policy.actor(), gymnasium.make("CartPole-v1")
    observation, _ = env.reset(seed=3)
    own = [actor.act(observation, first=True)]
    observation, reward, *_ = env.step(own[0])
    actor.act(observation, reward=reward)
    itself, the_same, other = thoughts([None]), thoughts(own), thoughts([1 - own[0]])
    np.testing.assert_array_equal(itself[1], the_same[1])
    assert not np.array_equal(itself[1], other[1])


class Masked(gymnasium.Env):
    """Only action `step % 3` is legal; taking another is an error."""

    observation_space = gymnasium.spaces.Dict(
        {"a": gymnasium.spaces.Box(-1.0, 1.0, (2,), np.float32), "b": gymnasium.spaces.Discrete(4)}
    )
    action_space = gymnasium.spaces.Discrete(3, start=1)

    def _seen(self):
        legal = np.arange(3) == self.at % 3
        shown = {"a": np.zeros(2, np.float32), "b": self.at % 4}
        return shown, {"action_mask": legal.astype(np.int8)}

    def reset(self, *, seed=None, options=None):
        self.at = 0
        return self._seen()

    def step(self, action):
        assert action == 1 + self.at % 3
        self.at += 1
        seen, info = self._seen()
        return seen, 1.0, self.at == 5, False, info


def test_masks_and_dicts_are_read_and_actions_numbered_as_the_environment_does():
    agent = small()
    policy = untrained(Masked, agent)
    turns = played(policy, Masked, draws=False)
    assert [turn.action for turn in turns] == [1, 2, 3, 1, 2, None]
    assert [np.isfinite(turn.thought.q_values).sum() for turn in turns[:-1]] == [1] * 5
    assert turns[-1].legal is None


class Single(Masked):
    """Only one may be open at a time, and it draws itself."""

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012
    open = 0

    def __init__(self, render_mode=None):
        assert Single.open == 0
        Single.open += 1
        self.render_mode = render_mode

    def render(self):
        return np.full((3, 5), 0.5)

    def close(self):
        Single.open = 0


def test_one_environment_is_enough():
    policy = untrained(Masked, small())
    gymnasium.register("Single-v0", Single)
    try:
        turns = played(policy, "Single-v0")
    finally:
        gymnasium.registry.pop("Single-v0")
    assert Single.open == 0
    assert turns[0].picture.shape == (3, 5, 3)
    assert {int(turn.picture.max()) for turn in turns} == {127}


def test_where_nothing_can_be_drawn_a_sentence_says_so():
    policy = untrained(Masked, small())
    with pytest.raises(UsageError, match="Masked cannot be drawn: it has no render mode 'rgb_a"):
        played(policy, Masked)
    chain = untrained("MemoryChain-bsuite", small())
    with pytest.raises(UsageError, match="MemoryChain-bsuite cannot be drawn: it takes no"):
        played(chain)
    assert len(played(chain, draws=False)) > 1
    dynamics = MemoryChain()
    with pytest.raises(UsageError, match="pure functions in JAX, which have no pictures"):
        played(chain, dynamics)


def test_boards_that_are_shown_are_drawn_where_nothing_else_is():
    catch = untrained("Catch-bsuite", small())
    for env in (None, Catch()):
        turns = played(catch, env)
        assert len(turns) == 10
        assert {turn.picture.shape for turn in turns} == {(10, 5, 3)}
        assert not np.array_equal(turns[0].picture, turns[1].picture)


@pytest.mark.exhaustive
def test_episodes_that_nothing_ends_are_cut():
    turns = played(untrained("CliffWalking-v1", small()), draws=False)
    assert (turns[-1].step, turns[-1].end) == (10_000, "truncated")


def test_a_policy_of_masks_needs_them():
    policy = untrained(Masked, small())

    class Unmasked(Masked):
        def _seen(self):
            return super()._seen()[0], {}

    with pytest.raises(UsageError, match="with action masks"):
        played(policy, Unmasked, draws=False)
