"""The outcome of all tests, both tiers: how many passed, and how long they took.

    python benchmarks/exhaustive.py

Writes `results/exhaustive.json`, and the ids of long tests to `tests/long.txt`; with `--long`, it
only adds to the latter, from the quick tier. The tests are those that `pytest` and
`pytest -m exhaustive` run.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from pathlib import Path

from common import FOLDER, RESULTS, machine, print_table, qlax_versions, write_result

LONG = FOLDER.parent / "tests" / "long.txt"
LONGEST_QUICK = 0.6
"""Seconds from which on a test counts as long."""
TIERS = {"quick": "not exhaustive", "exhaustive": "exhaustive"}


def main() -> int:
    """Run both tiers and write what came of them; return 1 if a test failed, else 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2, help="processes that run tests")
    parser.add_argument(
        "--long", action="store_true", help="run the quick tier only, to see what takes long in it"
    )
    options = parser.parse_args()
    workers = options.workers
    long: list[str] = []
    if options.long:
        outcome = run(TIERS["quick"], workers, long)
        known = LONG.read_text().splitlines()
        LONG.write_text("".join(f"{test}\n" for test in sorted({*known, *long})))
        print(outcome["minutes"], "minutes,", outcome["failed"])
        return int(outcome["exit_code"])
    document = {"machine": machine(), "versions": qlax_versions(), "workers": workers}
    document["tiers"] = {name: run(marks, workers, long) for name, marks in TIERS.items()}
    LONG.write_text("".join(f"{test}\n" for test in sorted(long)))
    write_result(RESULTS / "exhaustive.json", document)
    tiers = document["tiers"]
    print_table(
        ("tier", "minutes", "passed", "failed", "skipped"),
        [
            (name, tier["minutes"], tier["passed"], len(tier["failed"]), tier["skipped"])
            for name, tier in tiers.items()
        ],
    )
    return int(any(tier["exit_code"] for tier in tiers.values()))


def run(marks: str, workers: int, long: list[str]) -> dict:
    """Run the tests with these marks; return counts, minutes and the seconds of each folder.

    The ids of long tests are added to `long`.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = ["-m", "pytest", "-q", "-n", workers, "-m", marks, f"--junitxml={report}"]
        began = time.perf_counter()
        ended = subprocess.run([sys.executable, *map(str, command)], cwd=FOLDER.parent)
        minutes = (time.perf_counter() - began) / 60
        cases = list(ElementTree.parse(report).getroot().iter("testcase"))
    outcomes, failed, seconds = Counter(), [], defaultdict(float)
    for case in cases:
        tags = {child.tag for child in case}
        outcome = next((tag for tag in ("failure", "error", "skipped") if tag in tags), "passed")
        outcomes[outcome] += 1
        if outcome in ("failure", "error"):
            failed.append(f"{case.get('classname')}::{case.get('name')}")
        spent = float(case.get("time", 0.0))
        module = case.get("classname", "")
        seconds[folder_of(module)] += spent
        if spent >= LONGEST_QUICK:
            long.append(f"{module.replace('.', '/')}.py::{case.get('name')}")
    return {
        "minutes": round(minutes, 1),
        "passed": outcomes["passed"],
        "skipped": outcomes["skipped"],
        "failed": failed,
        "seconds_by_folder": {name: round(spent) for name, spent in sorted(seconds.items())},
        "exit_code": ended.returncode,
    }


def folder_of(module: str) -> str:
    """Return `tests/heads` for `tests.heads.test_scalar`, and `tests` for `tests.test_agent`."""
    packages = module.split(".")[:-1]
    return "/".join(packages[:2])


if __name__ == "__main__":
    sys.exit(main())
