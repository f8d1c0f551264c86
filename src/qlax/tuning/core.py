"""`tune`: check the arguments, search, confirm, and write what came out."""

import contextlib
import importlib.util
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock

from qlax import presets
from qlax.agent import Agent
from qlax.arguments import path_of, refuses_plainly, seconds_or_none, whole_number
from qlax.compilation import keep_compiled_programs
from qlax.envs.opening import EnvLike, opened
from qlax.envs.origin import Origin
from qlax.envs.select import require_backend
from qlax.envs.source import Source
from qlax.errors import Interrupted, UsageError
from qlax.precision import in_32_bits
from qlax.presets import Preset
from qlax.runs.folder import new_folder, require_free
from qlax.tuning import outcome
from qlax.tuning.confirming import Confirmed, Verdict, confirm, verdict_of
from qlax.tuning.machine import Machine, machine_for
from qlax.tuning.members import Halted
from qlax.tuning.outcome import Tuned, best_of
from qlax.tuning.plan import STUDY, Plan, read_study, require_same, search_from_json
from qlax.tuning.progress import TuningProgress
from qlax.tuning.search import Search, search_of
from qlax.tuning.searching import Clock
from qlax.tuning.searching import search as search_on
from qlax.tuning.spaces import default_space
from qlax.tuning.study import Study, at_work

_TRIALS, _SEEDS = 50, 3
_CONFIRMED, _FRESH_SEEDS = 3, 10


@refuses_plainly
@in_32_bits
def tune(
    env: EnvLike | None = None,
    agent: Agent | Preset | str | None = None,
    *,
    search: Mapping[str, Any] | None = None,
    trials: int | None = None,
    seeds: int | None = None,
    steps: int | None = None,
    out: str | Path | None = None,
    minutes: float | None = None,
    confirm_seeds: int = _FRESH_SEEDS,
    jobs: int | None = None,
    seed: int | None = None,
    env_kwargs: Mapping[str, Any] | None = None,
    backend: str | None = None,
    progress: bool | TuningProgress = True,
) -> Tuned:
    """Search for an agent's best settings on an environment, and say whether they are better.

    A trial is the agent with some values in its fields, trained on several seeds. Its score is the
    interquartile mean over seeds of each one's last three of ten greedy evaluations. Trials are
    drawn by Optuna's TPE and pruned when they are below the median of those before them. Where the
    environment can be compiled, trials that differ in numbers share a program, and several programs
    run at the same time.

    The three best trials and the agent as it was are then trained on fresh seeds. `verdict` says
    what those tell. A search can be stopped, and goes on when it is called with the same folder,
    also by several processes at once.

    Args:
        env: As in `train`; None to go on with the search in `out`.
        agent: As in `train`: the agent that the search begins with.
        search: The range of each field by its path: `{"agent.optimizer.learning_rate": "log(1e-4,
            1e-2)", "agent.replay.n_step": [1, 3, 5]}`. Text is `log(a,b)`, `uniform(a,b)`,
            `int(a,b)`, `logint(a,b)` or `choice(a,b,…)`. None for usual ranges around what the
            agent has.
        trials: Trials in all; None for 50.
        seeds: Seeds of each trial; None for 3.
        steps: Environment steps of each seed; None for as many as `train` takes.
        out: The folder to write; None for `runs/<env>/tune-<agent>/seed-<seed>`.
        minutes: Minutes after which no further trial is trained; what is under way then counts for
            nothing. The confirmation comes on top. None for no limit.
        confirm_seeds: Fresh seeds of the confirmation, 0 for none.
        jobs: Programs that run at the same time; None for one for each core.
        seed: Seed of what is drawn; None for 0.
        env_kwargs: As in `train`.
        backend: As in `train`; None for `auto`.
        progress: Whether to show how far the search is, or what shows it.

    Raises:
        UsageError: if something cannot work as given; nothing is written then.
        EnvironmentFailure: if the environment fails; all trials before it are kept.
        Interrupted: after Ctrl-C; all trials that ended are kept.
    """
    if importlib.util.find_spec("optuna") is None:
        raise UsageError("Tuning needs Optuna: pip install 'qlax[tune]'.")
    began = time.monotonic()
    seconds = seconds_or_none("minutes", minutes)
    clock = Clock(None if seconds is None else 60.0 * seconds)
    confirm_seeds = whole_number("confirm_seeds", confirm_seeds)
    jobs = None if jobs is None else whole_number("jobs", jobs, at_least=1)
    trials = None if trials is None else whole_number("trials", trials, at_least=1)
    given = _Given(agent, search, seeds, steps, seed, backend, jobs)
    with _study(env, env_kwargs, out, given) as (plan, folder, machine, described):
        keep_compiled_programs()
        watched = TuningProgress() if progress is True else progress or None
        total = trials or max(_TRIALS, 1)
        with contextlib.ExitStack() as stack:
            if watched is not None:
                stack.callback(watched.end)
            stack.enter_context(clock.interrupt)
            found = _searched(plan, folder, machine, described, total, clock, watched)
            if clock.interrupt.requested:
                _say(watched, found, total)
                outcome.write_table(plan, folder, found)
                raise Interrupted(folder, by="tune")
            return _concluded(plan, folder, machine, confirm_seeds, clock, watched, began)


