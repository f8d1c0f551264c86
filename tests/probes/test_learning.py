"""Every part, and every two parts together, learn the values that are true."""

from dataclasses import fields, replace
from typing import NamedTuple

import numpy as np
import pytest

from qlax import (
    Agent,
    UsageError,
    bootstraps,
    explorers,
    heads,
    layers,
    networks,
    optimizers,
    replay,
    rewards,
    schedules,
    targets,
)
from qlax.config import pasteable
from tests import parts
from tests.probes import mdp, stored_pairs
from tests.probes.combinations import (
    all_pairs,
    every_combination,
    every_pair,
    one_of_each,
    pairs_of,
)
from tests.probes.fixed_points import true_values
from tests.probes.training import (
    DISCOUNT,
    agent_for_probes,
    assert_learns,
    assert_learns_q_star,
    learned_q_values,
    trained,
)
from tests.tiers import turn

ITERATIONS = 3_000
TIME_LIMIT = 4
PROBES = {**mdp.FORCED, **mdp.FREE}
ALL = mdp.begun_anywhere(mdp.side_by_side(list(PROBES.values()), TIME_LIMIT))
FORCED = mdp.begun_anywhere(mdp.side_by_side(list(mdp.FORCED.values()), TIME_LIMIT))

SGD = optimizers.SGD(learning_rate=schedules.Exponential(start=6.0, rate=0.9985, end=0.2))
FAST_ADAM = optimizers.Adam(learning_rate=schedules.Exponential(start=0.1, rate=0.9985, end=1e-4))
ADAM = optimizers.Adam(learning_rate=schedules.Exponential(start=0.01, rate=0.9985, end=1e-4))
SLOW_ADAM = optimizers.Adam(learning_rate=schedules.Exponential(start=0.003, rate=0.9985, end=1e-4))

# TileCoding needs a Box, CNNs images: trained on those in `tests/networks`. PerKey needs a Dict.
NETWORKS = tuple(
    part
    for part in parts.NETWORKS
    if not isinstance(
        part, networks.TileCoding | networks.CNN | networks.ImpalaCNN | networks.PerKey
    )
)
# Traces learn from one environment, one step at a time: with an agent of their own, below.
# Exchange wants a table and SGD, and Averaged learns, to the bit, as the target inside it: both in
# `tests/targets`.
TARGETS = tuple(
    part for part in parts.TARGETS if not isinstance(part, targets.Exchange | targets.Averaged)
)
REPLAYS = (
    *parts.REPLAYS,
    *(
        replay.Sequences(capacity=4_000, batch_size=16, length=4, lambda_return=traces)
        for traces in parts.TRACES
        if traces.kind in ("retrace", "peng")
    ),
    *(
        replay.Rollout(length=4, minibatches=2, lambda_return=traces)
        for traces in parts.TRACES
        if traces.kind in ("watkins", "tree")
    ),
)
N_STEPS = (1, 3)
MASKED = (False, True)

SLOTS = {
    "replay": REPLAYS,
    "n_step": N_STEPS,
    "head": parts.HEADS,
    "bootstrap": parts.BOOTSTRAPS,
    "network": NETWORKS,
    "memory": (None, *parts.MEMORIES),
    "stream": parts.STREAMS,
    "explorer": parts.EXPLORERS,
    "duration": parts.DURATIONS,
    "target": TARGETS,
    "observation": parts.OBSERVATIONS,
    "masked": MASKED,
}
OWNERS = {"n_step": "replay", "stream": "head", "duration": "explorer"}
"""The slot whose part a setting belongs to. Parts without it are tried with its first option."""
COUNTS = [len(options) for options in SLOTS.values()]


class Case(NamedTuple):
    """An agent, where it learns, and what that is worth."""

    agent: Agent
    process: mdp.MDP
    true: np.ndarray
    best_only: bool


def chosen_parts(combination):
    """Return the options that the indices stand for, by slot."""
    options = zip(SLOTS.items(), combination, strict=True)
    return {slot: choices[index] for (slot, choices), index in options}


def agent_of(combination) -> Agent:
    """Return the agent of a combination; raises `UsageError` if its parts do not go together."""
    chosen = chosen_parts(combination)
    del chosen["masked"]
    for slot, owner in OWNERS.items():
        option = chosen.pop(slot)
        if has(chosen[owner], slot):
            chosen[owner] = replace(chosen[owner], **{slot: option})
    return agent_for_probes(**chosen, optimizer=optimizer_for(chosen), **pace_for(chosen["replay"]))


def has(part, name) -> bool:
    """Return whether a part has a field of that name."""
    return any(field.name == name for field in fields(part))


def pace_for(memory) -> dict:
    """Return how often to learn: once a step, or once a rollout from all of it."""
    if isinstance(memory, replay.Rollout):
        return {"update_every": memory.length, "updates": 2 * memory.minibatches}
    return {}


