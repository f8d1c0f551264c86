"""The functions of an agent, against plain NumPy."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from qlax import (
    Agent,
    bootstraps,
    explorers,
    heads,
    networks,
    observations,
    optimizers,
    replay,
    schedules,
    targets,
)
from qlax.drivers import CompiledDriver
from qlax.envs import TimeStep
from qlax.envs.vectorised import Vectorised
from qlax.spaces import Box, EnvSpec
from qlax.states import ActingParams
from tests.drivers.runs import assert_equal
from tests.probes import mdp, playing
from tests.probes.training import DISCOUNT, agent_for_probes, learned_q_values

WORLD = mdp.side_by_side([mdp.choices(), mdp.slippery_corridor(3)], time_limit=4)


def textbook(num_envs=1, **parts):
    """Return the Q-table of the textbook as an agent."""
    return agent_for_probes(
        replay=replay.Latest(),
        num_envs=num_envs,
        learning_starts=num_envs,
        **{"optimizer": optimizers.SGD(learning_rate=0.3), **parts},
    )


def transitions(agent, steps, seed=0):
    """Play an agent step by step; yield (state before, action, timestep, state after learning)."""
    env = Vectorised(mdp.Probe(WORLD), agent.num_envs)
    env_state, timestep = env.init(jax.random.key(seed))
    state = agent.init(jax.random.key(seed + 1), env.spec, timestep)
    act, step = jax.jit(functools.partial(playing.act, agent)), jax.jit(env.step)
    finish = jax.jit(lambda *given: playing.learn(agent, playing.observe(agent, *given)))
    for _ in range(steps):
        action, state = act(state, timestep)
        env_state, after = step(env_state, action)
        state, _ = finish(state, timestep, action, after)
        yield timestep, np.asarray(action), after, state
        timestep = after


def online_values(agent, state):
    """Return the online network's action values of every state."""
    rows = jnp.arange(len(WORLD.start))
    return agent.values(agent.acting_params(state.learner), state.learner.spec, rows)[0]


def test_a_one_hot_network_is_the_textbooks_table_update_by_update():
    """Q[s, a] ← Q[s, a] + η (r + γ (1 − terminal) max_a′ Q[s′, a′] − Q[s, a])."""
    table = np.zeros((len(WORLD.start), 2))
    agent = textbook()
    rewarded = 0
    for before, (action,), after, state in transitions(agent, 400):
        if not bool(before.done[0]):  # a step that only resets teaches nothing
            s, s_next = int(before.observation[0]), int(after.observation[0])
            reward = float(after.reward[0])
            ahead = 0.0 if bool(after.terminated[0]) else table[s_next].max()
            table[s, action] += 0.3 * (reward + DISCOUNT * ahead - table[s, action])
            rewarded += reward != 0
        learned = online_values(agent, state)
        np.testing.assert_allclose(learned, table, atol=1e-5)
    assert rewarded > 30
    assert np.abs(table).max() > 0.5


def test_several_environments_teach_a_table_the_mean_of_their_steps():
    table = np.zeros((len(WORLD.start), 2))
    agent = textbook(num_envs=4)
    for before, actions, after, state in transitions(agent, 100):
        change = np.zeros_like(table)
        for env, action in enumerate(actions):
            if not bool(before.done[env]):
                s, s_next = int(before.observation[env]), int(after.observation[env])
                ahead = 0.0 if bool(after.terminated[env]) else table[s_next].max()
                error = float(after.reward[env]) + DISCOUNT * ahead - table[s, action]
                change[s, action] += 0.3 * error / 4
        table += change
        learned = online_values(agent, state)
        np.testing.assert_allclose(learned, table, atol=1e-5)


