"""`qlax eval`: one run, or all seeds of one."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from qlax.actions import Actions
from qlax.cli.console import complain, console, print_json, width_of
from qlax.cli.env_arguments import arguments
from qlax.cli.summary import outcome_of
from qlax.envs.opening import EnvLike, opened
from qlax.envs.source import Source
from qlax.errors import UsageError
from qlax.evaluation import Evaluation, evaluate, usual_episodes
from qlax.loading import load, seeds_in
from qlax.policy import Policy
from qlax.spaces import EnvSpec
from qlax.watching.filming import film
from qlax.wording import broken, counted, mean_of, over_seeds, significant, standard_error

if TYPE_CHECKING:
    from qlax.cli.commands.eval import Eval


def evaluate_runs(command: "Eval", folder: Path, env_words: Sequence[str]) -> None:
    """Evaluate the run in a folder, or every seed of it, and print how good they are."""
    seeds = seeds_in(folder)
    if seeds and command.film is not None:
        first = next(iter(seeds.values()))
        raise UsageError(f"{folder} holds several seeds: --film takes one of them, {first}.")
    policies = {seed: load(path) for seed, path in seeds.items()} or {0: load(folder)}
    first_policy = next(iter(policies.values()))
    with opened(*_environment(command, folder, first_policy, env_words)) as source:
        spec = source.spec
        if command.film is not None:
            _film(command, first_policy, source, command.film)
        evaluations = {
            seed: evaluate(policy, source, episodes=command.episodes, seed=command.seed)
            for seed, policy in policies.items()
        }
    if command.json:
        print_json({"folder": str(folder), **_document(spec, evaluations, of_seeds=bool(seeds))})
    elif seeds:
        _print_seeds(spec, evaluations)
    else:
        _print_one(spec, evaluations[0])


def _environment(
    command: "Eval", folder: Path, policy: Policy, env_words: Sequence[str]
) -> tuple[EnvLike, Mapping[str, Any], Actions]:
    """Return the environment to evaluate in, its arguments, and how its actions are taken."""
    name = policy.environment_id if command.env is None else command.env
    if name is None:
        raise UsageError(
            f"{folder} is of a run in an environment of your own, {policy.origin}: name one with "
            "--env, or evaluate it in Python."
        )
    return policy.environment(command.env, arguments(name, env_words))


def _film(command: "Eval", policy: Policy, source: Source, path: Path) -> None:
    """Film an episode that is not among those of the evaluation."""
    episodes = usual_episodes(source) if command.episodes is None else command.episodes
    film(policy, path, source, seed=command.seed + episodes)
    complain(f"the film is {path.expanduser()}.")


def _document(
    spec: EnvSpec, evaluations: dict[int, Evaluation], *, of_seeds: bool
) -> dict[str, Any]:
    """Return what `--json` prints of one policy, or of those of several seeds."""
    known = {"env": spec.id, "threshold": spec.reward_threshold}
    if not of_seeds:
        return {**known, **evaluations[0].as_json()}
    seeds = [{"seed_of_run": seed, **found.as_json()} for seed, found in evaluations.items()]
    means = [evaluation.mean for evaluation in evaluations.values()]
    error = standard_error(means)
    return {**known, "mean": float(np.mean(means)), "standard_error": error, "seeds": seeds}


def _print_one(spec: EnvSpec, evaluation: Evaluation) -> None:
    outcome = outcome_of(evaluation.as_json(), spec.reward_threshold)
    print(broken(f"{spec.id}: {outcome}", width_of(sys.stdout), indent=2))


def _print_seeds(spec: EnvSpec, evaluations: dict[int, Evaluation]) -> None:
    """Print a line for each seed, and the mean of their means with its standard error."""
    means = [evaluation.mean for evaluation in evaluations.values()]
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
