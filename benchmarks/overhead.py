"""What watching a run costs it: evaluations while training, observers, checkpoints, kept policies.

    python benchmarks/overhead.py

Each run of the main job measures itself: its rows say how long the training program ran
(`seconds`), its result how long the whole loop took (`train_seconds`). The difference is all that
happened between stretches. Compilation comes apart: once with evaluations, once without.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

import qlax
from common import RESULTS, machine, print_table, qlax_versions, shown_spread, spread, write_result
from qlax.runs import folder

ENV = "MountainCar-v0"


def main() -> None:
    """Measure, print a table and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10, help="runs of each kind, a seed each")
    runs = parser.parse_args().runs
    document = {"machine": machine(), "versions": qlax_versions(), "env": ENV, "kinds": {}}
    kinds = {"everything": {}, "no evaluations while training": {"eval_every": 0}}
    for options in kinds.values():  # what is compiled comes from the cache in all that count
        measured(0, options)
    for name, options in kinds.items():
        found = [measured(seed, options) for seed in range(runs)]
        document["kinds"][name] = {
            key: [one[key] for one in found] for key in ("program", "loop", "compile")
        }
    rows = []
    for name, kind in document["kinds"].items():
        pairs = zip(kind["program"], kind["loop"], strict=True)
        shares = [100 * (loop - program) / program for program, loop in pairs]
        kind["overhead_percent"] = {"each": shares, **spread(shares)}
        seconds = (kind[key] for key in ("program", "loop", "compile"))
        rows.append((name, *(shown_spread(each, 3) for each in seconds), shown_spread(shares)))
    print_table(("MountainCar-v0", "program, s", "loop, s", "compile, s", "overhead, %"), rows)
    document["median_overhead_percent"] = statistics.median(
        document["kinds"]["everything"]["overhead_percent"]["each"]
    )
    write_result(RESULTS / "overhead.json", document)


def measured(seed: int, options: dict) -> dict[str, float]:
    """Return the seconds of a run: in the program, in the whole loop, and to compile."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "run"
        result = qlax.train(ENV, seed=seed, out=out, eval_episodes=1, **options).result
        program = folder.read_metrics(out)[-1]["seconds"]
    return {
        "program": program,
        "loop": result["train_seconds"],
        "compile": result["compile_seconds"],
    }


if __name__ == "__main__":
    main()
