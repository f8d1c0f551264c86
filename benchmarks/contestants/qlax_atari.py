"""qlax: the ALE's games stepped by the compiled program that learns from them."""

import time

import atari_work as work
import workload

from qlax import Agent
from qlax.bootstraps import Greedy
from qlax.drivers import driver_for
from qlax.envs.select import select
from qlax.explorers import EpsilonGreedy
from qlax.networks import CNN
from qlax.observations import Pixels
from qlax.optimizers import Adam
from qlax.replay import Uniform
from qlax.rewards import Clipped
from qlax.targets import Periodic

STEPS_AT_ONCE = 40


def main() -> None:
    parser = workload.parser(__doc__)
    parser.add_argument("--games", type=int, default=work.GAMES)
    options = parser.parse_args()
    agent = Agent(
        network=CNN(
            channels=work.CHANNELS,
            kernels=work.KERNELS,
            strides=work.STRIDES,
            hidden=(work.HIDDEN,),
        ),
        bootstrap=Greedy(),
        explorer=EpsilonGreedy(epsilon=work.EPSILON),
        replay=Uniform(capacity=work.CAPACITY, batch_size=work.BATCH_SIZE),
        target=Periodic(period=work.TARGET_PERIOD),
        optimizer=Adam(learning_rate=work.LEARNING_RATE),
        observation=Pixels(),
        reward=Clipped(),
        discount=work.DISCOUNT,
        learning_starts=work.LEARNING_STARTS,
        num_envs=options.games,
        update_every=max(1, work.STEPS_PER_UPDATE // options.games),
        updates=max(1, options.games // work.STEPS_PER_UPDATE),
    )
    selected = select(work.ENV, num_envs=options.games)
    driver = driver_for(selected.kind, agent, selected.env)

    began = time.perf_counter()
    state = driver.init([options.seed])
    driver.compile(state)
    compile_seconds = time.perf_counter() - began

    iteration = 0
    at_once = max(1, STEPS_AT_ONCE // options.games)

    def advance() -> workload.Progress:
        nonlocal state, iteration
        state = driver.advance(state, iteration, iteration + at_once)
        iteration += at_once
        clock, learner = state.agent.actor.clock, state.agent.learner
        return workload.Progress(int(clock.env_steps), int(learner.updates))

    figures = workload.measure(advance, options.warm_up, options.seconds)
    workload.report(figures, compile_seconds)


if __name__ == "__main__":
    main()
