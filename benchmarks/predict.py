"""The claim: one action of a loaded policy takes at most 100 µs, of one exported to ONNX 30 µs.

CartPole's observation and a network of two layers of 64 units, warm, one call after another:
`policy.predict`, `policy.actor().act`, and `predict` of Stable-Baselines3's DQN of the same size,
where `--sb3-python`, or QLAX_RIVALS_PYTHON, names an interpreter that has it; and what
`qlax.export` writes, in onnxruntime and in PyTorch. Each is a process of its own.
"""

import argparse
import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common import (
    RESULTS,
    machine,
    print_table,
    qlax_versions,
    run_pinned,
    shown_spread,
    spread,
    versions,
    write_result,
)

SB3 = """
import json, sys, time
import gymnasium as gym
import numpy as np
from stable_baselines3 import DQN
sizes = {"net_arch": [64, 64]}
model = DQN("MlpPolicy", gym.make("CartPole-v1"), policy_kwargs=sizes, device="cpu")
observation = np.array([0.01, 0.1, 0.02, 0.1], np.float32)
calls = int(sys.argv[1])
for _ in range(200):
    model.predict(observation, deterministic=True)
began = time.perf_counter()
for _ in range(calls):
    model.predict(observation, deterministic=True)
print(json.dumps((time.perf_counter() - began) / calls * 1e6))
"""


CONTESTANTS = "predict", "actor", "onnx", "torch"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=5_000)
    parser.add_argument(
        "--sb3-python",
        default=os.environ.get("QLAX_RIVALS_PYTHON"),
        help="an interpreter with stable-baselines3",
    )
    parser.add_argument("--out", type=Path, default=RESULTS / "predict.json")
    parser.add_argument("--contestant", choices=CONTESTANTS, help="run one, here")
    options = parser.parse_args()
    if options.contestant:
        print(json.dumps(microseconds(options.contestant, options.calls)))
        return
    here = [sys.executable, Path(__file__).resolve(), f"--calls={options.calls}"]
    commands: dict[str, list[Any]] = {
        "qlax, policy.predict": [*here, "--contestant=predict"],
        "qlax, policy.actor().act": [*here, "--contestant=actor"],
        "qlax, exported to ONNX": [*here, "--contestant=onnx"],
        "qlax, exported to PyTorch": [*here, "--contestant=torch"],
    }
    if options.sb3_python:
        commands["Stable-Baselines3, DQN.predict"] = [
            options.sb3_python,
            "-c",
            SB3,
            str(options.calls),
        ]
    before = machine()
    found: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, command in commands.items():
            found[name].append(json.loads(run_pinned(command, None).output.splitlines()[-1]))
    print_table(("", "µs a call"), [(name, shown_spread(each)) for name, each in found.items()])
    others = (
        versions(options.sb3_python, ("stable-baselines3", "torch")) if options.sb3_python else {}
    )
    write_result(
        options.out,
        {
            "machine": before,
            "versions": {**qlax_versions(), **others},
            "microseconds_a_call": {name: spread(each) for name, each in found.items()},
        },
    )


def exported(policy: Any, to: str) -> Callable[[Any], Any]:
    """Return a call of an exported policy for one observation."""
    import tempfile

    import qlax

    path = Path(tempfile.mkdtemp()) / "policy"
    qlax.export(policy, path, to=to)
    if to == "onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(path)
        return lambda observation: int(session.run(None, {"observation": observation[None]})[0][0])
    import torch

    sys.path.append(str(path))
    module = importlib.import_module("policy").Policy()
    torch.set_num_threads(1)

    def call(observation: Any) -> int:
        with torch.inference_mode():
            return int(module(torch.from_numpy(observation)[None])[0])

    return call


def microseconds(contestant: str, calls: int) -> float:
    """Return what a call takes."""
    import numpy as np

    from qlax import Learner, presets

    learner = Learner(presets.dqn(), "CartPole-v1")
    observation = np.array([0.01, 0.1, 0.02, 0.1], np.float32)
    learner.act(observation)
    policy = learner.policy
    actor = policy.actor()
    call: Callable[[Any], Any] = policy.predict
    if contestant == "actor":
        call = actor.act
    elif contestant in ("onnx", "torch"):
        call = exported(policy, contestant)
    for _ in range(200):
        call(observation)
    began = time.perf_counter()
    for _ in range(calls):
        call(observation)
    return (time.perf_counter() - began) / calls * 1e6


if __name__ == "__main__":
    main()
