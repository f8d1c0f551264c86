"""`qlax zoo`: the policies that come with the package, as a list."""

from rich.table import Table

from qlax import zoo
from qlax.cli.console import console, print_json
from qlax.runs.saved import read_run
from qlax.wording import mean_of, significant


def print_zoo(*, as_json: bool) -> None:
    """Print a line for each policy."""
    if as_json:
        print_json({"policies": [described(name) for name in zoo.names()]})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("policy", "agent", "steps", "mean return of 100 episodes", "solved"):
        table.add_column(column, no_wrap=True, justify="right" if column == "steps" else "left")
    for name in zoo.names():
        of = described(name)
        solved = {None: "", True: "yes", False: "no"}[of["solved"]]
        table.add_row(of["address"], of["agent"], f"{of['steps']:,}", result_of(of), solved)
    console().print(table)
    print()
    print("qlax watch zoo:MountainCar-v0; film, eval, explain and qlax.load take them, too.")


def described(name: str) -> dict:
    """Return what there is to say of a policy, as plain values."""
    run = read_run(zoo.folder_of(name))
    result, evaluation = run.result or {}, run.evaluation or {}
    return {
        "address": f"zoo:{name}",
        "env": run.env,
        "agent": run.agent,
        "seed": run.seed,
        "steps": run.steps,
        "mean": evaluation.get("mean"),
        "std": evaluation.get("std"),
        "episodes": evaluation.get("episodes"),
        "threshold": result.get("threshold"),
        "solved": result.get("solved"),
        "bytes": zoo.size_of(name),
    }


def result_of(described: dict) -> str:
    """Return the mean return with its standard deviation, in words."""
    mean, std = described["mean"], described["std"]
    return f"{mean_of(mean, std, described['episodes'])} ± {significant(std)}"
