"""qlax: the whole loop as one program, or around Gymnasium on the host."""

import time
from typing import Any

import workload

from qlax import Agent
from qlax.bootstraps import Greedy
from qlax.drivers import CompiledDriver, Driver, HostDriver
from qlax.envs.select import select
from qlax.explorers import EpsilonGreedy
from qlax.networks import MLP
from qlax.observations import Raw
from qlax.optimizers import Adam
from qlax.replay import Uniform
from qlax.targets import Periodic

STEPS_AT_ONCE = {"compiled": 2_000, "host": 500}


def main() -> None:
    parser = workload.parser(__doc__)
    parser.add_argument("--driver", choices=tuple(STEPS_AT_ONCE), default="compiled")
    options = parser.parse_args()
    agent = Agent(
        network=MLP(hidden=workload.HIDDEN),
        bootstrap=Greedy(),
        explorer=EpsilonGreedy(epsilon=workload.EPSILON),
        replay=Uniform(capacity=workload.CAPACITY, batch_size=workload.BATCH_SIZE),
        target=Periodic(period=workload.TARGET_PERIOD),
        optimizer=Adam(learning_rate=workload.LEARNING_RATE),
        observation=Raw(),
        discount=workload.DISCOUNT,
        learning_starts=workload.LEARNING_STARTS,
    )
    driver = _driver(agent, compiled=options.driver == "compiled")

    began = time.perf_counter()
    state = driver.init([options.seed])
    driver.compile(state)
    compile_seconds = time.perf_counter() - began

    at_once, iteration = STEPS_AT_ONCE[options.driver], 0

    def advance() -> workload.Progress:
        nonlocal state, iteration
        state = driver.advance(state, iteration, iteration + at_once)
        iteration += at_once
        # Reading the counters waits for the program that computes them.
        return workload.Progress(int(state.agent.env_steps), int(state.agent.updates))

    figures = workload.measure(advance, options.warm_up, options.seconds)
    workload.report(figures, compile_seconds)


def _driver(agent: Agent, *, compiled: bool) -> Driver:
    backend = "gymnax" if compiled else "gymnasium"
    env: Any = select(workload.ENV, num_envs=agent.num_envs, backend=backend).env
    return CompiledDriver(agent, env) if compiled else HostDriver(agent, env)


if __name__ == "__main__":
    main()
