"""Agents without a replay: many environments at once, or one step at a time."""

from typing import Any

from qlax.agent import Agent
from qlax.bootstraps import Greedy
from qlax.explorers import EpsilonGreedy
from qlax.heads import Plain, Scalar
from qlax.layers import Dense
from qlax.memories import LSTM
from qlax.networks import MLP
from qlax.observations import Normalise
from qlax.optimizers import Adam, ObGD
from qlax.presets.fitted import named
from qlax.replay import LambdaReturn, Latest, Rollout
from qlax.rewards import ScaledByReturns
from qlax.schedules import Linear
from qlax.targets import Online


@named
def pqn() -> Agent:
    """PQN: many environments, Q(λ) returns, layer normalisation; no replay, no target network.

    Departures: minibatches hold whole rollouts of some environments, and targets are computed
    anew for every minibatch; Adam in place of RAdam; observations normalised by running
    statistics.

    Reference: Gallici et al. (2024), arXiv 2407.04811.
    """
    return _pqn(network=MLP(hidden=(64, 64), layer_norm=True))


@named
def pqn_lstm() -> Agent:
    """PQN with an LSTM.

    Departures: those of `pqn`; an LSTM in place of a GRU; scaled rewards, since an LSTM's outputs
    lie within ±1 and take long to reach returns of −100.

    Reference: Gallici et al. (2024), arXiv 2407.04811.
    """
    return _pqn(
        network=MLP(hidden=(64,), layer_norm=True),
        memory=LSTM(size=64),
        reward=ScaledByReturns(),
    )


@named
def stream_q() -> Agent:
    """Streaming Q(λ): learns from every step once, as it happens; no replay, target or batch.

    Eligibility traces, steps bounded against overshooting, sparse first weights, layer
    normalisation, normalised observations, scaled rewards.

    Departures: traces are cut before a non-greedy action's own update, as Watkins cuts them, not
    after it. Layer normalisation has a scale and a bias of its own. Of an output's n first weights
    ⌊0.9 n⌋ are zero, not ⌈0.9 n⌉, which would leave an observation of few entries without any.
    The time within an episode is no part of the observation; in return a truncated episode
    bootstraps from its last observation, where the authors treat it as terminated.

    Reference: Elsayed, Vasan and Mahmood (2024), arXiv 2410.14606.
    """
    sparse = Dense(kernel="sparse")
    return Agent(
        network=MLP(hidden=(32, 32), activation="leaky_relu", layer=sparse, layer_norm=True),
        head=Scalar(loss_function="squared", stream=Plain(layer=sparse)),
        bootstrap=Greedy(),
        explorer=EpsilonGreedy(epsilon=Linear(start=1.0, end=0.01, steps=20_000)),
        replay=Latest(),
        target=Online(),
        optimizer=ObGD(learning_rate=1.0, trace_decay=0.8, kappa=2.0),
        observation=Normalise(),
        reward=ScaledByReturns(),
        discount=0.99,
        learning_starts=1,
    )


def _pqn(**parts: Any) -> Agent:
    return Agent(
        **{
            "head": Scalar(loss_function="squared"),
            "bootstrap": Greedy(),
            "explorer": EpsilonGreedy(epsilon=Linear(start=1.0, end=0.05, steps=50_000)),
            "replay": Rollout(
                length=32, minibatches=4, lambda_return=LambdaReturn(decay=0.65, kind="peng")
            ),
            "target": Online(),
            "optimizer": Adam(learning_rate=1e-3, max_grad_norm=10.0),
            "observation": Normalise(),
            "discount": 0.99,
            "num_envs": 16,
            "learning_starts": 16 * 32,
            "update_every": 32,
            "updates": 16,
            **parts,
        }
    )
