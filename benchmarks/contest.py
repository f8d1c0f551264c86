"""Contests: processes that do the same work on the same core in turns, and their speeds compared.

They take turns, A B C … A B C …, so that a machine that grows slower or faster does so for all of
them. A contestant's ratio is taken within a round, to the contestant it is compared with.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Iterable
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

# Whose interpreter: the variable that says where it is, and the packages whose versions matter.
INTERPRETERS = {
    "rivals": (
        "QLAX_RIVALS_PYTHON",
        ("stable-baselines3", "sb3-contrib", "sbx-rl", "tianshou", "torch", "jax", "gymnasium"),
    ),
    "rejax": ("QLAX_REJAX_PYTHON", ("rejax", "jax", "gymnax")),
    "cleanrl": ("QLAX_CLEANRL_PYTHON", ("torch", "gymnasium", "stable-baselines3")),
}
# A contestant that had less of its core than this was disturbed.
QUIET_SHARE = 0.95
# Nothing compiled in an earlier run, and no accelerator.
ENVIRONMENT = {
    "JAX_ENABLE_COMPILATION_CACHE": "false",
    "JAX_PLATFORMS": "cpu",
    "CUDA_VISIBLE_DEVICES": "",
}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

Figures = dict[str, float]
Rounds = list[dict[str, Figures]]


class Contestant(NamedTuple):
    """Something that does the work."""

    title: str
    interpreter: str
    """Whose: `qlax`, `rivals`, `rejax` or `cleanrl`."""
    package: str
    """What that interpreter must have."""
    script: str
    options: tuple[str, ...] = ()
    against: str | None = None
    """The contestant it is compared with; None for the contest's own reference."""


class Contest(NamedTuple):
    """Who takes part, and with whom they are compared."""

    contestants: dict[str, Contestant]
    reference: str
    one_core: bool = True
    """Whether everybody has the same one core and one thread; else all cores of the machine."""

    def run(self, options: argparse.Namespace) -> Rounds:
        """Hold all rounds, print the table, and write the result after every turn."""
        interpreters = {"qlax": sys.executable}
        about: dict[str, Any] = {"machine": machine(), "versions": {"qlax": qlax_versions()}}
        for name, (variable, packages) in INTERPRETERS.items():
            if python := os.environ.get(variable):
                interpreters[name] = python
                about["versions"][name] = versions(python, packages)
        chosen = {name: self.contestants[name] for name in options.contestants}
        ready = [name for name, one in chosen.items() if _is_installed(one, about)]
        for name in chosen.keys() - set(ready):
            print(f"{chosen[name].title}: not installed")
        rounds: Rounds = []
        for number in range(options.rounds):
            rounds.append({})
            for name in ready:
                figures = self._turn(chosen[name], interpreters, options)
                if figures is not None:
                    rounds[-1][name] = figures
                    shown = f"{figures['steps_per_second']:,.0f} steps/s"
                    print(f"round {number + 1}: {chosen[name].title}: {shown}", flush=True)
                summary = self._summary(rounds, ready)
                write_result(options.out, {**about, "summary": summary, "rounds": rounds})
        print()
        self._print(rounds, options.contestants, ready)
        shares = [share for name in ready for share in values(rounds, name, "core_share")]
        if self.one_core and shares and min(shares) < QUIET_SHARE:
            print("\nSomething else ran on this core: measure again on a quiet machine.")
        print(f"\nwritten to {options.out}")
        return rounds

    def _turn(
        self, contestant: Contestant, interpreters: dict[str, str], options: argparse.Namespace
    ) -> Figures | None:
        command: list[str | Path] = [
            interpreters[contestant.interpreter],
            FOLDER / "contestants" / contestant.script,
            *contestant.options,
            *("--seconds", str(options.seconds), "--warm-up", str(options.warm_up)),
        ]
        try:
            core = options.core if self.one_core else None
            threads = ONE_THREAD if self.one_core else {}
            finished = run_pinned(command, core, ENVIRONMENT | threads)
        except SubprocessError as failure:
            print(f"{contestant.title}: {failure}", flush=True)
            return None
        figures: Figures = json.loads(finished.output.strip().splitlines()[-1])
        return {**figures, "process_seconds": round(finished.seconds, 2)}

    def _ratios(self, rounds: Rounds, name: str) -> list[float]:
        """Return by how much the reference is faster, round by round."""
        against = self.contestants[name].against or self.reference
        return [
            row[against]["steps_per_second"] / row[name]["steps_per_second"]
            for row in rounds
            if against in row and name in row
        ]

    def _summary(self, rounds: Rounds, names: Iterable[str]) -> dict[str, Any]:
        summary: dict[str, Any] = {}
        for name in names:
            if not values(rounds, name, "steps_per_second"):
                continue
            figures = {figure for row in rounds for figure in row.get(name, ())}
            ratios = self._ratios(rounds, name)
            summary[name] = {
                "title": self.contestants[name].title,
                **{figure: spread(values(rounds, name, figure)) for figure in sorted(figures)},
                "qlax_is_faster_by": spread(ratios) if ratios else None,
            }
        return summary

    def _print(self, rounds: Rounds, names: list[str], ready: list[str]) -> None:
        rows: list[list[str]] = []
        for name in names:
            title, speeds = self.contestants[name].title, values(rounds, name, "steps_per_second")
            if not speeds:
                rows.append([title, "failed" if name in ready else "not installed", *[""] * 4])
                continue
            ratios = self._ratios(rounds, name)
            updates = values(rounds, name, "updates_per_step")
            compiling = statistics.median(values(rounds, name, "compile_seconds"))
            rows.append(
                [
                    title,
                    shown_spread(speeds, 0),
                    f"{statistics.median(updates):.3f}" if updates else "",
                    f"{compiling:.1f}" if updates else "",
                    f"{min(values(rounds, name, 'core_share')):.2f}",
                    f"{statistics.median(ratios):.2f}" if ratios else "",
                ]
            )
        columns = ["median (min … max)", "steps/s", "updates/step", "compile s", "core share ≥"]
        print_table([*columns, "qlax / it"], rows)


def values(rounds: Rounds, name: str, figure: str) -> list[float]:
    """Return a contestant's figure in every round that has it."""
    return [row[name][figure] for row in rounds if name in row and figure in row[name]]


def options(description: str | None, contest: Contest, result: str) -> argparse.Namespace:
    """Return the options that every contest has, as given on the command line."""
    variables = ", ".join(f"${variable}" for variable, _ in INTERPRETERS.values())
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"Interpreters of other libraries are taken from {variables}: see README.md.",
    )
    parser.add_argument(
        "--contestants",
        nargs="+",
        choices=tuple(contest.contestants),
        default=list(contest.contestants),
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each window")
    parser.add_argument("--warm-up", type=int, default=3_000, help="steps before each window")
    parser.add_argument("--core", type=int, default=0, help="the core every contestant stays on")
    parser.add_argument("--out", type=Path, default=RESULTS / result, help="result file")
    return parser.parse_args()


def _is_installed(contestant: Contestant, about: dict[str, Any]) -> bool:
    found = about["versions"].get(contestant.interpreter)
    return found is not None and found.get(contestant.package) is not None
