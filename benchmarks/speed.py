"""The claim: qlax does the same DQN work many times faster than other libraries, on one core.

One DQN update of batch 128 for every step of one CartPole-v1, relu MLP 64×64, the rest as in
`contestants/workload.py`. Each contestant is a process of its own on the same core; they take
turns, A B C … A B C …; the window of measurement begins after compilation and warm-up. The table
has medians over rounds, and the ratio to qlax taken within each round. The last line is what the
arithmetic alone would allow.
"""

import argparse
import json
import os
import statistics
import sys
from pathlib import Path
from typing import Any, NamedTuple

from common import (
    FOLDER,
    RESULTS,
    SubprocessError,
    machine,
    print_table,
    qlax_versions,
    run_pinned,
    shown_spread,
    spread,
    versions,
    write_result,
)

RIVALS_VARIABLE, REJAX_VARIABLE = "QLAX_RIVALS_PYTHON", "QLAX_REJAX_PYTHON"
RIVAL_PACKAGES = (
    "stable-baselines3",
    "sbx-rl",
    "rejax",
    "torch",
    "jax",
    "numpy",
    "gymnasium",
    "gymnax",
)
# A contestant that had less of its core than this was disturbed.
QUIET_SHARE = 0.95
REFERENCE, FLOOR = "qlax-compiled", "arithmetic"

# One thread for everybody, and nothing compiled in an earlier run.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JAX_ENABLE_COMPILATION_CACHE": "false",
    "JAX_PLATFORMS": "cpu",
    "CUDA_VISIBLE_DEVICES": "",
}


class Contestant(NamedTuple):
    """Something that does the work."""

    title: str
    interpreter: str
    """Whose: `qlax`, `rivals` or `rejax`."""
    package: str
    """What that interpreter must have."""
    script: str
    options: tuple[str, ...] = ()


CONTESTANTS = {
    REFERENCE: Contestant(
        "qlax, compiled", "qlax", "qlax", "qlax_dqn.py", ("--driver", "compiled")
    ),
    "qlax-host": Contestant(
        "qlax, Gymnasium on the host", "qlax", "qlax", "qlax_dqn.py", ("--driver", "host")
    ),
    "sb3": Contestant(
        "Stable-Baselines3",
        "rivals",
        "stable-baselines3",
        "stable_baselines.py",
        ("--library", "stable_baselines3"),
    ),
    "sbx-1": Contestant(
        "SBX, updates one at a time",
        "rivals",
        "sbx-rl",
        "stable_baselines.py",
        ("--library", "sbx"),
    ),
    "sbx-16": Contestant(
        "SBX, 16 updates at a time",
        "rivals",
        "sbx-rl",
        "stable_baselines.py",
        ("--library", "sbx", "--updates-at-once", "16"),
    ),
    "rejax-50k": Contestant("rejax, replay of 50,000", "rejax", "rejax", "rejax_dqn.py"),
    "rejax-10k": Contestant(
        "rejax, replay of 10,000", "rejax", "rejax", "rejax_dqn.py", ("--capacity", "10000")
    ),
    FLOOR: Contestant("arithmetic alone", "qlax", "qlax", "arithmetic.py"),
}

Figures = dict[str, float]


def main() -> None:
    options = _options()
    interpreters = {
        "qlax": sys.executable,
        "rivals": options.rivals_python,
        "rejax": options.rejax_python or options.rivals_python,
    }
    about: dict[str, Any] = {"machine": machine(), "versions": {"qlax": qlax_versions()}}
    for name in ("rivals", "rejax"):
        python = interpreters[name]
        about["versions"][name] = versions(python, RIVAL_PACKAGES) if python else None
    ready = [name for name in options.contestants if _is_installed(CONTESTANTS[name], about)]
    for name in options.contestants:
        if name not in ready:
            print(f"{CONTESTANTS[name].title}: not installed")
    rounds: list[dict[str, Figures]] = []
    for number in range(options.rounds):
        rounds.append({})
        for name in ready:
            figures = _run(CONTESTANTS[name], interpreters, options)
            if figures is not None:
                rounds[-1][name] = figures
                shown = f"{figures['steps_per_second']:,.0f} steps/s"
                print(f"round {number + 1}: {CONTESTANTS[name].title}: {shown}", flush=True)
            write_result(
                options.out, {**about, "summary": _summary(rounds, ready), "rounds": rounds}
            )
    print()
    _print(rounds, options.contestants, ready)
    print(f"\nwritten to {options.out}")