def test_a_learning_rate_schedule_counts_updates():
    schedule = schedules.Linear(start=0.5, end=0.1, steps=20)
    table = np.zeros((len(WORLD.start), 2))
    agent = textbook(optimizer=optimizers.SGD(learning_rate=schedule))
    updates = 0
    for before, (action,), after, state in transitions(agent, 60):
        if not bool(before.done[0]):  # a step that only resets is no update
            rate = 0.5 - 0.4 * min(updates / 20, 1.0)
            updates += 1
            s, s_next = int(before.observation[0]), int(after.observation[0])
            ahead = 0.0 if bool(after.terminated[0]) else table[s_next].max()
            table[s, action] += rate * (
                float(after.reward[0]) + DISCOUNT * ahead - table[s, action]
            )
        assert int(state.learner.updates) == updates
        learned = online_values(agent, state)
        np.testing.assert_allclose(learned, table, atol=1e-5)


class Momentum(optimizers.MinimisesLoss):
    """An optimiser of a user's own, which knows nothing of steps that do not count."""

    learning_rate = 0.1

    def transformation(self):
        return optax.with_extra_args_support(optax.trace(0.9))


@pytest.mark.parametrize(
    "parts",
    [
        {"optimizer": optimizers.SGD(), "target": targets.Exchange()},
        {"optimizer": optimizers.Adam(), "target": targets.Polyak(tau=0.1)},
        {"optimizer": optimizers.Adam(max_grad_norm=1.0), "target": targets.Periodic(period=3)},
        {"optimizer": optimizers.RMSProp(), "target": targets.Averaged(tau=0.1)},
        {"optimizer": Momentum(), "target": targets.Polyak(tau=0.1)},
        {"optimizer": optimizers.TraceSGD(), "target": targets.Polyak(tau=0.1)},
        {"optimizer": optimizers.ObGD(), "target": targets.Polyak(tau=0.1)},
    ],
    ids=lambda parts: "-".join(type(part).__name__ for part in parts.values()),
)
def test_a_step_that_only_starts_an_episode_moves_nothing_that_learns(parts):
    taught = resets = 0
    remembers = isinstance(parts["optimizer"], optimizers.Adam | optimizers.RMSProp)
    for step in playing.played(textbook(**parts), WORLD, 60):
        before, after = step.before.learner, step.after.learner
        taught += not step.reset
        assert int(after.updates) == taught
        if step.reset:
            resets += 1
            assert_equal(after.params, before.params)
            assert_equal(after.target, before.target)
            if remembers:
                assert_equal(after.optimizer, before.optimizer)
    assert min(taught, resets) > 10


def advanced(agent, iterations=60, prepare=lambda state: state):
    driver = CompiledDriver(agent, Vectorised(mdp.Probe(WORLD), agent.num_envs))
    return driver.advance(prepare(driver.init([0])), 0, iterations)


def with_learner(state, **changes):
    learner = state.agent.learner.replace(**changes)
    return state.replace(agent=state.agent.replace(learner=learner))


def test_double_with_equal_networks_is_greedy():
    common = {"target": targets.Online(), "network": networks.MLP(hidden=(8,))}
    greedy = advanced(agent_for_probes(bootstrap=bootstraps.Greedy(), **common))
    double = advanced(agent_for_probes(bootstrap=bootstraps.Double(), **common))
    assert_equal(greedy.agent, double.agent, atol=1e-6)


def test_double_with_different_networks_is_not_greedy():
    common = {"target": targets.Periodic(period=10), "network": networks.MLP(hidden=(8,))}
    greedy = advanced(agent_for_probes(bootstrap=bootstraps.Greedy(), **common))
    double = advanced(agent_for_probes(bootstrap=bootstraps.Double(), **common))
    with pytest.raises(AssertionError):
        assert_equal(greedy.agent.learner.params, double.agent.learner.params, atol=1e-6)


