"""CleanRL: one of its scripts, unchanged, in a clone that `$QLAX_CLEANRL_SOURCE` points to.

The script has no window of measurement, so it runs twice, from the same seed: its speed is that of
the steps which the longer run has more.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import workload

# Steps of the shorter run, by when it learns, and environment steps of an update.
SCRIPTS = {"c51": (12_000, 10), "pqn": (10_240, 32)}
# A guess that makes the longer run long enough; the window is what it takes.
MORE_STEPS_A_SECOND = {"c51": 1_500, "pqn": 5_120}


def main() -> None:
    parser = workload.parser(__doc__)
    parser.add_argument("--agent", choices=tuple(SCRIPTS), required=True)
    options = parser.parse_args()
    source = Path(os.environ["QLAX_CLEANRL_SOURCE"])
    script = source / "cleanrl" / f"{options.agent}.py"
    if not script.is_file():
        sys.exit(f"$QLAX_CLEANRL_SOURCE is {source}, which has no cleanrl/{options.agent}.py.")
    short, every = SCRIPTS[options.agent]
    more = int(options.seconds * MORE_STEPS_A_SECOND[options.agent])
    more -= more % 512  # whole rollouts
    marks = []
    for steps in (short, short + more):
        before = workload.Mark.of_children(workload.Progress(0, 0))
        with tempfile.TemporaryDirectory() as scratch:
            subprocess.run(
                [sys.executable, script, f"--total-timesteps={steps}", f"--seed={options.seed}"],
                cwd=scratch,
                env={**os.environ, "PYTHONPATH": str(source)},
                stdout=subprocess.DEVNULL,
                check=True,
            )
        after = workload.Mark.of_children(workload.Progress(steps, steps // every))
        marks.append(after.since(before))
    workload.report(workload.speed(*marks), 0.0)


if __name__ == "__main__":
    main()
