"""The claim: qlax's command line answers at once; JAX is only loaded by what needs it.

Wall time of whole processes on one core, in turn, the first round not counted. An interpreter
that does nothing is there for comparison.
"""

import argparse
import sys
from pathlib import Path

from common import (
    RESULTS,
    machine,
    print_table,
    qlax_versions,
    run_pinned,
    shown_spread,
    spread,
    write_result,
)
from qlax_runs import qlax_command


def main() -> None:
    options = _options()
    python = sys.executable
    commands: dict[str, list[str]] = {
        "python -c pass": [python, "-c", "pass"],
        "qlax --version": [str(qlax_command()), "--version"],
        "qlax --help": [str(qlax_command()), "--help"],
        'python -c "import qlax"': [python, "-c", "import qlax"],
        'python -c "import jax"': [python, "-c", "import jax"],
        'python -c "import qlax; qlax.train"': [python, "-c", "import qlax; qlax.train"],
    }
    about = {"machine": machine(), "versions": qlax_versions()}
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(options.runs + 1):
        for name, command in commands.items():
            taken = run_pinned(command, options.core).seconds
            if number > 0:  # the first round fills the file cache
                seconds[name].append(round(taken, 4))
    print_table(
        ["command", "seconds: median (min … max)"],
        [[name, shown_spread(values, 2)] for name, values in seconds.items()],
    )
    summary = {name: spread(values) for name, values in seconds.items()}
    write_result(options.out, {**about, "summary": summary, "seconds": seconds})
    print(f"\nwritten to {options.out}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10, help="runs of each command")
    parser.add_argument("--core", type=int, default=0, help="the core every run stays on")
    parser.add_argument("--out", type=Path, default=RESULTS / "startup.json", help="result file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
