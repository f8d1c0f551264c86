"""The textbook's tables, one update a step: for environments whose states are numbered."""

from typing import Any

from qlax.agent import Agent
from qlax.bootstraps import Double, ExpectedSarsa, Greedy, Sarsa
from qlax.explorers import EpsilonGreedy
from qlax.heads import Scalar
from qlax.networks import Table
from qlax.observations import Raw
from qlax.optimizers import SGD, TraceSGD
from qlax.presets.fitted import named
from qlax.replay import Dyna, LambdaReturn, Latest, Rollout
from qlax.schedules import Linear
from qlax.targets import Exchange, Online

_STEP_SIZE = 0.1


@named
def q_learning() -> Agent:
    """Q-learning: Q[s, a] += η (r + γ max_a Q[s′, a] − Q[s, a]).

    Reference: Watkins (1989), Learning from Delayed Rewards.
    """
    return _table()


@named
def sarsa() -> Agent:
    """SARSA: Q[s, a] += η (r + γ Q[s′, a′] − Q[s, a]).

    Reference: Rummery and Niranjan (1994), On-line Q-learning using connectionist systems.
    """
    return _table(bootstrap=Sarsa(), learning_starts=2)


@named
def expected_sarsa() -> Agent:
    """Expected SARSA: Q[s, a] += η (r + γ Σ_a π(a) Q[s′, a] − Q[s, a]).

    Reference: van Seijen et al. (2009), A Theoretical and Empirical Analysis of Expected Sarsa.
    """
    return _table(bootstrap=ExpectedSarsa())


@named
def double_q_learning() -> Agent:
    """Double Q-learning: two tables, each judged by the other.

    Reference: van Hasselt (2010), Double Q-learning.
    """
    return _table(bootstrap=Double(), target=Exchange())


@named
def q_lambda() -> Agent:
    """Watkins's Q(λ): eligibility traces that an exploratory action cuts.

    Reference: Watkins (1989), Learning from Delayed Rewards.
    """
    return _table(optimizer=TraceSGD(learning_rate=_STEP_SIZE, trace_decay=0.8))


@named
def tree_backup() -> Agent:
    """Tree backup over four steps: off policy without importance weights.

    Reference: Precup, Sutton and Singh (2000), Eligibility traces for off-policy policy
    evaluation.
    """
    return _table(
        bootstrap=ExpectedSarsa(),
        replay=Rollout(
            length=4,
            minibatches=1,
            lambda_return=LambdaReturn(decay=1.0, kind="tree"),
            first_only=True,
        ),
        learning_starts=4,
    )


@named
def dyna_q() -> Agent:
    """Dyna-Q with prioritised sweeping: a learned model is swept backwards from surprises.

    Departure: after each step the ten most urgent pairs are updated at once, by the values before
    it. The textbook updates one pair after the other, each by the values that the last one left.

    References: Sutton (1990), Integrated Architectures for Learning, Planning, and Reacting;
    Moore and Atkeson (1993), Prioritized Sweeping.
    """
    planning = 10
    return _table(
        replay=Dyna(planning=planning),
        # A loss is a mean over the batch; each entry is to move by the whole step size.
        optimizer=SGD(learning_rate=_STEP_SIZE * (1 + planning)),
    )


def _table(**parts: Any) -> Agent:
    return Agent(
        **{
            "network": Table(),
            "head": Scalar(loss_function="squared"),
            "bootstrap": Greedy(),
            "explorer": EpsilonGreedy(epsilon=Linear(start=1.0, end=0.05, steps=20_000)),
            "replay": Latest(),
            "target": Online(),
            "optimizer": SGD(learning_rate=_STEP_SIZE),
            "observation": Raw(),
            "discount": 0.99,
            "learning_starts": 1,
            **parts,
        }
    )
