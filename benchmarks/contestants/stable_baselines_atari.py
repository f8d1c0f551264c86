"""Stable-Baselines3 on Atari, with its own wrappers and its own network for images."""

import ale_py
import atari_work as work
import gymnasium
import workload
from stable_baselines import Stopwatch
from stable_baselines3 import DQN
from stable_baselines3.common.env_util import make_atari_env
from stable_baselines3.common.vec_env import VecFrameStack


def main() -> None:
    parser = workload.parser(__doc__)
    parser.add_argument("--games", type=int, default=1)
    options = parser.parse_args()
    gymnasium.register_envs(ale_py)
    games = make_atari_env(work.ENV, n_envs=options.games, seed=options.seed)
    model = DQN(
        "CnnPolicy",
        VecFrameStack(games, n_stack=work.FRAMES),
        learning_rate=work.LEARNING_RATE,
        buffer_size=work.CAPACITY // 5,  # its observations take 28 KB, and twice
        optimize_memory_usage=False,
        learning_starts=work.LEARNING_STARTS,
        batch_size=work.BATCH_SIZE,
        gamma=work.DISCOUNT,
        train_freq=max(1, work.STEPS_PER_UPDATE // options.games),
        gradient_steps=max(1, options.games // work.STEPS_PER_UPDATE),
        target_update_interval=work.TARGET_PERIOD * work.STEPS_PER_UPDATE,
        exploration_initial_eps=work.EPSILON,
        exploration_final_eps=work.EPSILON,
        seed=options.seed,
        device="cpu",
    )
    stopwatch = Stopwatch(options.warm_up, options.seconds, work.STEPS_PER_UPDATE)
    model.learn(total_timesteps=10**9, callback=stopwatch, log_interval=None)
    workload.report(stopwatch.figures, stopwatch.compile_seconds)


if __name__ == "__main__":
    main()
