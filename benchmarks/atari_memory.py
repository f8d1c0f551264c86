"""The question: what a replay of a million Atari steps takes, all of qlax included.

`qlax train ALE/Pong-v5 --agent dqn_nature` until its replay of a million steps is full, without
learning on the way; the resident memory of the process is the largest it ever was. Beside it, what
was said before the run, and what two stacks of four pictures a step would take.
"""

import argparse
import json
import re
import resource
import tempfile
from pathlib import Path
from typing import Any

from common import RESULTS, machine, print_table, qlax_versions, run_pinned, write_result
from qlax_runs import qlax_command

STACKS_BYTES = 2 * 4 * 84 * 84


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "run"
        command: list[str | Path] = [
            *(qlax_command(), "train", "ALE/Pong-v5", "--agent", "dqn_nature"),
            *("--steps", str(options.steps), "--eval-episodes", "0", "--out", out),
            *("--agent.replay.capacity", str(options.steps)),
            *("--agent.learning-starts", str(2 * options.steps)),
            *("--agent.num-envs", "8", "--agent.update-every", "1"),
            *("--checkpoint-every", str(2 * options.steps)),
        ]
        finished = run_pinned(command, None)
        result: dict[str, Any] = json.loads((out / "result.json").read_text())
    announced = re.search(r"^memory +([0-9.]+) GB", finished.output, re.MULTILINE)
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e9
    figures = {
        "steps": options.steps,
        "largest_resident_gb": round(largest, 2),
        "announced_gb": float(announced[1]) if announced else None,
        "stacks_gb": round(STACKS_BYTES * options.steps / 1e9, 2),
        "train_seconds": result["train_seconds"],
    }
    write_result(options.out, {"machine": machine(), "versions": qlax_versions(), **figures})
    print_table(["figure", "value"], [[name, value] for name, value in figures.items()])
    print(f"\nwritten to {options.out}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=1_000_000, help="size of the replay")
    parser.add_argument("--out", type=Path, default=RESULTS / "atari_memory.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