class _Given:
    """The arguments that say what is searched; None for as before or by default."""

    def __init__(
        self,
        agent: Agent | Preset | str | None,
        search: Mapping[str, Any] | None,
        seeds: int | None,
        steps: int | None,
        seed: int | None,
        backend: str | None,
        jobs: int | None,
    ) -> None:
        def checked(name: str, value: Any, at_least: int) -> int | None:
            return None if value is None else whole_number(name, value, at_least=at_least)

        self.agent, self.search = agent, search
        self.seeds = checked("seeds", seeds, 1)
        self.steps = checked("steps", steps, 1)
        self.seed = checked("seed", seed, 0)
        if backend is not None:
            require_backend(backend)
        self.backend = backend
        self.jobs = jobs


def _searched(
    plan: Plan,
    folder: Path,
    machine: Machine,
    described: str,
    trials: int,
    clock: Clock,
    watched: TuningProgress | None,
) -> Any:
    """Search; return every trial that ended."""
    worker = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
    with at_work(folder, plan, worker):
        study = Study(folder, plan, worker)
        if watched is not None:
            watched.begin(plan, described, trials, study.told())

        def tell(own: Study) -> None:
            if watched is not None:
                watched.trials(own.told(), trials)

        search_on(plan, folder, machine, trials=trials, worker=worker, clock=clock, tell=tell)
        return study.told()


def _concluded(
    plan: Plan,
    folder: Path,
    machine: Machine,
    seeds: int,
    clock: Clock,
    watched: TuningProgress | None,
    began: float,
) -> Tuned:
    """Confirm the best trials, and write what came out."""
    study = Study(folder, plan, "-")
    told = study.told()
    confirmed: list[Confirmed] = []
    best = best_of(plan, told, _CONFIRMED)
    clock.forget_time()
    if seeds == 0 or not best:
        why = "Nothing was confirmed on fresh seeds" if best else "No other trial was complete"
        verdict = Verdict(f"{why}, so nobody knows whether the default was beaten.", False, [])
    else:
        with FileLock(folder / ".confirming"):
            try:
                confirmed = confirm(
                    plan,
                    folder,
                    machine,
                    best,
                    seeds=seeds,
                    clock=clock,
                    tell=_unseen if watched is None else watched.confirming,
                )
            except Halted:
                raise Interrupted(folder, by="tune") from None
        verdict = verdict_of(confirmed)
    seconds = round(time.monotonic() - began, 1)
    tuned = outcome.outcome_of(plan, folder, told, confirmed, verdict, study.importances(), seconds)
    outcome.write(plan, tuned)
    return tuned


def _unseen(done: int, total: int) -> None:
    """Show nothing."""


def _say(watched: TuningProgress | None, told: Any, total: int) -> None:
    if watched is not None:
        watched.trials(told, total)


@contextlib.contextmanager
def _study(
    env: EnvLike | None, env_kwargs: Mapping[str, Any] | None, out: str | Path | None, given: _Given
) -> Iterator[tuple[Plan, Path, Machine, str]]:
    """Give the search of a folder, which is a new one unless there is one in it."""
    folder = None if out is None else path_of("out", out)
    before = read_study(folder) if folder is not None and (folder / STUDY).exists() else None
    if env is None:
        if before is None or folder is None:
            where = "" if folder is None else f", and {folder} holds no search to go on with"
            raise UsageError(f"env is None, but must be an environment{where}.")
        origin = Origin.from_json(before, str(folder / STUDY))
        if origin.id is None:
            raise UsageError(
                f"{folder} holds a search in an environment of your own, {origin}: give it again, "
                f"qlax.tune(env, out={str(folder)!r})."
            )
        env, env_kwargs = origin.id, {**origin.kwargs, **(env_kwargs or {})}
    if folder is not None and before is None:
        require_free(folder)
    with opened(env, env_kwargs) as source:
        if before is not None and folder is not None:
            plan = _plan_of(source, before, folder, given)
            yield plan, folder, *machine_for(plan, given.jobs)
            return
        plan = _new_plan(source, given)
        machine, described = machine_for(plan, given.jobs)
        names = plan.source.name, f"tune-{plan.agent_name}", f"seed-{plan.seed}"
        with new_folder(out, *names) as made:
            plan.save(made)
            yield plan, made, machine, described


def _new_plan(source: Source, given: _Given) -> Plan:
    preset = presets.resolve(source, given.agent)
    steps = preset.steps if given.steps is None else given.steps
    ranges = default_space(preset.agent, steps) if given.search is None else given.search
    return Plan(
        source=source,
        search=search_of(preset.agent, ranges),
        agent_name=preset.name,
        steps=steps,
        seeds=_SEEDS if given.seeds is None else given.seeds,
        seed=given.seed or 0,
        backend=given.backend or "auto",
    )


def _plan_of(source: Source, document: dict[str, Any], folder: Path, given: _Given) -> Plan:
    """Return the plan of a folder, which must be that of what is given."""
    where = str(folder / STUDY)
    if given.agent is not None:
        preset = presets.resolve(source, given.agent)
        agent, name = preset.agent, preset.name
    else:
        agent, name = None, document["agent_name"]
    found = search_from_json(document, where, agent)
    if given.search is not None:
        found = search_of(found.agent, given.search)
    plan = Plan(
        source=source,
        search=Search(found.agent, found.ranges),
        agent_name=name,
        **{
            field: document[field] if getattr(given, field) is None else getattr(given, field)
            for field in ("steps", "seeds", "seed", "backend")
        },
    )
    require_same(plan, document, folder)
    return plan
