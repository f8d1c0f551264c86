"""Small logs of other libraries, for `tests/comparing`.

In an environment of its own:

    python -m venv /tmp/others
    /tmp/others/bin/pip install stable-baselines3 tensorboard tensorboardX \
        torch --extra-index-url https://download.pytorch.org/whl/cpu
    /tmp/others/bin/python tests/comparing/logs_of_others.py
"""

import shutil
import sys
from pathlib import Path

import gymnasium as gym
import tensorboardX
import torch
from stable_baselines3 import DQN
from stable_baselines3.common.callbacks import EvalCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.logger import configure
from stable_baselines3.common.monitor import Monitor
from torch.utils.tensorboard import SummaryWriter

HERE = Path(__file__).parent / "data"


def stable_baselines3(folder, seed):
    """What SB3 writes: monitor.csv, evaluations.npz, progress.csv and an event file."""
    folder.mkdir(parents=True)
    env = Monitor(gym.make("CartPole-v1"), str(folder))
    evaluation = EvalCallback(
        Monitor(gym.make("CartPole-v1")), log_path=str(folder), eval_freq=400, verbose=0
    )
    model = DQN("MlpPolicy", env, seed=seed, learning_starts=100, policy_kwargs={"net_arch": [16]})
    model.set_logger(configure(str(folder / "log"), ["csv", "json", "tensorboard"]))
    model.learn(2_000, callback=evaluation, log_interval=10)


def several_workers(folder):
    """Four environments side by side, each with a monitor file of its own."""
    envs = make_vec_env("CartPole-v1", n_envs=4, seed=0, monitor_dir=str(folder))
    model = DQN("MlpPolicy", envs, learning_starts=100, policy_kwargs={"net_arch": [16]})
    model.learn(1_000)


def cleanrl(folder):
    """The scalars of CleanRL's scripts, as they write them."""
    with SummaryWriter(str(folder)) as writer:
        writer.add_text("hyperparameters", "|param|value|\n|-|-|\n|seed|3|")
        for episode in range(40):
            step = 25 * (episode + 1)
            writer.add_scalar("charts/episodic_return", 10.0 + episode, step)
            writer.add_scalar("charts/episodic_length", 10 + episode, step)
            if episode % 4 == 0:
                writer.add_scalar("losses/td_loss", 1.0 / (episode + 1), step)
                writer.add_scalar("charts/SPS", 1000, step)


def with_tensorboardx(folder):
    """The names of Tianshou's loggers, written by tensorboardX."""
    with tensorboardX.SummaryWriter(str(folder)) as writer:
        for epoch in range(10):
            writer.add_scalar("test/returns_stat/mean", 20.0 * epoch, 100 * epoch)
            writer.add_scalar("train/returns_stat/mean", 15.0 * epoch, 100 * epoch)
        writer.add_histogram("weights", torch.arange(8.0).numpy(), 100)


def new_style(folder):
    """Scalars as tensors, as TensorFlow 2 and the second generation of writers keep them."""
    with SummaryWriter(str(folder)) as writer:
        for step in range(5):
            writer.add_scalar("charts/episodic_return", float(step), 10 * step, new_style=True)


def main():
    shutil.rmtree(HERE / "others", ignore_errors=True)
    others = HERE / "others"
    for seed in (0, 1):
        stable_baselines3(others / "sb3" / "dqn" / f"CartPole-v1_{seed + 1}", seed)
    several_workers(others / "workers")
    cleanrl(others / "CartPole-v1__dqn__3__1700000000")
    with_tensorboardx(others / "tianshou")
    new_style(others / "new_style")
    for number, path in enumerate(sorted(others.rglob("*tfevents*"))):
        path.rename(path.with_name(f"events.out.tfevents.{1_700_000_000 + number}.host.0"))


if __name__ == "__main__":
    sys.exit(main())
