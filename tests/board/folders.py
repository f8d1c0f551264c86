"""Folders of runs, written by hand as training writes them."""

import json
import time
from pathlib import Path

AGENT = {"type": "Agent", "network": {"type": "networks.MLP", "hidden": [8]}, "discount": 0.99}
SPEC = {
    "type": "spaces.EnvSpec",
    "id": "CartPole-v1",
    "observation": {"type": "spaces.Box", "shape": [4], "dtype": "float32"},
    "reward_threshold": 475.0,
}


def row(number: int, **more) -> dict:
    loss = None if number < 3 else 1 / number
    return {
        "format": 1,
        "env_steps": 100 * (number + 1),
        "updates": 10 * number,
        "episode_return": float(number % 50),
        "loss": loss,
        **more,
    }


def lines(rows) -> str:
    return "".join(json.dumps(entry) + "\n" for entry in rows)


def run_folder(
    folder: Path,
    *,
    rows=20,
    seed=0,
    agent="dqn",
    env="CartPole-v1",
    ended=True,
    agent_json=AGENT,
    failure=None,
    steps=None,
) -> Path:
    folder.mkdir(parents=True)
    entries = [row(number) for number in range(rows)] if isinstance(rows, int) else rows
    (folder / "metrics.jsonl").write_text(lines(entries))
    config = {
        "format": 1,
        "env": env,
        "env_kwargs": {},
        "spec": SPEC | {"id": env},
        "agent_name": agent,
        "agent": agent_json,
        "fitted": [{"field": "discount", "before": "0.9", "after": "0.99"}],
        "backend": "jax",
        "seed": seed,
        "steps": steps or 100 * len(entries),
        "versions": {"qlax": "0.1.0"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    if ended:
        evaluation = {"mean": 480.0, "std": 3.0, "episodes": 100}
        result = {"env_steps": 100 * len(entries), "train_seconds": 2.5, "eval": evaluation}
        (folder / "result.json").write_text(
            json.dumps(result | {"threshold": 475.0, "solved": True})
        )
    if failure is not None:
        (folder / "failure.json").write_text(json.dumps(failure))
    return folder


def settled() -> None:
    """Wait until a look at the folder is a new one."""
    time.sleep(0.6)
