"""Every part, and every two parts together, learn the values that are true."""

import numpy as np
import pytest

from qlax import explorers, heads, networks, optimizers, replay, rewards, schedules
from qlax.config import pasteable
from tests import parts
from tests.probes import mdp
from tests.probes.combinations import every_combination, every_pair, pairs_of
from tests.probes.training import (
    DISCOUNT,
    agent_for_probes,
    assert_learns_q_star,
    learned_q_values,
    trained,
)

pytestmark = pytest.mark.usefixtures("quickly_compiled")

ITERATIONS = 3_000
TIME_LIMIT = 4
FORCED = mdp.side_by_side(list(mdp.FORCED.values()), TIME_LIMIT)
PROBES = {**mdp.FORCED, **mdp.FREE}
ALL = mdp.side_by_side(list(PROBES.values()), TIME_LIMIT)

SGD = optimizers.SGD(learning_rate=schedules.Exponential(start=6.0, rate=0.9985, end=0.2))
ADAM = optimizers.Adam(learning_rate=schedules.Exponential(start=0.01, rate=0.9985, end=1e-4))

# TileCoding needs a Box: it is trained on one in `test_tile_coding.py`.
NETWORKS = tuple(part for part in parts.NETWORKS if not isinstance(part, networks.TileCoding))
SLOTS = (
    parts.BOOTSTRAPS,
    parts.STREAMS,
    parts.TARGETS,
    parts.REPLAYS,
    NETWORKS,
    parts.HEADS,
    parts.OBSERVATIONS,
)
COUNTS = [len(slot) for slot in SLOTS]


def optimizer_for(network, stream=parts.STREAMS[0]):
    """Return SGD for what is linear in a table, Adam for everything with a hidden layer."""
    is_linear = isinstance(network, networks.Table) and not getattr(stream, "hidden", 0)
    return SGD if is_linear else ADAM


def pytest_generate_tests(metafunc):
    if "combination" in metafunc.fixturenames:
        exhaustive = metafunc.config.getoption("--every-combination")
        chosen = (every_combination if exhaustive else every_pair)(COUNTS)
        combinations = [
            tuple(slot[option] for slot, option in zip(SLOTS, options, strict=True))
            for options in chosen
        ]
        metafunc.parametrize(
            "combination", combinations, ids=lambda parts: "-".join(map(pasteable, parts))
        )


def test_every_combination_learns_q_star(combination):
    bootstrap, stream, target, memory, network, head, observation = combination
    agent = agent_for_probes(
        bootstrap=bootstrap,
        head=heads.Scalar(loss_function=head.loss_function, stream=stream),
        target=target,
        replay=memory,
        network=network,
        optimizer=optimizer_for(network, stream),
        observation=observation,
    )
    # Off policy, n > 1 steps of random actions are biased: there, no choice may matter.
    assert_learns_q_star(agent, ALL if memory.n_step == 1 else FORCED, ITERATIONS)


def test_the_chosen_combinations_have_every_two_options_together():
    met = set().union(*map(pairs_of, every_pair(COUNTS)))
    assert met == set().union(*map(pairs_of, every_combination(COUNTS)))
    assert len(every_pair(COUNTS)) < len(every_combination(COUNTS)) / 4


@pytest.fixture(scope="module", name="plain_values")
def _plain_values(quickly_compiled):
    """What the plain agent learns of all probes, by the name of the probe."""
    agent = agent_for_probes(optimizer=SGD)
    learned = learned_q_values(agent, trained(agent, ALL, ITERATIONS), ALL)
    sizes = [len(probe.start) for probe in PROBES.values()]
    return dict(zip(PROBES, np.split(learned, np.cumsum(sizes)[:-1]), strict=True))


@pytest.mark.parametrize("name", PROBES)
def test_the_plain_agent_learns_each_probe(plain_values, name):
    probe = PROBES[name]
    true = mdp.value_iteration(probe, DISCOUNT)
    seen = mdp.visited(probe)
    np.testing.assert_allclose(plain_values[name][seen], true[seen], atol=0.03)


@pytest.mark.parametrize("explorer", parts.EXPLORERS, ids=pasteable)
def test_every_explorer_gathers_what_q_star_needs(explorer):
    """Values are those of the optimal policy, whichever policy gathers the data."""
    explores = isinstance(explorer, explorers.EpsilonGreedy)
    agent = agent_for_probes(explorer=explorer, optimizer=SGD)
    assert_learns_q_star(agent, ALL if explores else FORCED, ITERATIONS, best_only=not explores)


@pytest.mark.parametrize("optimizer", parts.OPTIMIZERS, ids=pasteable)
def test_every_optimizer_finds_q_star(optimizer):
    dense = isinstance(optimizer, optimizers.Adam)
    agent = agent_for_probes(
        network=networks.MLP(hidden=(32,)) if dense else networks.Table(), optimizer=optimizer
    )
    assert_learns_q_star(agent, ALL, ITERATIONS)


def paid(process, pay):
    """Return the process with its rewards changed by pay(reward, which steps end an episode)."""
    ends = process.terminal[None, None, :] & (process.chance > 0)
    return process._replace(reward=pay(process.reward, ends))


@pytest.mark.parametrize("reward", parts.REWARDS, ids=pasteable)
def test_every_reward_is_what_values_are_made_of(reward):
    """Training with a reward stage is training in the environment that pays so itself."""
    process = mdp.choices()
    tripled = paid(process, lambda paid, ends: 3.0 * paid)
    agent = agent_for_probes(reward=reward, optimizer=SGD)
    known = {
        rewards.Unchanged: lambda paid, ends: paid,
        rewards.Clipped: lambda paid, ends: paid.clip(-1.0, 1.0),
        rewards.ReplaceLast: lambda paid, ends: (ends * 1.0) + ~ends * paid,
    }
    learned = learned_q_values(agent, trained(agent, tripled, ITERATIONS), tripled)
    true = mdp.value_iteration(paid(tripled, known[type(reward)]), DISCOUNT)
    np.testing.assert_allclose(learned[:2], true[:2], atol=0.05)


def test_fewer_updates_than_steps_learn_the_same_values():
    agent = agent_for_probes(
        update_every=4,
        updates=2,
        replay=replay.Uniform(capacity=4_000, batch_size=32),
        optimizer=optimizers.SGD(
            learning_rate=schedules.Exponential(start=6.0, rate=0.997, end=0.2)
        ),
    )
    assert_learns_q_star(agent, ALL, ITERATIONS)
