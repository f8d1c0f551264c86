"""`qlax eval`: one run, or all seeds of one."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from qlax.cli.console import complain, console, width_of
from qlax.cli.summary import outcome_of
from qlax.envs.select import describe
from qlax.errors import UsageError
from qlax.evaluation import Evaluation, evaluate, usual_episodes
from qlax.filming import film
from qlax.policy import Policy, load
from qlax.runs.folder import POLICY
from qlax.spaces import EnvSpec
from qlax.wording import broken, counted, mean_of, over_seeds, significant, standard_error

if TYPE_CHECKING:
    from qlax.cli.commands import Eval


def evaluate_runs(command: "Eval", folder: Path) -> None:
    """Evaluate the run in a folder, or every seed of it, and print how good they are."""
    seeds = seeds_in(folder)
    if not seeds:
        policy = load(folder)
        if command.film is not None:
            _film(command, policy, command.film)
        spec, evaluation = _evaluated(command, policy)
        _print_one(spec, evaluation, as_json=command.json)
        return
    if command.film is not None:
        first = next(iter(seeds.values()))
        raise UsageError(f"{folder} holds several seeds: --film takes one of them, {first}.")
    outcomes = {seed: _evaluated(command, load(path)) for seed, path in seeds.items()}
    spec = next(iter(outcomes.values()))[0]
    evaluations = {seed: evaluation for seed, (_, evaluation) in outcomes.items()}
    _print_seeds(spec, evaluations, as_json=command.json)


def seeds_in(folder: Path) -> dict[int, Path]:
    """Return the folders of a run's seeds that have a policy; none if it is of a single seed."""
    if (folder / POLICY).exists():
        return {}
    found = {
        path.parent.name.removeprefix("seed-"): path.parent
        for path in folder.glob(f"seed-*/{POLICY}")
    }
    numbered = {int(seed): path for seed, path in found.items() if seed.isdecimal()}
    return dict(sorted(numbered.items()))


def _evaluated(command: "Eval", policy: Policy) -> tuple[EnvSpec, Evaluation]:
    """Return the environment that a policy is evaluated in, and the outcome."""
    evaluation = evaluate(policy, command.env, episodes=command.episodes, seed=command.seed)
    return policy.spec if command.env is None else describe(command.env), evaluation


def _film(command: "Eval", policy: Policy, path: Path) -> None:
    """Film an episode that is not among those of the evaluation."""
    episodes = command.episodes
    if episodes is None:
        episodes = usual_episodes(policy.spec.id if command.env is None else command.env)
    # pygame, which draws many environments, would look for a screen and complain of none.
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    film(policy, path, command.env, seed=command.seed + episodes)
    complain(f"the film is {path.expanduser()}.")


def _print_one(spec: EnvSpec, evaluation: Evaluation, *, as_json: bool) -> None:
    if as_json:
        _print_json({"env": spec.id, **evaluation.as_json()})
    else:
        outcome = outcome_of(evaluation.as_json(), spec.reward_threshold)
        print(broken(f"{spec.id}: {outcome}", width_of(sys.stdout), indent=2))


def _print_seeds(spec: EnvSpec, evaluations: dict[int, Evaluation], *, as_json: bool) -> None:
    """Print a line for each seed, and the mean of their means with its standard error."""
    means = [evaluation.mean for evaluation in evaluations.values()]
    if as_json:
        seeds = [{"seed_of_run": seed, **found.as_json()} for seed, found in evaluations.items()]
        mean, error = float(np.mean(means)), standard_error(means)
        _print_json({"env": spec.id, "mean": mean, "standard_error": error, "seeds": seeds})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("seed", "mean return", "std", "min", "max", "episodes"):
        table.add_column(column, justify="right")
    for seed, found in evaluations.items():
        table.add_row(
            str(seed),
            mean_of(found.mean, found.std, found.episodes),
            significant(found.std),
            f"{found.min:g}",
            f"{found.max:g}",
            str(found.episodes),
        )
    console().print(table)
    print()
    print(broken(f"{spec.id}: {over_seeds(means)}", width_of(sys.stdout), indent=2))
    if spec.reward_threshold is not None:
        threshold = f"(threshold {spec.reward_threshold:g})"
        solved = sum(one >= spec.reward_threshold for one in means)
        print(f"{solved} of {counted(len(means), 'seed')} solved it {threshold}.")


def _print_json(document: dict[str, Any]) -> None:
    print(json.dumps(document, indent=2))
