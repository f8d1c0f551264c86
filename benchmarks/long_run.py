"""One long run: whether hours take more memory or become slower, and what is learned in them.

`qlax train ENV` with its defaults, looked at every half minute: resident memory, and environment
steps by its own metrics. Once its replay is full there is nothing left to take: the table compares
the second and the last quarter of the time. With `--keep FOLDER` the run stays, with its policy and
its curve; one that was broken off is gone on with. `--hours` ends a run that has not ended itself.
"""

import argparse
import json
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from common import RESULTS, fresh, print_table, resumed, start_pinned, write_result
from qlax_runs import qlax_command

LOOK_EVERY = 30.0


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "run" if options.keep is None else options.keep
        document = resumed(options.out, "looks") if out.exists() else fresh("looks")
        document["env"] = options.env
        looks: list[dict[str, float]] = document["looks"]
        process = _started(out, options)
        before = looks[-1]["seconds"] if looks else 0.0
        began = time.perf_counter()
        while process.poll() is None and time.perf_counter() - began < options.hours * 3600:
            time.sleep(LOOK_EVERY)
            looks.append(
                {
                    "seconds": round(before + time.perf_counter() - began, 1),
                    "resident_mb": round(psutil.Process(process.pid).memory_info().rss / 1e6, 1),
                    "env_steps": _steps(out / "metrics.jsonl"),
                }
            )
            write_result(options.out, document)
        process.send_signal(signal.SIGINT)
        document["exit_code"] = process.wait()
        if (out / "result.json").is_file():
            document["result"] = json.loads((out / "result.json").read_text())
    # What a finished process shows is of its end, not of its training.
    looks[:] = [look for look in looks if look["resident_mb"] > 0]
    document["quarters"] = _quarters(looks)
    write_result(options.out, document)
    rows = [[name, *values.values()] for name, values in document["quarters"].items()]
    print_table(["quarter", "steps/s", "resident MB"], rows)
    if "result" in document:
        print(f"\nmean return {document['result']['eval']['mean']:.1f}")
    print(f"\nwritten to {options.out}")


def _started(out: Path, options: argparse.Namespace) -> subprocess.Popen:
    """Begin the run, or go on with what is there."""
    if out.exists():
        command = [qlax_command(), "resume", out, "--quiet"]
    else:
        command = [qlax_command(), "train", options.env, "--quiet", "--out", out]
        if options.steps is not None:
            command += ["--steps", options.steps]
    return start_pinned(command, options.core)


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
    parser.add_argument("--hours", type=float, default=2.0, help="how long at most")
    parser.add_argument(
        "--steps", help="environment steps; as many as qlax train takes if not given"
    )
    parser.add_argument("--core", type=int, help="the core to stay on; any if not given")
    parser.add_argument("--keep", type=Path, help="folder to keep the run in, or to go on with")
    parser.add_argument("--out", type=Path, default=RESULTS / "long_run.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
