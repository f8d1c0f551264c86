"""`qlax explain`: what was drawn, in lines."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qlax.cli.console import print_json, width_of
from qlax.cli.env_arguments import arguments
from qlax.errors import UsageError
from qlax.explaining import Explanation, explain
from qlax.loading import load, seeds_in
from qlax.wording import broken, counted

if TYPE_CHECKING:
    from qlax.cli.commands.explain import Explain


def explain_run(command: "Explain", folder: Path, env_words: Sequence[str]) -> None:
    """Draw what a run has learned, and print which pictures there are."""
    seeds = seeds_in(folder)
    if seeds:
        first = next(iter(seeds.values()))
        raise UsageError(f"{folder} holds several seeds: give one of them, such as {first}.")
    kwargs = arguments(command.env or _trained_in(folder), env_words) if env_words else {}
    explanation = explain(
        command.run_folder,
        command.out,
        command.env,
        env_kwargs=kwargs,
        episodes=command.episodes,
        seed=command.seed,
        best=command.best,
    )
    if command.json:
        print_json({"folder": str(explanation.folder), **explanation.as_json()})
    else:
        _print(explanation)


def _trained_in(folder: Path) -> str:
    """Return the id of the environment that a run was trained in."""
    name = load(folder).environment_id
    if name is None:
        raise UsageError(f"{folder} is of a run in an environment of your own: it has no options.")
    return name


def _print(explanation: Explanation) -> None:
    width = width_of(sys.stdout)
    print(f"{counted(len(explanation.pictures), 'picture')} in {explanation.folder}:")
    for picture in explanation:
        print(broken(f"{picture.png.name}: {picture.title}. {picture.caption}", width, indent=2))
    for kind, why in explanation.left_out.items():
        print(broken(f"No {kind}: {why}", width, indent=2))
