"""Random play: what is seen, in which time, and that it does not depend on the time."""

import numpy as np

from qlax.envs.opening import opened
from qlax.envs.traits import STAGES, played, traits_in, traits_of
from tests.advising import worlds
from tests.probes import mdp


def play(env, seed=0):
    with opened(env) as source:
        return played(source, seed)


def test_both_halves_are_as_long():
    seen = play(worlds.Walk)
    assert len(seen.single.actions) == len(seen.held.actions) == STAGES[-1]
    assert seen.steps == 2 * STAGES[-1]


def test_it_depends_on_its_seed_alone():
    first, again, other = play(worlds.Balance), play(worlds.Balance), play(worlds.Balance, seed=7)
    assert first.single.before == again.single.before
    assert first.held.rewards == again.held.rewards
    assert first.single.actions != other.single.actions


def test_actions_are_held_in_one_half_alone():
    seen = play(worlds.Endless)
    changes = [np.count_nonzero(np.diff(half.actions, axis=0)) for half in (seen.single, seen.held)]
    assert changes[0] > 10 * changes[1] > 0


def test_only_legal_actions_are_taken():
    assert abs(traits_in_of(worlds.Masked).legal - 1 / 3) < 1e-6


def traits_in_of(env):
    with opened(env) as source:
        return traits_of(source)


def test_episodes_and_rewards_are_counted():
    traits = traits_in_of(lambda: worlds.Walk(length=3, goal=5.0, limit=8))
    assert traits.episodes.longest == 8
    assert traits.episodes.shortest == 3
    assert traits.episodes.begin_alike
    assert (traits.rewards.lowest, traits.rewards.highest, traits.rewards.kinds) == (0.0, 5.0, 2)
    assert traits.rewards.only_at_ends
    assert traits.rewards.highest_return == 5.0 * 0.99**2


def test_what_is_slow_is_played_less_or_not():
    with opened(worlds.Sleeper) as source:
        assert traits_of(source).steps == 0


def test_what_fails_is_not_known():
    assert play(worlds.Failing) is None


def test_an_environment_is_left_as_it_was_found():
    env = worlds.Walk()
    play(env)
    observation, _ = env.reset(seed=3)  # it was lent, and is not closed
    assert observation.shape == (1,)


def test_functions_are_played_in_a_program():
    seen = play(mdp.Probe(mdp.choices()))
    assert not seen.is_on_host
    assert seen.steps == 2 * STAGES[-1]
    with opened(mdp.Probe(mdp.choices())) as source:
        assert traits_in(source.spec, seen).rewards.kinds >= 1


def test_the_past_tells_where_something_is_to_be_remembered():
    assert traits_in_of(worlds.Recall).shown.past_tells > 0.5
    assert traits_in_of("MemoryChain-bsuite").shown.past_tells > 0.5
    for env in ("FrozenLake-v1", "Blackjack-v1", "Catch-bsuite", worlds.States):
        assert traits_in_of(env).shown.past_tells == 0.0, env
