"""The card of a run in a hub: `README.md`, whose head is YAML that hubs read."""

from typing import Any, NamedTuple

from qlax.comparing.statistics import iqm, stratified_bootstrap
from qlax.hub.address import Address
from qlax.hub.client import endpoint
from qlax.hub.contents import FILM
from qlax.reporting.reproducing import Recipe, recipe_of
from qlax.runs.folder import CURVE
from qlax.runs.saved import SavedRun, runs_in
from qlax.wording import counted, mean_of, significant


class _Score(NamedTuple):
    """What an evaluation says."""

    mean: str
    """With its standard deviation."""
    middle: str
    """The interquartile mean, with its interval."""


def card_of(run: SavedRun, address: Address, *, film: bool) -> str:
    """Return the card of a run.

    Args:
        run: A finished run.
        address: Where it goes.
        film: Whether there is a film beside it.
    """
    return f"---\n{_metadata(run, address)}\n---\n\n{_text(run, address, film=film)}"


def _metadata(run: SavedRun, address: Address) -> str:
    """Return the YAML that hubs read."""
    from huggingface_hub import EvalResult, ModelCardData

    about: dict[str, Any] = {
        "task_type": "reinforcement-learning",
        "task_name": "reinforcement-learning",
        "dataset_name": run.env,
        "dataset_type": run.env,
    }
    results = []
    evaluation = run.evaluation
    if evaluation is not None:
        told = f"{evaluation['mean']:.2f} +/- {evaluation['std']:.2f}"
        results.append(
            EvalResult(metric_type="mean_reward", metric_value=told, metric_name="mean", **about)
        )
        middle = float(iqm(evaluation["returns"]))
        results.append(
            EvalResult(metric_type="iqm_reward", metric_value=middle, metric_name="IQM", **about)
        )
    data = ModelCardData(
        library_name="qlax",
        pipeline_tag="reinforcement-learning",
        tags=["reinforcement-learning", "q-learning", "qlax", run.agent, run.env],
        model_name=address.repo.partition("/")[2],
        eval_results=results or None,
    )
    return str(data.to_yaml())


def _text(run: SavedRun, address: Address, *, film: bool) -> str:
    recipe = recipe_of([run])
    blocks = [
        f"# {run.agent} on {run.env}",
        f"A policy that `{run.agent}` of qlax learned in {run.steps:,} steps of {run.env}, seed "
        f"{run.seed}.",
    ]
    if film:
        source = f"{endpoint()}/{address.repo}/resolve/main/{FILM}"
        blocks.append(f'<video src="{source}" controls autoplay loop muted></video>')
    blocks += ["## How good it is", *_evaluated(run)]
    if (run.folder / CURVE).is_file():
        blocks.append(f"![Learning curve]({CURVE})")
    blocks += ["## Use it", _use(address), "## Train it again", *_again(run, recipe)]
    return "\n\n".join(blocks) + "\n"


def _evaluated(run: SavedRun) -> list[str]:
    evaluation = run.evaluation
    if evaluation is None:
        return ["It was not evaluated."]
    score = _score(evaluation)
    rows = [
        f"| mean return ± standard deviation | {score.mean} |",
        f"| interquartile mean (IQM), 95 % interval | {score.middle} |",
        f"| smallest, largest return | {evaluation['min']:g}, {evaluation['max']:g} |",
    ]
    result = run.result or {}
    if result.get("threshold") is not None:
        told = "yes" if result.get("solved") else "no"
        rows.append(f"| solved, from {result['threshold']:g} | {told} |")
    head = f"| {counted(evaluation['episodes'], 'full episode')}, played greedily | return |"
    blocks = ["\n".join([head, "|---|---|", *rows])]
    seeds = _means_of_seeds(run)
    if len(seeds) > 1:
        low, high = stratified_bootstrap(list(seeds.values()))
        blocks.append(
            f"It is one of {len(seeds)} seeds, with nothing chosen: the IQM of their mean returns "
            f"is {float(iqm(list(seeds.values()))):.6g}, 95 % interval {low:.6g} to {high:.6g}."
        )
    return blocks


def _score(evaluation: dict[str, Any]) -> _Score:
    returns = evaluation["returns"]
    low, high = stratified_bootstrap(returns)
    interval = f" [{low:.6g}, {high:.6g}]" if len(returns) > 1 else ""
    shown = mean_of(evaluation["mean"], evaluation["std"], evaluation["episodes"])
    return _Score(
        f"{shown} ± {significant(evaluation['std'])}", f"{float(iqm(returns)):.6g}{interval}"
    )


def _means_of_seeds(run: SavedRun) -> dict[int, float]:
    """Return the mean return of each seed that was trained together with this one."""
    above = run.folder.resolve().parent
    if not run.folder.resolve().name.startswith("seed-"):
        return {}
    alike = ("env", "env_kwargs", "agent", "steps")
    found = [
        one
        for path in above.glob("seed-*")
        for one in runs_in([path])[0]
        if all(one.config.get(name) == run.config.get(name) for name in alike)
    ]
    return {one.seed: one.evaluation["mean"] for one in found if one.evaluation is not None}


def _use(address: Address) -> str:
    return "\n".join(
        [
            "```console",
            "pip install 'qlax[hub]'",
            f"qlax watch {address}",
            "```",
            "",
            "```python",
            "import qlax",
            "",
            f'policy = qlax.load("{address}")',
            "evaluation = qlax.evaluate(policy)",
            "```",
            "",
            "Files here are data only: arrays, JSON, pictures. Reading them runs no code.",
        ]
    )


def _again(run: SavedRun, recipe: Recipe) -> list[str]:
    blocks = [
        f"```console\n{recipe.command}\n```"
        if recipe.command is not None
        else f"```python\n{recipe.python.strip()}\n```"
    ]
    if recipe.why:
        blocks.append(recipe.why)
    versions = run.config.get("versions")
    if isinstance(versions, dict):
        told = ", ".join(f"{name} {version}" for name, version in versions.items())
        blocks.append(f"It was trained with {told}; the backend was `{run.config.get('backend')}`.")
    if recipe.overrides:
        rows = [f"| `{one.field}` | `{one.before}` | `{one.after}` |" for one in recipe.overrides]
        blocks.append("\n".join(["| setting | the preset's | here |", "|---|---|---|", *rows]))
    return blocks