def test_the_discount_is_data():
    """Two γ mapped over in one program are two agents."""
    common = {"num_envs": 4, "learning_starts": 4}
    driver = CompiledDriver(
        agent_for_probes(**common), Vectorised(mdp.Probe(WORLD), 4), side_by_side=True
    )
    state = driver.init([0, 0])
    state = with_learner(state, discount=jnp.array([0.3, DISCOUNT]))
    state = driver.advance(state, 0, 50)
    for index, discount in enumerate((0.3, DISCOUNT)):
        alone = advanced(agent_for_probes(discount=discount, **common), 50)
        ours = jax.tree.map(lambda leaf, i=index: leaf[i], state.agent.learner.params)
        assert_equal(ours, alone.agent.learner.params, atol=1e-5)


def test_a_learning_rate_factor_of_zero_learns_nothing():
    def stop(state):
        return with_learner(state, learning_rate=jnp.float32(0))

    state = advanced(agent_for_probes(network=networks.MLP(hidden=(8,))), prepare=stop)
    driver = CompiledDriver(
        agent_for_probes(network=networks.MLP(hidden=(8,))), Vectorised(mdp.Probe(WORLD), 16)
    )
    assert_equal(state.agent.learner.params, driver.init([0]).agent.learner.params)


def weights_of(state):
    """Return w and c of the output c_a + w_a x, each of shape [A]."""
    output = state.learner.params["params"]["output"]
    return np.asarray(output["kernel"]).reshape(-1), np.asarray(output["bias"])


@pytest.mark.parametrize("stage", [observations.ScaleToBounds(), observations.Normalise()])
def test_observations_are_treated_alike_in_acting_and_learning(stage):
    """A box with a far-off centre: raw in one place and scaled in the other could not fit.

    Limits of 1000 and 1010, or having seen just these two, both make them −1 and 1.
    """
    space = Box(shape=(1,), dtype="float32", low=1_000.0, high=1_010.0)
    spec = EnvSpec(id="Box", observation=space, num_actions=2)
    agent = Agent(
        network=networks.MLP(hidden=()),
        head=heads.Scalar(loss_function="squared"),
        observation=stage,
        optimizer=optimizers.SGD(learning_rate=0.2),
        target=targets.Online(),
        replay=replay.Latest(),
        learning_starts=1,
        discount=0.5,
    )

    def shown(place, reward=0.0, done=False, first=False):
        return TimeStep(
            jnp.array([[place]], jnp.float32),
            jnp.array([reward], jnp.float32),
            jnp.array([done]),
            jnp.array([False]),
            jnp.array([first]),
        )

    state = agent.init(jax.random.key(0), spec, shown(1_000.0, first=True))
    kernel, bias = weights_of(state)
    action, after = jnp.array([1]), shown(1_010.0, reward=2.0)
    state = playing.observe(agent, state, shown(1_000.0), action, after)
    state, metrics = playing.learn(agent, state)
    # s = −1 and s′ = +1 after scaling: Q(s, a) = c_a − w_a and Q(s′, a) = c_a + w_a.
    now, ahead = bias - kernel, bias + kernel
    error = 2.0 + 0.5 * ahead.max() - now[1]
    assert float(metrics["loss"]) == pytest.approx(0.5 * error**2, rel=1e-4)
    kernel_after, bias_after = weights_of(state)
    np.testing.assert_allclose(kernel_after[1], kernel[1] - 0.2 * error, rtol=1e-4)
    np.testing.assert_allclose(bias_after[1], bias[1] + 0.2 * error, rtol=1e-4)
    np.testing.assert_allclose([kernel_after[0], bias_after[0]], [kernel[0], bias[0]])


