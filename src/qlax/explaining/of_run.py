"""Explain a run: all pictures that go with what its policy observes and predicts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qlax.addresses import folder_of, place_of
from qlax.arguments import flag, path_of, refuses_plainly, whole_number
from qlax.compilation import keep_compiled_programs
from qlax.envs.opening import EnvLike, opened
from qlax.errors import UsageError, require
from qlax.explaining.core import Moment, Subject
from qlax.explaining.explanation import Explanation, require_place, write
from qlax.explaining.kinds import KINDS
from qlax.loading import load
from qlax.policy import Policy
from qlax.precision import in_32_bits
from qlax.runs.moments import BEST
from qlax.runs.outcome import Run
from qlax.runs.saved import SavedRun, read_run

FOLDER = "explanation"
SEED = 3_000_000
"""Seed of the first episode: training, evaluation and films have others."""


@refuses_plainly
@in_32_bits
def explain(
    run: str | Path | Run | Policy,
    out: str | Path | None = None,
    env: EnvLike | None = None,
    *,
    env_kwargs: Mapping[str, Any] | None = None,
    episodes: int | None = None,
    seed: int = SEED,
    best: bool = False,
) -> Explanation:
    """Draw what a policy has learned: its values, its choices, where it was, how right it was.

    Every picture is written as PNG and SVG, with its numbers beside it; `explanation.json` lists
    them with captions. Which there are depends on what is observed and predicted.

    >>> explanation = qlax.explain("runs/MountainCar-v0/dqn/seed-0")
    >>> explanation["value"].png

    Args:
        run: A run, its folder or address, a folder of a policy, or a policy.
        out: The folder to write; None for `explanation` in the run's folder, or
            `explanation-best`; of `zoo:NAME` in `zoo/NAME`, of `hf:USER/NAME` in `hub/USER/NAME`.
        env: Another environment to play in; None for the one it was trained in.
        env_kwargs: Arguments of the environment, as in `evaluate`.
        episodes: How many episodes are played; None for 20, more where they are short, or 2 of
            environments that show images.
        seed: Seed of the first of them.
        best: Explain the best policy of the training instead of the last.

    Raises:
        UsageError: if there is no policy, the environment does not fit it, or the folder holds
            something else.
        EnvironmentFailure: if the environment fails.
    """
    seed = whole_number("seed", seed)
    if episodes is not None:
        episodes = whole_number("episodes", episodes, at_least=1)
    best = flag("best", best)
    policy, saved, place = _read(run, best=best)
    if out is not None:
        folder = path_of("out", out)
    elif place is not None:
        folder = place / (f"{FOLDER}-{BEST}" if best else FOLDER)
    else:
        raise UsageError("run is a policy, which has no folder of its own: give out=….")
    require_one_number(policy)
    require_place("out", folder)
    keep_compiled_programs()
    with opened(*policy.environment(env, env_kwargs)) as source:
        subject = Subject(
            policy=policy,
            source=source,
            run=saved,
            moments=_moments(policy, saved),
            episodes=episodes,
            seed=seed,
        )
        try:
            return write(subject, KINDS, folder, "best" if best else "last")
        finally:
            subject.close()


def require_one_number(policy: Policy) -> None:
    """Raise `UsageError` where action values are of factors: pictures are of whole actions."""
    spec = policy.spec
    if spec.factors is not None:
        raise UsageError(
            f"The policy is for {spec.id}, which has {spec.actions}: there are no pictures of such "
            "values yet. `film` and `watch` show them. Or train with all combinations numbered as "
            "one, actions=actions.Factors(joint_up_to=65_536), if there are no more."
        )


def _read(run: Any, *, best: bool) -> tuple[Policy, SavedRun | None, Path | None]:
    """Return a policy, the run that it is of if there is one, and where that is."""
    if isinstance(run, Policy):
        require(not best, "best", best, "False where run is a policy, which knows no others")
        return run, None, None
    folder = run.folder if isinstance(run, Run) else folder_of("run", run)
    place = folder if isinstance(run, Run) else place_of(run, folder)
    if best:
        if not (folder / BEST).is_dir():
            raise UsageError(
                f"{folder} has no {BEST}/: it was trained without evaluations on the way, or by "
                "an older qlax."
            )
        policy = load(folder / BEST)
    else:
        policy = run.policy if isinstance(run, Run) else load(folder)
    try:
        return policy, read_run(folder), place
    except UsageError:
        return policy, None, place  # the folder of a policy alone


def _moments(policy: Policy, run: SavedRun | None) -> list[Moment]:
    """Return what a run has kept of its policy while it was trained."""
    found = []
    for steps, folder in getattr(run, "moments", []):
        try:
            earlier = load(folder, policy.agent)
        except UsageError:
            continue  # one that is damaged keeps no other from being shown
        found.append(Moment(steps, earlier.params))
    return sorted(found, key=lambda moment: moment.steps)
