"""Two tables that change places, beside double Q-learning in NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qlax import Agent, UsageError, bootstraps, explorers, heads, networks, optimizers, replay
from qlax.drivers import CompiledDriver
from qlax.envs.vectorised import Vectorised
from qlax.memories import GRU
from qlax.schedules import Exponential
from qlax.targets import Exchange
from tests.probes import mdp
from tests.probes.playing import played, table_of
from tests.probes.training import DISCOUNT, agent_for_probes, assert_learns_q_star

WORLD = mdp.side_by_side([mdp.choices(), mdp.slippery_corridor(3)], time_limit=4)
DOUBLE = {"target": Exchange(), "bootstrap": bootstraps.Double()}


def swapped_after(updates):
    """Return which updates the tables change places after, bool."""

    def one(update):
        online, other = Exchange().update(jnp.int32(0), jnp.int32(1), update)
        return online == 0, other == 1

    online, other = jax.vmap(one)(jnp.asarray(updates))
    np.testing.assert_array_equal(online, other)
    return np.asarray(online)


def test_both_tables_are_equal_at_first_and_act_as_their_mean():
    target, params = Exchange(), {"w": jnp.array([1.0, 2.0])}
    state = target.init(params)
    np.testing.assert_array_equal(target.params(state, None)["w"], [1.0, 2.0])
    later = {"w": jnp.array([5.0, 2.0])}
    np.testing.assert_array_equal(target.acting_params(state, later)["w"], [3.0, 2.0])


def test_tables_stay_or_change_places_and_are_never_changed():
    target, one, other = Exchange(), {"w": jnp.array([1.0])}, {"w": jnp.array([2.0])}
    seen = set()
    for update in range(1, 20):
        online, state = target.update(other, one, jnp.int32(update))
        seen.add((float(online["w"][0]), float(target.params(state, online)["w"][0])))
    assert seen == {(1.0, 2.0), (2.0, 1.0)}


def test_the_coin_is_fair_and_has_no_memory():
    swaps = swapped_after(np.arange(1, 10_001))
    # ½ ± 5 standard deviations of ½ / √10000
    assert swaps.mean() == pytest.approx(0.5, abs=0.025)
    assert (swaps[1:] == swaps[:-1]).mean() == pytest.approx(0.5, abs=0.025)


def test_an_agent_does_double_q_learning():
    """Q_A[s, a] ← Q_A[s, a] + η (r + γ Q_B[s′, argmax Q_A[s′]] − Q_A[s, a]), A by lot."""
    tables = np.zeros((2, len(WORLD.start), 2))
    agent = agent_for_probes(
        **DOUBLE,
        num_envs=1,
        learning_starts=1,
        replay=replay.Latest(),
        explorer=explorers.EpsilonGreedy(epsilon=0.4),
        optimizer=optimizers.SGD(learning_rate=0.3),
    )
    swaps = iter(swapped_after(np.arange(1, 801)))
    learned, updated, differed = 0, [0, 0], 0
    for step in played(agent, WORLD, 800):
        own, other = tables[learned], tables[1 - learned]
        if not step.reset:
            best = own[step.following].argmax()
            differed += best != other[step.following].argmax()
            ahead = 0.0 if step.terminated else DISCOUNT * other[step.following, best]
            error = step.reward + ahead - own[step.state, step.action]
            own[step.state, step.action] += 0.3 * error
            updated[learned] += 1
            learned = (learned + next(swaps)) % 2  # the coin is tossed after an update, only then
        found = table_of(step.after.learner.params)
        np.testing.assert_allclose(found, tables[learned], atol=1e-5)
        judge = agent.target.params(step.after.learner.target, step.after.learner.params)
        found = table_of(judge)
        np.testing.assert_allclose(found, tables[1 - learned], atol=1e-5)
        found = table_of(agent.policy_params(step.after.learner).network)
        np.testing.assert_allclose(found, tables.mean(0), atol=1e-5)
    assert min(updated) > 100
    assert differed > 10


def test_actions_are_chosen_by_the_mean_of_both():
    agent = agent_for_probes(
        **DOUBLE,
        num_envs=1,
        learning_starts=1,
        replay=replay.Latest(),
        explorer=explorers.Greedy(),
        optimizer=optimizers.SGD(learning_rate=0.3),
    )
    for step in played(agent, WORLD, 100):
        one = table_of(step.before.learner.params)
        other = table_of(step.before.learner.target)
        assert step.action == (one + other)[step.state].argmax()


def test_it_learns_q_star():
    rate = Exponential(start=6.0, rate=0.9985, end=0.2)
    process = mdp.side_by_side([*mdp.FORCED.values(), *mdp.FREE.values()], time_limit=4)
    agent = agent_for_probes(**DOUBLE, optimizer=optimizers.SGD(learning_rate=rate))
    assert_learns_q_star(agent, process, 3_000)


def worth_of_a_gamble(seeds=64, **parts):
    """Return what agents learn that the way to a gamble is worth, the mean over many of them.

    From state 0 everything leads to state 1, where each of 8 actions pays −1 or 1: all are worth 0.
    """
    chance, reward = np.zeros((2, 4, 8, 4))
    chance[0, :, 1], chance[1, :, 2:] = 1.0, 0.5
    reward[1, :, 2], reward[1, :, 3] = -1.0, 1.0
    terminal, start = np.array([False, False, True, True]), np.array([1.0, 0.0, 0.0, 0.0])
    agent = agent_for_probes(
        num_envs=1,
        learning_starts=1,
        replay=replay.Latest(),
        optimizer=optimizers.SGD(learning_rate=0.1),
        **parts,
    )
    env = Vectorised(mdp.Probe(mdp.MDP(chance, reward, terminal, start)), 1)
    driver = CompiledDriver(agent, env, side_by_side=True)
    state = driver.advance(driver.init(range(seeds)), 0, 2_000).agent.learner
    values = jax.vmap(
        lambda state: agent.values(agent.policy_params(state), state.spec, jnp.array([0]))[0]
    )
    return float(values(state).mean())


def test_it_does_not_overestimate_the_best_of_many_noisy_actions():
    """Estimates deviate by √(η / (2 − η)) = 0.23, and the best of 8 is 1.4 of that above 0."""
    assert worth_of_a_gamble(bootstrap=bootstraps.Greedy()) > 0.15
    # Of one agent's, at most 0.8 · 0.23; of the mean of 64, 5 standard deviations.
    assert abs(worth_of_a_gamble(**DOUBLE)) < 5 * 0.8 * 0.23 / 8


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"network": networks.MLP()}, "needs a Table or TileCoding"),
        ({"head": heads.Scalar(stream=heads.Dueling())}, "needs a Table or TileCoding"),
        ({"head": heads.Scalar(rescaling=heads.SquareRoot())}, "without rescaling"),
        ({"memory": GRU(), "replay": replay.Sequences()}, "no memory"),
        ({"optimizer": optimizers.Adam()}, "what Adam remembers"),
        ({"optimizer": optimizers.RMSProp()}, "what RMSProp remembers"),
    ],
)
def test_what_has_no_mean_or_cannot_change_places_is_refused(parts, reason):
    fine = {"network": networks.Table(), "optimizer": optimizers.SGD(), **DOUBLE}
    assert Agent(**fine).replace(network=networks.TileCoding()).target == Exchange()
    with pytest.raises(UsageError, match=rf"Exchange .*{reason}"):
        Agent(**{**fine, **parts})