@pytest.mark.parametrize(
    ("parts", "due"),
    [
        # From iteration 1 on: learning starts when iteration · num_envs ≥ learning_starts.
        ({"learning_starts": 3}, [0, 0, 1, 1, 1, 1]),
        ({"learning_starts": 3, "update_every": 2}, [0, 0, 0, 1, 0, 1]),
        ({"learning_starts": 3, "updates": 4}, [0, 0, 4, 4, 4, 4]),
        ({"learning_starts": 5, "num_envs": 2}, [0, 0, 1, 1, 1, 1]),
        (
            {"learning_starts": 6, "num_envs": 2, "update_every": 5, "updates": 2},
            [0, 0, 0, 0, 2, 0],
        ),
    ],
)
def test_updates_fall_due_on_schedule(parts, due):
    agent = Agent(**parts)
    assert [int(agent.updates_due(jnp.int32(i))) for i in range(1, 7)] == due
    driver = CompiledDriver(
        agent_for_probes(**{"num_envs": 1, **parts}),
        Vectorised(mdp.Probe(WORLD), parts.get("num_envs", 1)),
    )
    assert int(driver.advance(driver.init([0]), 0, 6).agent.learner.updates) == sum(due)


def test_steps_and_episodes_are_counted():
    agent = agent_for_probes(num_envs=3, learning_starts=1_000)
    ended = np.zeros(3, int)
    env = Vectorised(mdp.Probe(WORLD), 3)
    env_state, timestep = env.init(jax.random.key(0))
    state = agent.init(jax.random.key(1), env.spec, timestep)
    for _ in range(20):
        action, state = playing.act(agent, state, timestep)
        env_state, after = env.step(env_state, action)
        state = playing.observe(agent, state, timestep, action, after)
        ended += np.asarray(after.done)
        timestep = after
    assert int(state.actor.clock.env_steps) == 60
    assert state.actor.clock.episodes.tolist() == ended.tolist()
    assert ended.min() > 0


@pytest.mark.parametrize("target", [targets.Polyak(tau=0.1), targets.Online()])
def test_the_finished_policy_has_the_parameters_asked_for(target):
    agent = agent_for_probes(target=target)
    state = advanced(agent).agent.learner
    assert_equal(agent.policy_params(state), ActingParams(state.params, ()))
    averaged = agent.replace(policy="target")
    expected = ActingParams(target.params(state.target, state.params), ())
    assert_equal(averaged.policy_params(state), expected)


def test_an_agent_acts_by_the_values_it_has_learned():
    agent = agent_for_probes(explorer=explorers.Greedy())
    state = advanced(agent)
    learned = learned_q_values(agent, state, WORLD)
    action, _ = playing.act(agent, state.agent, state.timestep)
    expected = learned[np.asarray(state.timestep.observation)].argmax(-1)
    np.testing.assert_array_equal(action, expected)


def test_how_likely_each_action_was_is_stored_beside_it():
    """With ε = 0.4 and two actions: 0.8 for the best by the values then, 0.2 for the other."""
    agent = agent_for_probes(
        network=networks.MLP(hidden=(8,)),
        explorer=explorers.EpsilonGreedy(epsilon=0.4),
        replay=replay.Sequences(
            capacity=400, length=4, lambda_return=replay.LambdaReturn(kind="retrace")
        ),
        num_envs=4,
        learning_starts=1_000_000,
    )
    state = advanced(agent, 60)
    ring = state.agent.replay.stream
    learned = learned_q_values(agent, state, WORLD)
    shown = np.asarray(ring.seen.observation)[:60]
    action, probability = np.asarray(ring.action)[:60], np.asarray(ring.probability)[:60]
    expected = np.where(action == learned.argmax(-1)[shown], 0.8, 0.2)
    np.testing.assert_allclose(probability, expected, rtol=1e-5)
    assert (probability < 0.5).sum() > 10


def test_acting_draws_new_random_numbers_every_time():
    agent = agent_for_probes(num_envs=64, learning_starts=64)
    env = Vectorised(mdp.Probe(WORLD), 64)
    _, timestep = env.init(jax.random.key(0))
    state = agent.init(jax.random.key(1), env.spec, timestep)
    first, state = playing.act(agent, state, timestep)
    second, _ = playing.act(agent, state, timestep)
    assert first.tolist() != second.tolist()
