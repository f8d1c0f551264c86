"""Every part, and every two parts together, learn the values that are true."""

from dataclasses import fields, replace
from typing import NamedTuple

import numpy as np
import pytest

from qlax import (
    Agent,
    UsageError,
    explorers,
    networks,
    optimizers,
    replay,
    rewards,
    schedules,
)
from qlax.config import pasteable
from tests import parts
from tests.parts import Row
from tests.probes import mdp, stored_pairs
from tests.probes.combinations import (
    all_pairs,
    every_combination,
    every_pair,
    one_of_each,
    pairs_of,
)
from tests.probes.training import (
    DISCOUNT,
    agent_for_probes,
    assert_learns,
    assert_learns_q_star,
    learned_q_values,
    trained,
)
from tests.tiers import decided, turn

ITERATIONS = 3_000
TIME_LIMIT = 4
PROBES = {**mdp.FORCED, **mdp.FREE}
ALL = mdp.begun_anywhere(mdp.side_by_side(list(PROBES.values()), TIME_LIMIT))
FORCED = mdp.begun_anywhere(mdp.side_by_side(list(mdp.FORCED.values()), TIME_LIMIT))

SGD = optimizers.SGD(learning_rate=schedules.Exponential(start=6.0, rate=0.9985, end=0.2))
FAST_ADAM = optimizers.Adam(learning_rate=schedules.Exponential(start=0.1, rate=0.9985, end=1e-4))
ADAM = optimizers.Adam(learning_rate=schedules.Exponential(start=0.01, rate=0.9985, end=1e-4))
SLOW_ADAM = optimizers.Adam(learning_rate=schedules.Exponential(start=0.003, rate=0.9985, end=1e-4))


def in_pairs(rows):
    """Return the rows that are tried in pairs."""
    return tuple(row for row in rows if row.in_pairs)


SLOTS = {
    "replay": in_pairs(parts.REPLAYS),
    "n_step": (Row(1), Row(3)),
    "head": in_pairs(parts.HEADS),
    "bootstrap": in_pairs(parts.BOOTSTRAPS),
    "network": in_pairs(parts.NETWORKS),
    "memory": (Row(None), *in_pairs(parts.MEMORIES)),
    "stream": in_pairs(parts.STREAMS),
    "explorer": in_pairs(parts.EXPLORERS),
    "duration": in_pairs(parts.DURATIONS),
    "target": in_pairs(parts.TARGETS),
    "observation": in_pairs(parts.OBSERVATIONS),
    "masked": (Row(False), Row(True)),
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


def chosen_rows(combination):
    """Return the rows that the indices stand for, by slot."""
    options = zip(SLOTS.items(), combination, strict=True)
    return {slot: choices[index] for (slot, choices), index in options}


def agent_of(combination) -> Agent:
    """Return the agent of a combination; raises `UsageError` if its parts do not go together."""
    rows = chosen_rows(combination)
    chosen = {slot: row.part for slot, row in rows.items()}
    del chosen["masked"]
    for slot, owner in OWNERS.items():
        option = chosen.pop(slot)
        if has(chosen[owner], slot):
            chosen[owner] = replace(chosen[owner], **{slot: option})
    return agent_for_probes(**chosen, optimizer=optimizer_for(rows), **rows["replay"].training)


def has(part, name) -> bool:
    """Return whether a part has a field of that name."""
    return any(field.name == name for field in fields(part))


def optimizer_for(rows):
    """Return what the slowest learner of the parts needs: SGD for what is linear in a table."""
    slow = any(row.learns == "by Adam" for row in rows.values())
    if slow:
        deep = rows["network"].learns == "by Adam" or rows["memory"].part is not None
        return SLOW_ADAM if deep and rows["replay"].replays_surprises else ADAM
    fast = any(row.learns == "by fast Adam" for row in rows.values())
    return FAST_ADAM if fast else SGD


def fits(combination) -> bool:
    """Return whether the parts can be put together, and their values are known."""
    rows = chosen_rows(combination)
    for slot, owner in OWNERS.items():
        if not has(rows[owner].part, slot) and rows[slot] != SLOTS[slot][0]:
            return False
    if rows["masked"].part and not rows["replay"].masks:
        return False
    greedy = explorers.Greedy(), explorers.FollowMember()
    if rows["bootstrap"].averages and rows["explorer"].part in greedy:
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
    agent, rows = agent_of(combination), chosen_rows(combination)
    explorer, bootstrap = rows["explorer"], rows["bootstrap"]
    uniform = explorer.uniform and rows["duration"].uniform
    several_steps = getattr(agent.replay, "n_step", 1) > 1
    one_step = not (several_steps or rows["replay"].takes_actions_for_its_own)
    process = ALL if one_step and (uniform or not bootstrap.on_policy) else FORCED
    if not explorer.tries_everything:
        process = FORCED
    if rows["masked"].part:
        process = mdp.with_a_forbidden_action(process)
    true = bootstrap.fixed_point(process, DISCOUNT)
    return Case(agent, process, true, best_only=not explorer.tries_everything)


def described(combination) -> str:
    """Return a combination as text."""
    return "-".join(pasteable(row.part) for row in chosen_rows(combination).values())


def name_of(row) -> str:
    """Return a row's part as text."""
    return pasteable(row.part)


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
                    marks=decided(found in QUICK),
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


@pytest.mark.parametrize("row", parts.EXPLORERS, ids=name_of)
def test_every_explorer_gathers_what_q_star_needs(row):
    """Values are those of the optimal policy, whichever policy gathers the data."""
    explores = isinstance(row.part, explorers.EpsilonGreedy)
    optimizer = FAST_ADAM if row.together else SGD
    agent = agent_for_probes(explorer=row.part, optimizer=optimizer, **row.together)
    assert_learns_q_star(agent, ALL if explores else FORCED, ITERATIONS, best_only=not explores)


@pytest.mark.parametrize("row", parts.OPTIMIZERS, ids=name_of)
def test_every_optimizer_finds_q_star(row):
    network = networks.MLP(hidden=(32,)) if row.learns == "by Adam" else networks.Table()
    agent = agent_for_probes(network=network, optimizer=row.part)
    assert_learns_q_star(agent, ALL, ITERATIONS)


def paid(process, pay):
    """Return the process with its rewards changed by pay(reward, which steps end an episode)."""
    ends = process.terminal[None, None, :] & (process.chance > 0)
    return process._replace(reward=pay(process.reward, ends))


@pytest.mark.parametrize("row", parts.REWARDS, ids=name_of)
def test_every_reward_is_what_values_are_made_of(row):
    """Training with a reward stage is training in the environment that pays so itself."""
    process = mdp.choices()
    tripled = paid(process, lambda paid, ends: 3.0 * paid)
    agent = agent_for_probes(reward=row.part, optimizer=SGD)
    known = {
        rewards.Unchanged: lambda paid, ends: paid,
        rewards.Clipped: lambda paid, ends: paid.clip(-1.0, 1.0),
        rewards.Multiplied: lambda paid, ends: 0.1 * paid,
        rewards.ReplaceLast: lambda paid, ends: (ends * 1.0) + ~ends * paid,
    }
    learned = learned_q_values(agent, trained(agent, tripled, ITERATIONS), tripled)
    true = mdp.value_iteration(paid(tripled, known[type(row.part)]), DISCOUNT)
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
