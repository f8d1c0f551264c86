"""The zoo: policies of the default agents on seed 0, packed for the wheel and evaluated as packed.

For each environment it runs `qlax train ENV --seed 0`, for MinAtar's games with `--agent pqn`,
packs the finished policy into 100 kB at most, and plays 100 full episodes with what was packed: the
mean that `qlax zoo` and the page of the zoo tell. There is one run for each; none is chosen. A
run that is kept in `--keep` already is not trained again.
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import qlax
from common import FOLDER, RESULTS, fresh, print_table, resumed, write_result
from qlax import zoo
from qlax.runs.folder import CONFIG, POLICY, RESULT
from qlax_runs import train_into

ENVS = (
    "CartPole-v1",
    "MountainCar-v0",
    "Acrobot-v1",
    "LunarLander-v3",
    "FrozenLake-v1",
    "FrozenLake8x8-v1",
    "CliffWalking-v1",
    "Taxi-v4",
    "Blackjack-v1",
    "MinAtar/Breakout-v1",
    "MinAtar/Freeway-v1",
    "MinAtar/Asterix-v1",
    "MinAtar/SpaceInvaders-v1",
    "MinAtar/Seaquest-v1",
)
LARGEST, ALL = 100_000, 3_000_000
"""Bytes of a policy with all its files, and of all policies."""
RESULTS_LARGEST = 2_000
"""Bytes that are kept free for the result of a policy."""
EPISODES = 100
LEVELS = (63, 47, 31, 27, 23, 15)
PACKINGS = (("float32", 0), ("float16", 0), *(("int8", levels) for levels in LEVELS))
"""How numbers may be kept, the finest first: of `int8` with so many levels of each sign."""


def main() -> None:
    options = _options()
    document = resumed(options.out, "policies")
    with tempfile.TemporaryDirectory() as scratch:
        for env in options.envs:
            found = _policy(env, options.keep or Path(scratch))
            others = [one for one in document["policies"] if one["env"] != env]
            document["policies"] = sorted([*others, found], key=lambda one: ENVS.index(one["env"]))
            document |= {name: fresh("policies")[name] for name in ("machine", "versions")}
            write_result(options.out, document)
    rows = [
        [one["env"], one["agent"], one["mean"], one["before_packing"], one["numbers"], one["bytes"]]
        for one in document["policies"]
    ]
    print_table(["policy", "agent", "mean return", "before packing", "numbers", "bytes"], rows)
    together = sum(map(zoo.size_of, zoo.names()))
    print(f"{together:,} bytes together")
    if together > ALL:
        raise SystemExit(f"That is more than {ALL:,}.")


def _policy(env: str, keep: Path) -> dict[str, Any]:
    """Train an environment's policy unless it is there, pack it, and return what came of it."""
    run = keep / env
    if not (run / RESULT).is_file():
        shutil.rmtree(run, ignore_errors=True)
        named = ["--agent", "pqn"] if env.startswith("MinAtar/") else []
        train_into(run, env, ["--seed", "0", "--eval-episodes", str(EPISODES), *named], core=None)
    config, result = (json.loads((run / name).read_text()) for name in (CONFIG, RESULT))
    before = qlax.evaluate(qlax.load(run), episodes=EPISODES)
    target = zoo.POLICIES / env
    numbers = _pack(run, target)
    evaluation = qlax.evaluate(qlax.load(target), episodes=EPISODES)
    threshold = result["threshold"]
    result |= {
        "eval": evaluation.as_json(),
        "solved": None if threshold is None else evaluation.mean >= threshold,
    }
    (target / CONFIG).write_text(_short(config))
    (target / RESULT).write_text(_short(result))
    print(f"{env}: {evaluation.mean:.6g}, {before.mean:.6g} before packing", flush=True)
    return {
        "env": env,
        "agent": config["agent_name"],
        "steps": config["steps"],
        "train_seconds": result["train_seconds"],
        "mean": evaluation.mean,
        "std": evaluation.std,
        "before_packing": before.mean,
        "numbers": numbers,
        "bytes": zoo.size_of(env),
    }


def _pack(run: Path, target: Path) -> str:
    """Write a run's policy into the package in the finest numbers that fit, and return which."""
    policy = qlax.load(run)
    told = len(_short(json.loads((run / CONFIG).read_text()))) + RESULTS_LARGEST
    for numbers, levels in PACKINGS:
        shutil.rmtree(target, ignore_errors=True)
        policy._write(target / POLICY, numbers, levels)
        size = sum(path.stat().st_size for path in (target / POLICY).iterdir())
        if size + told <= LARGEST:
            return numbers if numbers != "int8" else f"{2 * levels + 1} levels"
    raise SystemExit(f"{run} takes {size + told:,} bytes at best: more than {LARGEST:,}.")


def _short(document: dict[str, Any]) -> str:
    """Return JSON without what is only for the eye."""
    return json.dumps(document, separators=(",", ":"), allow_nan=False) + "\n"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--envs", nargs="+", choices=ENVS, default=list(ENVS), metavar="ENV")
    parser.add_argument("--keep", type=Path, help=f"where runs are kept, outside {FOLDER.name}/")
    parser.add_argument("--out", type=Path, default=RESULTS / "zoo.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