def _is_installed(contestant: Contestant, about: dict[str, Any]) -> bool:
    found = about["versions"][contestant.interpreter]
    return found is not None and found.get(contestant.package) is not None


def _run(
    contestant: Contestant, interpreters: dict[str, str], options: argparse.Namespace
) -> Figures | None:
    command: list[str | Path] = [
        interpreters[contestant.interpreter],
        FOLDER / "contestants" / contestant.script,
        *contestant.options,
        *("--seconds", str(options.seconds), "--warm-up", str(options.warm_up)),
    ]
    try:
        finished = run_pinned(command, options.core, ENVIRONMENT)
    except SubprocessError as failure:
        print(f"{contestant.title}: {failure}", flush=True)
        return None
    figures: Figures = json.loads(finished.output.strip().splitlines()[-1])
    return {**figures, "process_seconds": round(finished.seconds, 2)}


def _values(rounds: list[dict[str, Figures]], name: str, figure: str) -> list[float]:
    return [row[name][figure] for row in rounds if name in row and figure in row[name]]


def _ratios(rounds: list[dict[str, Figures]], name: str) -> list[float]:
    """Return by how much qlax is faster, round by round."""
    return [
        row[REFERENCE]["steps_per_second"] / row[name]["steps_per_second"]
        for row in rounds
        if REFERENCE in row and name in row
    ]


def _summary(rounds: list[dict[str, Figures]], names: list[str]) -> dict[str, Any]:
    summary: dict[str, Any] = {}
    for name in names:
        if not _values(rounds, name, "steps_per_second"):
            continue
        figures = {figure for row in rounds for figure in row.get(name, ())}
        ratios = _ratios(rounds, name)
        summary[name] = {
            "title": CONTESTANTS[name].title,
            **{figure: spread(_values(rounds, name, figure)) for figure in sorted(figures)},
            "qlax_is_faster_by": spread(ratios) if ratios else None,
        }
    return summary


def _print(rounds: list[dict[str, Figures]], names: list[str], ready: list[str]) -> None:
    rows: list[list[str]] = []
    for name in names:
        title, speeds = CONTESTANTS[name].title, _values(rounds, name, "steps_per_second")
        if not speeds:
            rows.append([title, "failed" if name in ready else "not installed", *[""] * 4])
            continue
        ratios = _ratios(rounds, name)
        updates = _values(rounds, name, "updates_per_step")
        compiling = statistics.median(_values(rounds, name, "compile_seconds"))
        rows.append(
            [
                title,
                shown_spread(speeds, 0),
                f"{statistics.median(updates):.3f}" if updates else "",
                f"{compiling:.1f}" if updates else "",
                f"{min(_values(rounds, name, 'core_share')):.2f}",
                f"{statistics.median(ratios):.2f}" if ratios else "",
            ]
        )
    columns = ["median (min … max)", "steps/s", "updates/step", "compile s", "core share ≥"]
    print_table([*columns, "qlax compiled / it"], rows)
    if flops := _values(rounds, FLOOR, "flops_of_update"):
        in_jax, in_numpy = (
            statistics.median(_values(rounds, FLOOR, f"{name}_gflops_per_second"))
            for name in ("jax", "numpy")
        )
        print(
            f"\nAn update's matrix products are {flops[0] / 1e6:.2f} MFLOP; products of 128×64 by "
            f"64×64 run at {in_jax:.0f} GFLOP/s in a JAX scan, {in_numpy:.0f} in NumPy."
        )

    shares = [share for name in ready for share in _values(rounds, name, "core_share")]
    if shares and min(shares) < QUIET_SHARE:
        print("\nSomething else ran on this core: measure again on a quiet machine.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--rivals-python",
        default=os.environ.get(RIVALS_VARIABLE),
        help=f"interpreter that has Stable-Baselines3 and SBX; by default ${RIVALS_VARIABLE}",
    )
    parser.add_argument(
        "--rejax-python",
        default=os.environ.get(REJAX_VARIABLE),
        help=f"interpreter that has rejax; by default ${REJAX_VARIABLE}, or that of the others",
    )
    parser.add_argument(
        "--contestants", nargs="+", choices=tuple(CONTESTANTS), default=list(CONTESTANTS)
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each window")
    parser.add_argument("--warm-up", type=int, default=3_000, help="steps before each window")
    parser.add_argument("--core", type=int, default=0, help="the core every contestant stays on")
    parser.add_argument("--out", type=Path, default=RESULTS / "speed.json", help="result file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
