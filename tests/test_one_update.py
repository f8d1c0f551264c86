"""One update by hand: which network, which state and which actions each part of a target is of.

Two states and three actions, of which the last is illegal and, by both networks, worth most. The
online network and the target network agree in nothing.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special

from qlax import bootstraps, explorers, optimizers, replay, targets
from qlax.envs import TimeStep
from qlax.spaces import Discrete, EnvSpec
from tests.probes import playing
from tests.probes.playing import table_of
from tests.probes.training import DISCOUNT, agent_for_probes

SPEC = EnvSpec(id="Two", observation=Discrete(2), num_actions=3, has_mask=True)
LEGAL = [True, True, False]
ONLINE = np.array([[0.5, 0.25, 3.0], [-0.5, 0.75, 4.0]], np.float32)
TARGET = np.array([[0.125, 0.5, 2.0], [1.5, 1.25, 5.0]], np.float32)


def shown(state, reward=0.0, *, first=False):
    return TimeStep(
        jnp.array([state]),
        jnp.array([reward], jnp.float32),
        jnp.array([False]),
        jnp.array([False]),
        jnp.array([first]),
        jnp.array([LEGAL]),
    )


def begun(**parts):
    """Return an agent and its state in state 0, with both tables as above."""
    agent = agent_for_probes(
        replay=replay.Latest(),
        num_envs=1,
        learning_starts=1,
        target=targets.Periodic(period=1_000),
        optimizer=parts.pop("optimizer", optimizers.SGD(learning_rate=0.5)),
        **parts,
    )
    state = agent.init(jax.random.key(0), SPEC, shown(0, first=True))
    online, target = (
        jax.tree.map(lambda _, table=table: jnp.asarray(table), state.learner.params)
        for table in (ONLINE, TARGET)
    )
    return agent, state.replace(learner=state.learner.replace(params=online, target=target))


def learned(agent, state, before, action, after):
    """Return the state after learning from one step."""
    state = playing.observe(agent, state, before, jnp.array([action]), after)
    return playing.learn(agent, state)[0]


def log_softmax(values, temperature):
    return scipy.special.log_softmax(np.asarray(values, np.float64) / temperature)


SOFT = log_softmax(TARGET[1, :2], 0.5)
TARGETS = {
    # 2 + 0.8 v(s′), with v(s′) of state 1, always judged by the target network.
    "greedy": (bootstraps.Greedy(), 1.5),
    # The online network likes action 1 best.
    "double": (bootstraps.Double(), 1.25),
    # ε = 0.4 of two legal actions: 0.8 on the target network's best, 0.2 on the other.
    "expected sarsa": (bootstraps.ExpectedSarsa(), 0.8 * 1.5 + 0.2 * 1.25),
    "boltzmann": (bootstraps.Boltzmann(temperature=0.5), np.exp(SOFT) @ TARGET[1, :2]),
    "soft": (
        bootstraps.Boltzmann(temperature=0.5, soft=True),
        0.5 * scipy.special.logsumexp(TARGET[1, :2] / 0.5),
    ),
    "munchausen": (
        bootstraps.Munchausen(alpha=0.5, temperature=0.5, floor=-10.0),
        # The bonus is of action 1 in state 0, by the target network.
        0.5 * scipy.special.logsumexp(TARGET[1, :2] / 0.5)
        + 0.5 * 0.5 * log_softmax(TARGET[0, :2], 0.5)[1] / DISCOUNT,
    ),
}


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_has_the_right_networks_values_of_the_right_state(name):
    bootstrap, value = TARGETS[name]
    agent, state = begun(
        bootstrap=bootstrap,
        explorer=explorers.EpsilonGreedy(epsilon=0.4),
    )
    state = learned(agent, state, shown(0, first=True), 1, shown(1, 2.0))
    expected = ONLINE.copy()
    expected[0, 1] += 0.5 * (2.0 + DISCOUNT * value - ONLINE[0, 1])
    np.testing.assert_allclose(table_of(state.learner.params), expected, rtol=1e-5)


@pytest.mark.parametrize("optimizer", [optimizers.TraceSGD, optimizers.ObGD])
@pytest.mark.parametrize(("action", "kept"), [(1, True), (0, False)])
def test_the_best_legal_action_is_greedy_whatever_illegal_ones_are_worth(optimizer, action, kept):
    """In state 1 action 1 is the best of the legal ones: the trace of the step before stays."""
    agent, state = begun(optimizer=optimizer(learning_rate=0.125, trace_decay=0.5))
    state = learned(agent, state, shown(0, first=True), 0, shown(1, 2.0))
    first = table_of(state.learner.params)
    after = learned(agent, state, shown(1), action, shown(0, 3.0))
    second = table_of(after.learner.params)
    assert second[1, action] != first[1, action]
    assert (second[0, 0] != first[0, 0]) == kept


@pytest.mark.parametrize("optimizer", [optimizers.TraceSGD, optimizers.ObGD])
def test_an_action_that_is_equal_to_the_best_is_greedy(optimizer):
    agent, state = begun(optimizer=optimizer(learning_rate=0.125, trace_decay=0.5))
    tied = jax.tree.map(lambda table: table.at[1, :2].set(0.75), state.learner.params)
    state = state.replace(learner=state.learner.replace(params=tied))
    state = learned(agent, state, shown(0, first=True), 0, shown(1, 2.0))
    first = table_of(state.learner.params)
    for action in (0, 1):
        second = table_of(learned(agent, state, shown(1), action, shown(0, 3.0)).learner.params)
        assert second[0, 0] != first[0, 0]


def test_how_likely_an_action_was_is_asked_among_legal_ones():
    """ε = 0.4: 0.8 for the best of two, 0.2 for the other; of three it would be 0.73 and 0.13."""
    agent = agent_for_probes(
        explorer=explorers.EpsilonGreedy(epsilon=0.4),
        replay=replay.Rollout(
            length=2, minibatches=1, lambda_return=replay.LambdaReturn(kind="retrace")
        ),
        num_envs=1,
    )
    state = agent.init(jax.random.key(0), SPEC, shown(0, first=True))
    params = jax.tree.map(lambda _: jnp.asarray(ONLINE), state.learner.params)
    state = state.replace(learner=state.learner.replace(params=params))
    seen = {}
    for seed in range(30):
        actor = state.actor.replace(key=jax.random.key(seed))
        action, acted = playing.act(agent, state.replace(actor=actor), shown(0, first=True))
        seen[int(action[0])] = float(acted.actor.probability[0])
    assert seen == {0: pytest.approx(0.8), 1: pytest.approx(0.2)}