def optimizer_for(chosen):
    """Return SGD for what is linear in a table, Adam for everything else: faster for tables."""
    if not isinstance(chosen["network"], networks.Table) or chosen["memory"] is not None:
        # What a model replays first is what it was most wrong about: a network is moved far by it.
        return SLOW_ADAM if isinstance(chosen["replay"], replay.Dyna) else ADAM
    head = chosen["head"]
    if getattr(head.stream, "hidden", 0) or isinstance(head, heads.IQN | heads.FQF):
        return ADAM
    plain = isinstance(head, heads.Scalar) and isinstance(head.rescaling, heads.Unscaled)
    plain &= isinstance(head.stream.layer, layers.Dense)
    return SGD if plain and not isinstance(chosen["replay"], replay.Rollout) else FAST_ADAM


def fits(combination) -> bool:
    """Return whether the parts can be put together, and their values are known."""
    chosen = chosen_parts(combination)
    for slot, owner in OWNERS.items():
        if not has(chosen[owner], slot) and chosen[slot] != SLOTS[slot][0]:
            return False
    # A process without masks is all that a model of it can hold.
    if chosen["masked"] and isinstance(chosen["replay"], replay.Dyna):
        return False
    # What is never tried is never learned, and counts in a mean at a high temperature.
    bootstrap, explorer = chosen["bootstrap"], chosen["explorer"]
    warm = isinstance(bootstrap, bootstraps.Boltzmann) and bootstrap.temperature > 0.1
    if warm and isinstance(explorer, explorers.Greedy):
        return False
    try:
        agent_of(combination)
    except UsageError:
        return False
    return True


def case_of(combination) -> Case:
    """Return what to train and what to expect.

    On policy, or with returns over several steps, values are those of the policy that gathers the
    data: there every action does the same, except where that policy is uniform and accounted for.
    """
    agent = agent_of(combination)
    wanders = agent.explorer == explorers.EpsilonGreedy(epsilon=1.0)
    on_policy = isinstance(agent.bootstrap, bootstraps.Sarsa | bootstraps.ExpectedSarsa)
    one_step = getattr(agent.replay, "n_step", 1) == 1 and not peng(agent.replay)
    process = ALL if one_step and (wanders or not on_policy) else FORCED
    if not explores(agent.explorer):
        process = FORCED
    if chosen_parts(combination)["masked"]:
        process = mdp.with_a_forbidden_action(process)
    true = true_values(process, agent.bootstrap, DISCOUNT)
    return Case(agent, process, true, best_only=not explores(agent.explorer))


def peng(memory) -> bool:
    """Return whether returns take every action for the policy's own."""
    traces = getattr(memory, "lambda_return", None)
    return traces is not None and traces.kind == "peng"


def explores(explorer) -> bool:
    """Return whether every action keeps being tried."""
    return isinstance(explorer, explorers.EpsilonGreedy | explorers.Boltzmann)


def described(combination) -> str:
    """Return a combination as text."""
    return "-".join(map(pasteable, chosen_parts(combination).values()))


COVERING = every_pair(COUNTS, fits, known=stored_pairs.read(SLOTS))
QUICK = one_of_each(COUNTS, COVERING.combinations, turn())


def pytest_generate_tests(metafunc):
    if "combination" in metafunc.fixturenames:
        chosen = COVERING.combinations
        if metafunc.config.getoption("--every-combination"):
            chosen = [found for found in every_combination(COUNTS) if fits(found)]
        metafunc.parametrize(
            "combination",
            [
                pytest.param(
                    found,
                    id=described(found),
                    marks=[] if found in QUICK else [pytest.mark.exhaustive],
                )
                for found in chosen
            ],
        )


def test_every_combination_learns_its_values(combination):
    case = case_of(combination)
    assert_learns(
        case.agent, case.process, case.true, ITERATIONS, atol=0.06, best_only=case.best_only
    )


def test_the_chosen_combinations_have_every_two_options_together():
    met = set().union(*map(pairs_of, COVERING.combinations))
    assert met | COVERING.impossible == all_pairs(COUNTS)
    assert not met & COVERING.impossible


def test_the_quick_tier_has_every_option_and_reaches_every_combination_in_time():
    options = {(slot, option) for slot, count in enumerate(COUNTS) for option in range(count)}
    seen = set()
    for number in range(len(COVERING.combinations)):
        chosen = one_of_each(COUNTS, COVERING.combinations, number)
        assert set().union(*map(enumerate, chosen)) == options
        assert len(chosen) <= 20
        seen |= chosen
    assert seen == set(COVERING.combinations)


@pytest.fixture(scope="module", name="plain_values")
def _plain_values():
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
        rewards.Multiplied: lambda paid, ends: 0.1 * paid,
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
