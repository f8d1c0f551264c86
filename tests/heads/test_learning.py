"""Heads on another scale than the returns' find the values that are true."""

import pytest

from qlax import heads, networks, optimizers, schedules
from qlax.config import pasteable
from tests.probes import mdp
from tests.probes.training import agent_for_probes, assert_learns_q_star
from tests.tiers import in_turn

ALL = mdp.begun_anywhere(mdp.side_by_side([*mdp.FORCED.values(), *mdp.FREE.values()], 4))


def adam(start):
    return optimizers.Adam(learning_rate=schedules.Exponential(start=start, rate=0.9985, end=1e-4))


@pytest.mark.parametrize(
    "head",
    in_turn(
        [
            heads.HLGauss(low=-1.0, high=3.0, bins=18, rescaling=heads.SquareRoot(epsilon=0.1)),
            heads.QuantileRegression(quantiles=8, kappa=0.1, rescaling=heads.SquareRoot()),
            heads.IQN(embedding=4, kappa=0.1, rescaling=heads.SquareRoot(epsilon=0.1)),
            heads.FQF(embedding=4, knots=9, kappa=0.1, rescaling=heads.SquareRoot(epsilon=0.1)),
        ],
        4,
    ),
    ids=pasteable,
)
def test_a_rescaling_changes_no_value(head):
    agent = agent_for_probes(head=head, network=networks.MLP(hidden=(32,)), optimizer=adam(0.01))
    # At the largest value, 5, the inverse of h is 3 to 5 times as steep as h.
    assert_learns_q_star(agent, ALL, 3_000, atol=0.1)
