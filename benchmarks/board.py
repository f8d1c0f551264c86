"""The claim: `qlax board` is ready within a second and lists 500 runs of 1,000 rows within another.

The same rows are written as runs of qlax and as TensorBoard's event files; both are opened from
nothing, in turn. A run of 100,000 rows is there as well. Times are wall time as a browser would
have it: of the page's first byte, of the list with every run in it, of a curve. TensorBoard is left
out where it is not installed:

    python -m venv ~/qlax-tensorboard
    ~/qlax-tensorboard/bin/pip install "tensorboard==2.21.*" "tensorboardX==2.6.*" "setuptools<81"
    export QLAX_TENSORBOARD_PYTHON=~/qlax-tensorboard/bin/python
"""

import argparse
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from common import (
    RESULTS,
    machine,
    print_table,
    qlax_versions,
    shown_spread,
    versions,
    write_result,
)
from qlax_runs import qlax_command

LONG = 100_000
EVENTS = """
import json, sys
from tensorboardX import SummaryWriter
for rows, folder in zip(sys.argv[1::2], sys.argv[2::2]):
    with SummaryWriter(folder) as writer:
        for line in open(rows):
            row = json.loads(line)
            for name in row.keys() - {"format", "env_steps"}:
                writer.add_scalar(name, row[name], row["env_steps"])
"""


def main() -> None:
    options = _options()
    python = os.environ.get("QLAX_TENSORBOARD_PYTHON")
    about: dict[str, Any] = {"machine": machine(), "versions": qlax_versions()}
    if python:
        about["tensorboard"] = versions(python, ("tensorboard", "tensorboard-data-server"))
    measured: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        print(f"writing {options.runs} runs of {options.rows} rows …", flush=True)
        write_runs(folder / "qlax", options.runs, options.rows)
        if python:
            write_events(folder, options.runs, python)
        for _ in range(options.rounds):
            measured.setdefault("qlax board", []).append(board(folder / "qlax", options.runs))
            if python:
                figures = tensorboard(folder / "events", options.runs, python)
                measured.setdefault("TensorBoard", []).append(figures)
    names = list(dict.fromkeys(name for rounds in measured.values() for name in rounds[0]))
    rows = [
        [
            name,
            *(_shown([one[name] for one in rounds if name in one]) for rounds in measured.values()),
        ]
        for name in names
    ]
    print_table(["median (min … max)", *measured], rows)
    write_result(options.out, {**about, "runs": options.runs, "rows": options.rows, **measured})
    print(f"\nwritten to {options.out}")


def _shown(values: list[float]) -> str:
    return shown_spread(values, 3) if values else "–"


def write_runs(root: Path, runs: int, rows: int) -> None:
    """Write runs as training leaves them, and one of many rows."""
    short = "".join(_row(number) for number in range(rows))
    for number in range(runs):
        _write_run(root / "CartPole-v1" / "dqn" / f"seed-{number}", number, short, rows)
    _write_run(root / "long", 0, "".join(_row(number) for number in range(LONG)), LONG)


def _row(number: int) -> str:
    wave = (number * 7919) % 101 / 10
    return (
        json.dumps(
            {
                "format": 1,
                "env_steps": 100 * (number + 1),
                "updates": 100 * number,
                "episodes": 3,
                "episode_return": round(number / 10 + wave, 4),
                "episode_length": round(number / 10 + wave, 4),
                "loss": round(1 / (number + 1) + wave / 100, 6),
                "q_value": round(wave + number / 50, 5),
                "epsilon": round(max(0.05, 1 - number / 500), 6),
                "seconds": round(number / 20, 3),
            }
        )
        + "\n"
    )


def _write_run(folder: Path, seed: int, rows: str, count: int) -> None:
    folder.mkdir(parents=True)
    (folder / "metrics.jsonl").write_text(rows)
    spec = {"type": "spaces.EnvSpec", "id": "CartPole-v1", "reward_threshold": 475.0}
    part = {"type": "schedules.Linear", "start": 1.0, "end": 0.05, "steps": 10_000, "begin": 0}
    agent = {"type": "Agent"} | {f"part_{number}": part for number in range(12)}
    config = {"format": 1, "env": "CartPole-v1", "env_kwargs": {}, "spec": spec, "seed": seed}
    config |= {"agent_name": "dqn", "agent": agent, "fitted": [], "steps": 100 * count}
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    returns = [float(number % 500) for number in range(100)]
    evaluation = {"mean": 480.0, "std": 9.0, "episodes": 100, "returns": returns}
    result = {"env_steps": 100 * count, "train_seconds": 9.5, "eval": evaluation}
    (folder / "result.json").write_text(json.dumps(result | {"threshold": 475.0, "solved": True}))


def write_events(folder: Path, runs: int, python: str) -> None:
    """Write the same rows as event files: one is written, and copied for every run."""
    first = folder / "qlax" / "CartPole-v1" / "dqn" / "seed-0" / "metrics.jsonl"
    long = folder / "qlax" / "long" / "metrics.jsonl"
    to = folder / "events"
    words = [str(first), str(to / "dqn" / "seed-0"), str(long), str(to / "long")]
    subprocess.run([python, "-c", EVENTS, *words], check=True)
    for number in range(1, runs):
        shutil.copytree(to / "dqn" / "seed-0", to / "dqn" / f"seed-{number}")


