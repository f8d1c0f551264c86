"""qlax: the whole loop as one program, or around Gymnasium on the host."""

import time
from collections.abc import Callable
from typing import Any

import workload

from qlax import Agent
from qlax.bootstraps import Greedy
from qlax.drivers import Driver, driver_for
from qlax.envs.select import select
from qlax.explorers import EpsilonGreedy
from qlax.explorers import Greedy as AlwaysGreedy
from qlax.heads import C51, IQN, Dueling, QuantileRegression
from qlax.layers import Noisy
from qlax.networks import MLP
from qlax.observations import Raw
from qlax.optimizers import Adam
from qlax.replay import LambdaReturn, Prioritised, Rollout, Uniform
from qlax.targets import Online, Periodic

STEPS_AT_ONCE = {"compiled": 2_000, "host": 500}
# Whole rollouts: 40 or 10 of CleanRL's PQN.
MORE_AT_ONCE = {"compiled": 5_120, "host": 1_280}


def dqn(**parts: Any) -> Agent:
    return Agent(
        **{
            "network": MLP(hidden=workload.HIDDEN),
            "bootstrap": Greedy(),
            "explorer": EpsilonGreedy(epsilon=workload.EPSILON),
            "replay": Uniform(capacity=workload.CAPACITY, batch_size=workload.BATCH_SIZE),
            "target": Periodic(period=workload.TARGET_PERIOD),
            "optimizer": Adam(learning_rate=workload.LEARNING_RATE),
            "observation": Raw(),
            "discount": workload.DISCOUNT,
            "learning_starts": workload.LEARNING_STARTS,
            **parts,
        }
    )


def c51() -> Agent:
    return dqn(head=C51(low=0.0, high=workload.HIGHEST, atoms=workload.ATOMS))


def qr_dqn() -> Agent:
    return dqn(head=QuantileRegression(quantiles=workload.ATOMS))


def iqn() -> Agent:
    levels = workload.LEVELS
    return dqn(head=IQN(quantiles=levels, acting_quantiles=levels, embedding=workload.COSINES))


def rainbow() -> Agent:
    stream = Dueling(hidden=workload.HIDDEN[-1], layer=Noisy())
    return dqn(
        head=C51(low=0.0, high=workload.HIGHEST, atoms=workload.ATOMS, stream=stream),
        explorer=AlwaysGreedy(),
        replay=Prioritised(
            capacity=workload.CAPACITY, batch_size=workload.BATCH_SIZE, n_step=3, exponent=0.5
        ),
    )


def cleanrl_c51() -> Agent:
    """Return the agent of CleanRL's `c51.py` with its defaults."""
    return dqn(
        network=MLP(hidden=(120, 84)),
        head=C51(low=-100.0, high=100.0, atoms=101),
        replay=Uniform(capacity=10_000, batch_size=128),
        optimizer=Adam(learning_rate=2.5e-4, epsilon=0.01 / 128),
        learning_starts=10_000,
        update_every=10,
    )


def cleanrl_pqn() -> Agent:
    """Return the agent of CleanRL's `pqn.py` with its defaults."""
    return dqn(
        network=MLP(hidden=(120, 84), layer_norm=True),
        replay=Rollout(
            length=128, minibatches=4, lambda_return=LambdaReturn(decay=0.65, kind="peng")
        ),
        target=Online(),
        optimizer=Adam(learning_rate=2.5e-4, max_grad_norm=10.0),
        num_envs=4,
        learning_starts=512,
        update_every=128,
        updates=16,
    )


AGENTS: dict[str, Callable[[], Agent]] = {
    made.__name__: made for made in (dqn, c51, qr_dqn, iqn, rainbow, cleanrl_c51, cleanrl_pqn)
}


def main() -> None:
    parser = workload.parser(__doc__)
    parser.add_argument("--driver", choices=tuple(STEPS_AT_ONCE), default="compiled")
    parser.add_argument("--agent", choices=tuple(AGENTS), default="dqn")
    options = parser.parse_args()
    agent = AGENTS[options.agent]()
    driver = _driver(agent, compiled=options.driver == "compiled")

    began = time.perf_counter()
    state = driver.init([options.seed])
    driver.compile(state)
    compile_seconds = time.perf_counter() - began

    at_once = (MORE_AT_ONCE if agent.update_every > 1 else STEPS_AT_ONCE)[options.driver]
    iteration = 0

    def advance() -> workload.Progress:
        nonlocal state, iteration
        state = driver.advance(state, iteration, iteration + at_once)
        iteration += at_once
        # Reading the counters waits for the program that computes them.
        clock, learner = state.agent.actor.clock, state.agent.learner
        return workload.Progress(int(clock.env_steps), int(learner.updates))

    warm_up = max(options.warm_up, agent.learning_starts + at_once)
    figures = workload.measure(advance, warm_up, options.seconds)
    workload.report(figures, compile_seconds)


def _driver(agent: Agent, *, compiled: bool) -> Driver:
    backend = "gymnax" if compiled else "gymnasium"
    selected = select(workload.ENV, num_envs=agent.num_envs, backend=backend)
    return driver_for(selected.kind, agent.for_run(1_000_000), selected.env)


if __name__ == "__main__":
    main()
