"""Folders of runs with made-up numbers, in the format in which training writes them."""

import json

import numpy as np

import qlax
from qlax import config
from qlax.runs import formats


def made_run(
    folder,
    *,
    env="CartPole-v1",
    agent="dqn",
    seed=0,
    steps=1000,
    every=100,
    final=None,
    until=None,
    evaluations=True,
    threshold=475.0,
    env_kwargs=None,
    setting=None,
    returns=None,
):
    """Write a run whose evaluations rise to `final`; without it, one that did not finish."""
    folder.mkdir(parents=True)
    document = {
        "format": formats.CONFIG,
        "env": env,
        "env_kwargs": env_kwargs or {},
        "spec": {"type": "spaces.EnvSpec", "id": str(env), "reward_threshold": threshold},
        "agent_name": agent,
        "agent": config.to_json(setting or qlax.Agent()),
        "fitted": [],
        "backend": "jax",
        "seed": seed,
        "steps": steps,
    }
    (folder / "config.json").write_text(json.dumps(document))
    places = np.arange(every, (until or steps) + 1, every)
    top = 100.0 if final is None else final
    lines = []
    for step in places.tolist():
        row = {
            "format": formats.METRICS,
            "env_steps": step,
            "updates": step // 2,
            "seconds": step / 100,
            "episode_return": 0.5 * top * step / steps if step > every else None,
            "loss": 1.0 / step,
        }
        if evaluations:
            row["eval_return"] = top * step / steps if returns is None else returns(step)
        lines.append(json.dumps(row) + "\n")
    (folder / "metrics.jsonl").write_text("".join(lines))
    if final is not None:
        evaluation = {"mean": final, "std": 1.0, "episodes": 2, "returns": [final - 1, final + 1]}
        result = {"env": str(env), "agent": agent, "env_steps": steps, "eval": evaluation}
        result |= {"threshold": threshold, "train_seconds": 3.0, "total_seconds": 5.0}
        (folder / "result.json").write_text(json.dumps(result))
    return folder


def made_seeds(folder, finals, **options):
    for seed, final in enumerate(finals):
        made_run(folder / f"seed-{seed}", seed=seed, final=final, **options)
    return folder
