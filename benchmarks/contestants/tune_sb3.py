"""Optuna around Stable-Baselines3's DQN on CartPole-v1: what people write by hand.

Each trial trains seeds one after another and is evaluated ten times. `--steps` may be fewer than a
whole trial's: the time for one step is what is measured. It prints JSON.
"""

import argparse
import json
import time

import gymnasium
import numpy as np
import optuna
import torch
from stable_baselines3 import DQN
from stable_baselines3.common.evaluation import evaluate_policy

EVALUATIONS, EPISODES, LAST = 10, 10, 3


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=50_000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    began = time.perf_counter()
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=0),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=2),
    )
    study.optimize(lambda trial: _score(trial, options.seeds, options.steps), options.trials)
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "values": [trial.value for trial in study.trials]}))


def _score(trial: optuna.Trial, seeds: int, steps: int) -> float:
    width = trial.suggest_categorical("width", [32, 64, 128])
    settings = {
        "learning_rate": trial.suggest_float("learning_rate", 1.3e-4, 8e-3, log=True),
        "gamma": trial.suggest_categorical("gamma", [0.97, 0.98, 0.99, 0.995, 0.9967]),
        "batch_size": trial.suggest_categorical("batch_size", [32, 64, 128]),
        "tau": trial.suggest_float("tau", 2e-4, 2e-2, log=True),
        "exploration_final_eps": trial.suggest_float("final", 0.005, 0.2, log=True),
        "exploration_fraction": trial.suggest_float("fraction", 0.05, 0.6, log=True),
    }
    models = [
        DQN(
            "MlpPolicy",
            gymnasium.make("CartPole-v1"),
            seed=seed,
            buffer_size=50_000,
            learning_starts=min(1_000, steps // 10),
            train_freq=1,
            gradient_steps=1,
            target_update_interval=1,
            policy_kwargs={"net_arch": [width, width]},
            device="cpu",
            **settings,
        )
        for seed in range(seeds)
    ]
    played = gymnasium.make("CartPole-v1")
    scores: list[list[float]] = []
    for rung in range(EVALUATIONS):
        found = []
        for model in models:
            model.learn(steps // EVALUATIONS, reset_num_timesteps=False)
            found.append(evaluate_policy(model, played, EPISODES, warn=False)[0])
        scores.append(found)
        value = float(np.mean(np.mean(scores[-LAST:], axis=0)))
        trial.report(value, rung)
        if trial.should_prune():
            raise optuna.TrialPruned
    return value


if __name__ == "__main__":
    main()
