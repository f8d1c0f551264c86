"""The question: whether a run, over hours, takes more memory or becomes slower.

`qlax train ENV` for so long, looked at every half minute: resident memory, and environment steps by
its own metrics. Once its replay is full there is nothing left to take: the table compares the
second and the last quarter of the time.
"""

import argparse
import json
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from common import RESULTS, machine, print_table, qlax_versions, write_result
from qlax_runs import qlax_command

LOOK_EVERY = 30.0
# More steps than a run of hours takes.
STEPS = 100_000_000
CAPACITY = 50_000


def main() -> None:
    options = _options()
    looks: list[dict[str, float]] = []
    document: dict[str, Any] = {
        "machine": machine(),
        "versions": qlax_versions(),
        "env": options.env,
        "looks": looks,
    }
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "run"
        command = [qlax_command(), "train", options.env, "--quiet", "--out", out]
        command += ["--steps", str(STEPS), "--checkpoint-every", str(STEPS)]
        command += ["--agent.replay.capacity", str(CAPACITY)]
        process = subprocess.Popen([str(word) for word in command])
        began = time.perf_counter()
        while process.poll() is None and time.perf_counter() - began < options.hours * 3600:
            time.sleep(LOOK_EVERY)
            looks.append(
                {
                    "seconds": round(time.perf_counter() - began, 1),
                    "resident_mb": round(psutil.Process(process.pid).memory_info().rss / 1e6, 1),
                    "env_steps": _steps(out / "metrics.jsonl"),
                }
            )
            write_result(options.out, document)
        process.send_signal(signal.SIGINT)
        document["exit_code"] = process.wait()
    document["quarters"] = _quarters(looks)
    write_result(options.out, document)
    rows = [[name, *values.values()] for name, values in document["quarters"].items()]
    print_table(["quarter", "steps/s", "resident MB"], rows)
    print(f"\nwritten to {options.out}")


def _quarters(looks: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Return speed and memory in the second and the last quarter of the time."""
    parts = np.array_split(np.arange(len(looks)), 4)
    found = {}
    for name, part in (("second", parts[1]), ("last", parts[3])):
        first, last = looks[part[0]], looks[part[-1]]
        steps, seconds = (last[what] - first[what] for what in ("env_steps", "seconds"))
        found[name] = {
            "steps_per_second": round(steps / seconds, 1),
            "resident_mb": float(np.mean([looks[at]["resident_mb"] for at in part])),
        }
    return found


def _steps(metrics: Path) -> int:
    if not metrics.is_file() or not (lines := metrics.read_text().splitlines()):
        return 0
    return int(json.loads(lines[-1])["env_steps"])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--env", default="ALE/Breakout-v5", help="Gymnasium's id")
    parser.add_argument("--hours", type=float, default=2.0, help="how long")
    parser.add_argument("--out", type=Path, default=RESULTS / "long_run.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
