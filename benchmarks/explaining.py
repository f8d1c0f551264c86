"""The claim: what the car has learned is drawn within ten seconds, its values within milliseconds.

Wall time of `qlax explain` on one core, with nothing compiled yet and with programs compiled
before, for runs of a few seconds each: two numbers observed, a map, and a distributional head on
four numbers. Then what `value_surface` costs for policies that share a compiled program, as the
moments of a run do.
"""

import argparse
import tempfile
import time
from pathlib import Path

import qlax
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
from qlax.explaining import value_surface
from qlax_runs import qlax_command

RUNS = {
    "MountainCar-v0": ["MountainCar-v0"],
    "FrozenLake-v1, 8x8": ["FrozenLake-v1", "--env.map-name", "8x8"],
    "CartPole-v1, QR-DQN": ["CartPole-v1", "--agent", "qr_dqn", "--steps", "20000"],
}
SIZES = (30, 60, 120)


def main() -> None:
    options = _options()
    about = {"machine": machine(), "versions": qlax_versions()}
    qlax_here = str(qlax_command())
    seconds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        for number, (name, words) in enumerate(RUNS.items()):
            run = here / f"run-{number}"
            run_pinned([qlax_here, "train", *words, "--quiet", "--out", run], options.core)
            cold = {"XDG_CACHE_HOME": str(here / f"cache-{number}")}
            for turn in range(options.runs + 1):
                taken = run_pinned([qlax_here, "explain", run], options.core, cold).seconds
                kind = "first" if turn == 0 else "again"
                seconds.setdefault(f"{name}, {kind}", []).append(round(taken, 3))
        surfaces = _surfaces(here / "run-0", options.surfaces)
    print_table(
        ["qlax explain", "seconds: median (min … max)"],
        [[name, shown_spread(taken, 1)] for name, taken in seconds.items()],
    )
    print()
    print_table(
        ["value_surface", "milliseconds: median (min … max)"],
        [[f"{size} × {size}", shown_spread(taken, 2)] for size, taken in surfaces.items()],
    )
    result = {
        **about,
        "summary": {name: spread(taken) for name, taken in seconds.items()},
        "seconds": seconds,
        "surface_milliseconds": {size: spread(taken) for size, taken in surfaces.items()},
    }
    write_result(options.out, result)
    print(f"\nwritten to {options.out}")


def _surfaces(run: Path, count: int) -> dict[int, list[float]]:
    """Return the milliseconds of surfaces of a run's moments, each size compiled before."""
    moments = [qlax.load(folder) for folder in sorted((run / "moments").iterdir())]
    taken: dict[int, list[float]] = {}
    for size in SIZES:
        value_surface(moments[0], size)
        for number in range(count):
            began = time.perf_counter()
            value_surface(moments[number % len(moments)], size)
            taken.setdefault(size, []).append(1e3 * (time.perf_counter() - began))
    return taken


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3, help="runs with programs compiled before")
    parser.add_argument("--surfaces", type=int, default=100, help="surfaces of each size")
    parser.add_argument("--core", type=int, default=0, help="the core every run stays on")
    parser.add_argument("--out", type=Path, default=RESULTS / "explaining.json", help="result file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