def board(folder: Path, runs: int) -> dict[str, float]:
    """Open the folder with qlax and return what it took."""
    port = _free_port()
    command = [str(qlax_command()), "board", str(folder), "--port", str(port)]
    with _serving(command) as (process, began):
        base = f"http://localhost:{port}"
        figures = {"s to the first byte": _until(began, lambda: _read(f"{base}/"))}
        figures["s to the whole list"] = _until(
            began, lambda: len(json.loads(_read(f"{base}/api/runs"))["runs"]) == runs + 1
        )
        figures["s for the list again"], listed = _timed(lambda: _read(f"{base}/api/runs"))
        ids = {run["name"]: run["id"] for run in json.loads(listed)["runs"]}
        one, long = ids["CartPole-v1/dqn/seed-7"], ids["long"]
        figures["s for a run's curves"], _ = _timed(lambda: _read(f"{base}/api/runs/{one}/curves"))
        taken, answer = _timed(lambda: _read(f"{base}/api/runs/{long}/curves"))
        figures["s for curves of 100,000 rows"] = taken
        known = json.loads(answer)
        figures["kB of curves of 100,000 rows"] = len(answer) / 1e3
        with (folder / "long" / "metrics.jsonl").open("a") as file:
            file.write(_row(LONG))
        after = f"{known['generation']}:{known['rows']}"
        path = f"{base}/api/runs/{long}/curves?after={after}"
        figures["s for one more row"], more = _timed(lambda: _read(path))
        figures["kB for one more row"] = len(more) / 1e3
        figures["MB of memory"] = _memory(process)
        figures["share of a core while a page is open"] = _idle_share(process, base)
        return figures


def tensorboard(folder: Path, runs: int, python: str) -> dict[str, float]:
    """Open the folder with TensorBoard and return what it took."""
    port = _free_port()
    program = Path(python).with_name("tensorboard")
    command = [str(program), "--logdir", str(folder), "--port", str(port), "--host", "localhost"]
    with _serving(command) as (process, began):
        base = f"http://localhost:{port}"
        figures = {"s to the first byte": _until(began, lambda: _read(f"{base}/"))}
        tags = f"{base}/data/plugin/scalars/tags"
        # Whole once the long run's last metric is there too.
        figures["s to the whole list"] = _until(
            began, lambda: len([1 for run in json.loads(_read(tags)).values() if run]) == runs + 1
        )
        figures["s for the list again"], _ = _timed(lambda: _read(tags))
        names = ("episodes", "episode_return", "episode_length", "loss", "q_value", "epsilon")
        asked = f"{base}/data/plugin/scalars/scalars?run="

        def curves(run: str) -> bytes:
            return b"".join(_read(f"{asked}{run}&tag={name}") for name in names)

        figures["s for a run's curves"], _ = _timed(lambda: curves("dqn%2Fseed-7"))
        figures["s for curves of 100,000 rows"], answer = _timed(lambda: curves("long"))
        figures["kB of curves of 100,000 rows"] = len(answer) / 1e3
        figures["kB for one more row"] = len(answer) / 1e3  # a refresh asks for the whole again
        figures["MB of memory"] = _memory(process)
        return figures


@contextlib.contextmanager
def _serving(command: list[str]) -> Iterator[tuple[subprocess.Popen, float]]:
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process, began
    finally:
        process.terminate()
        process.wait(20)


def _until(began: float, done: Callable[[], Any], limit: float = 300.0) -> float:
    """Return the seconds since a moment until something is so."""
    while True:
        with contextlib.suppress(urllib.error.URLError, OSError):
            if done():
                return round(time.perf_counter() - began, 4)
        if time.perf_counter() - began > limit:
            raise SystemExit(f"nothing came within {limit:g} s")
        time.sleep(0.005)


def _timed(call: Callable[[], bytes]) -> tuple[float, bytes]:
    began = time.perf_counter()
    answer = call()
    return round(time.perf_counter() - began, 4), answer


def _read(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=60) as answer:
        return bytes(answer.read())


def _memory(process: subprocess.Popen) -> float:
    """Return the resident memory of a process and those it started, in MB."""
    first = psutil.Process(process.pid)
    return sum(one.memory_info().rss for one in (first, *first.children(recursive=True))) / 1e6


def _idle_share(process: subprocess.Popen, base: str, seconds: float = 6.0) -> float:
    """Return the share of a core that an open page takes while nothing happens."""
    told = psutil.Process(process.pid)
    with urllib.request.urlopen(f"{base}/api/events", timeout=60):
        time.sleep(1.0)
        before = sum(told.cpu_times()[:2])
        time.sleep(seconds)
        return round((sum(told.cpu_times()[:2]) - before) / seconds, 4)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=500, help="how many runs")
    parser.add_argument("--rows", type=int, default=1_000, help="rows of each")
    parser.add_argument("--rounds", type=int, default=3, help="how often both are opened")
    parser.add_argument("--out", type=Path, default=RESULTS / "board.json", help="result file")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
