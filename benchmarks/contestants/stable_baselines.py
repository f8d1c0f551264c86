"""Stable-Baselines3 and its contributions (PyTorch) or SBX (JAX): one interface, one workload.

`--updates-at-once K` steps K times, then updates K times: still one update a step.
"""

import importlib
import time
from typing import Any

import torch
import workload
from stable_baselines3.common.callbacks import BaseCallback

# A warm-up step that takes longer than this has compiled something.
COMPILING_SECONDS = 0.1
# What each library must be told of its network.
NETWORKS: dict[str, dict[str, Any]] = {
    "stable_baselines3": {"activation_fn": torch.nn.ReLU},
    "sb3_contrib": {"activation_fn": torch.nn.ReLU, "n_quantiles": workload.ATOMS},
    "sbx": {},
}


class Stopwatch(BaseCallback):
    """Ends training once the window is over; it looks only between groups of updates."""

    def __init__(self, warm_up: int, seconds: float, updates_at_once: int) -> None:
        super().__init__()
        self.warm_up, self.seconds, self.updates_at_once = warm_up, seconds, updates_at_once
        self.figures: dict[str, float] = {}
        self.compile_seconds = 0.0
        self._before: workload.Mark | None = None
        self._last = time.perf_counter()

    def _on_step(self) -> bool:
        now, last = time.perf_counter(), self._last
        self._last = now
        if self._before is None and now - last > COMPILING_SECONDS:
            self.compile_seconds += now - last
        if self.num_timesteps % self.updates_at_once or self.num_timesteps < self.warm_up:
            return True
        mark = workload.Mark.now(workload.Progress(self.num_timesteps, self.model._n_updates))
        if self._before is None:
            self._before = mark
        elif mark.seconds - self._before.seconds >= self.seconds:
            self.figures = workload.speed(self._before, mark)
            return False
        return True


def main() -> None:
    parser = workload.parser(__doc__)
    parser.add_argument("--library", choices=tuple(NETWORKS), required=True)
    parser.add_argument("--updates-at-once", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    agent = "QRDQN" if options.library == "sb3_contrib" else "DQN"
    model = getattr(importlib.import_module(options.library), agent)(
        "MlpPolicy",
        workload.ENV,
        learning_rate=workload.LEARNING_RATE,
        buffer_size=workload.CAPACITY,
        learning_starts=workload.LEARNING_STARTS,
        batch_size=workload.BATCH_SIZE,
        gamma=workload.DISCOUNT,
        train_freq=options.updates_at_once,
        gradient_steps=options.updates_at_once,
        target_update_interval=workload.TARGET_PERIOD,
        exploration_initial_eps=workload.EPSILON,
        exploration_final_eps=workload.EPSILON,
        policy_kwargs={"net_arch": list(workload.HIDDEN), **NETWORKS[options.library]},
        seed=options.seed,
        device="cpu",
    )
    stopwatch = Stopwatch(options.warm_up, options.seconds, options.updates_at_once)
    model.learn(total_timesteps=10**9, callback=stopwatch, log_interval=None)
    workload.report(stopwatch.figures, stopwatch.compile_seconds)


if __name__ == "__main__":
    main()
