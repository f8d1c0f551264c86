"""rejax: its own compiled training loop, its evaluations left out."""

import time
from typing import Any

import jax
import jax.numpy as jnp
import workload
from rejax import DQN

STEPS_AT_ONCE = 2_000


def main() -> None:
    parser = workload.parser(__doc__)
    parser.add_argument("--capacity", type=int, default=workload.CAPACITY, help="replay size")
    options = parser.parse_args()
    algorithm = DQN.create(
        env=workload.ENV,
        agent_kwargs={"activation": "relu"},  # its network is 64×64 already
        num_envs=1,
        num_epochs=1,
        ddqn=False,
        buffer_size=options.capacity,
        fill_buffer=workload.LEARNING_STARTS,
        batch_size=workload.BATCH_SIZE,
        learning_rate=workload.LEARNING_RATE,
        gamma=workload.DISCOUNT,
        target_update_freq=workload.TARGET_PERIOD,
        polyak=0.0,  # its update keeps this share of the old target: none, so it copies
        eps_start=workload.EPSILON,
        eps_end=workload.EPSILON,
        total_timesteps=STEPS_AT_ONCE,
        eval_freq=STEPS_AT_ONCE,
        skip_initial_evaluation=True,
    ).replace(eval_callback=lambda *_: jnp.float32(0))

    def train(state: Any) -> Any:
        return algorithm.train(train_state=state)[0]

    began = time.perf_counter()
    state = jax.jit(algorithm.init_state)(jax.random.key(options.seed))
    program = jax.jit(train, donate_argnums=0).lower(state).compile()
    compile_seconds = time.perf_counter() - began

    def advance() -> workload.Progress:
        nonlocal state
        state = program(state)
        # Reading the counters waits for the program that computes them.
        return workload.Progress(int(state.global_step), int(state.q_ts.step))

    figures = workload.measure(advance, options.warm_up, options.seconds)
    workload.report(figures, compile_seconds)


if __name__ == "__main__":
    main()
