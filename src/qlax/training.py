"""`train`, `train_seeds` and `resume`: check the arguments, plan the runs, carry them out."""

import contextlib
import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from qlax import presets, starting
from qlax.agent import Agent
from qlax.arguments import (
    flag,
    instance_of,
    path_of,
    refuses_plainly,
    seconds_or_none,
    whole_number,
    whole_numbers,
)
from qlax.differences import still_there
from qlax.envs.closing import close
from qlax.envs.first_steps import require_fit
from qlax.envs.info import info_metrics
from qlax.envs.info_check import require_info
from qlax.envs.opening import EnvLike, opened
from qlax.envs.select import Selected, select
from qlax.envs.source import Source
from qlax.envs.watchdog import USUAL_LIMIT
from qlax.errors import UsageError, require
from qlax.observers.core import Member, Observer
from qlax.observers.logs.of_run import logs_of_run
from qlax.observers.progress import with_progress
from qlax.policy import Policy
from qlax.precision import in_32_bits
from qlax.presets import Preset
from qlax.runs import folder
from qlax.runs.checkpoint import checkpoints
from qlax.runs.outcome import Run
from qlax.runs.plan import (
    Plan,
    intervals,
    plan_from_json,
    require_seeds,
    source_from_json,
)
from qlax.runs.timing import Timing
from qlax.session import Job, carry_out


@refuses_plainly
@in_32_bits
def train(
    env: EnvLike,
    agent: Agent | Preset | str | None = None,
    *,
    env_kwargs: Mapping[str, Any] | None = None,
    steps: int | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    backend: str = "auto",
    eval_episodes: int | None = None,
    eval_every: int | None = None,
    checkpoint_every: int | None = None,
    step_timeout: float | None = USUAL_LIMIT,
    start_from: Policy | Run | str | Path | None = None,
    start_without: str | Sequence[str] = (),
    metrics: Sequence[str] = (),
    observers: Sequence[Observer] = (),
    progress: bool | None = None,
    timing: Timing | None = None,
) -> Run:
    """Train an agent, evaluate it on the original environment, and save everything in a folder.

    Args:
        env: Gymnasium's id, a function or class that makes a Gymnasium environment, an environment
            itself, a vector environment, or a `Dynamics`. Of an environment itself copies are made
            from its spec; where those would be others than it, it is trained and evaluated in
            alone (`num_envs` 1). A vector environment is trained and evaluated in as it is, with
            its number of environments.
        agent: A name, whose agent is fitted to the environment as by `presets.dqn(env=…)`; None
            for the default of the environment; or an `Agent`, which is trained as it is given.
        env_kwargs: Arguments to make the environment with: the id's, or those of the function or
            class. They are part of the run: `resume`, `load` and `evaluate` know them.
        steps: Environment steps, of all its environments together; None for as many as the
            agent of that name takes there, or, where the environment has been tried, as it asks
            of an `Agent` like this one.
        seed: Seed of everything random.
        out: The folder to write; None for `runs/<env>/<agent>/seed-<seed>`.
        backend: `auto` takes a compiled twin of the environment where a faithful one exists;
            any other name insists on that backend, `gymnasium` on the original.
        eval_episodes: Episodes of the final evaluation, 0 for none; None for as many as `evaluate`
            plays, or fewer if they take more than a tenth of training and more than 30 s.
        eval_every: Environment steps between evaluations while training, of few episodes, 0 for
            none; None for a twentieth of all steps, or more where that takes long, and for none
            if `eval_episodes` is 0. The best policy by these is kept in the folder `best`.
        checkpoint_every: Environment steps between checkpoints; None for a fifth of all.
        step_timeout: Seconds that a step or reset of an environment on the host may take, before it
            counts as failed; None for any.
        start_from: A policy whose parameters the agent starts with, and what its observation stage
            knows: a `Policy`, a `Run`, or the folder of either. Optimiser, replay and explorer are
            fresh.
        start_without: Parts of that policy that are left out and learned afresh: head, memory,
            network or observation, as a list or with commas between.
        metrics: Numbers of the environment's own to keep, out of the `info` of its steps:
            `info.KEY` for the mean over an episode, `info.KEY:last` or `info.KEY:max`; a dot in KEY
            leads into a dict. For environments on the host. They are part of the run.
        observers: Observers of training, such as loggers and rules that end it early.
        progress: Whether to show how far training is; None for on a terminal and in a notebook,
            unless `observers` holds an `observers.Progress` of its own.
        timing: Times measured so far; for the command line.

    Raises:
        UsageError: if something cannot work as given; nothing is written then.
        EnvironmentFailure: if the environment fails; the run is checkpointed first.
        Interrupted: after Ctrl-C; the run is checkpointed first.
        Diverged: if the loss is no longer a number.
    """
    options = _Options(
        steps,
        out,
        backend,
        eval_episodes,
        eval_every,
        checkpoint_every,
        step_timeout,
        start_from,
        start_without,
        metrics,
    )
    with opened(env, env_kwargs) as source, _new_job(source, agent, [seed], options) as job:
        return carry_out(job, with_progress(observers, progress), timing or Timing())[0]


@refuses_plainly
@in_32_bits
def train_seeds(
    env: EnvLike,
    agent: Agent | Preset | str | None = None,
    *,
    seeds: Sequence[int],
    env_kwargs: Mapping[str, Any] | None = None,
    steps: int | None = None,
    out: str | Path | None = None,
    backend: str = "auto",
    eval_episodes: int | None = None,
    eval_every: int | None = None,
    checkpoint_every: int | None = None,
    step_timeout: float | None = USUAL_LIMIT,
    start_from: Policy | Run | str | Path | None = None,
    start_without: str | Sequence[str] = (),
    metrics: Sequence[str] = (),
    observers: Sequence[Observer] = (),
    progress: bool | None = None,
    timing: Timing | None = None,
) -> list[Run]:
    """Train several seeds: side by side in one compiled program where the environment allows.

    An environment on the host is trained in one seed after another. Each seed gets a folder of
    its own inside `out`, which also gets a `result.json` that sums up all.

    Args:
        env: As in `train`, like all that follow but one.
        agent: As in `train`.
        seeds: The seeds; all different.
        env_kwargs: As in `train`.
        steps: Steps of each seed.
        out: The folder to write; None for `runs/<env>/<agent>/seeds-<first>-<last>`.
        backend: As in `train`.
        eval_episodes: Episodes of each seed's final evaluation.
        eval_every: As in `train`.
        checkpoint_every: As in `train`.
        step_timeout: As in `train`.
        start_from: As in `train`; all seeds start alike.
        start_without: As in `train`.
        metrics: As in `train`.
        observers: As in `train`.
        progress: As in `train`.
        timing: As in `train`.

    Raises:
        UsageError, EnvironmentFailure, Interrupted, Diverged: as `train`.
    """
    options = _Options(
        steps,
        out,
        backend,
        eval_episodes,
        eval_every,
        checkpoint_every,
        step_timeout,
        start_from,
        start_without,
        metrics,
    )
    numbers = whole_numbers("seeds", seeds)
    with (
        opened(env, env_kwargs) as source,
        _new_job(source, agent, numbers, options, grouped=True) as job,
    ):
        return carry_out(job, with_progress(observers, progress), timing or Timing())


@refuses_plainly
@in_32_bits
def resume(
    path: str | Path,
    *,
    env: EnvLike | None = None,
    env_kwargs: Mapping[str, Any] | None = None,
    agent: Agent | None = None,
    steps: int | None = None,
    step_timeout: float | None = USUAL_LIMIT,
    observers: Sequence[Observer] = (),
    logs: bool = True,
    progress: bool | None = None,
    timing: Timing | None = None,
) -> Run | list[Run]:
    """Go on with a run from its newest checkpoint.

    A run whose loop was compiled continues bit for bit, as if it had never stopped. One whose
    environment is on the host continues with fresh episodes and everything else restored.

    Args:
        path: The run's folder, or that of several seeds.
        env: The environment, if it was not given by its id; as in `train`.
        env_kwargs: Arguments of the environment in place of those that the run has.
        agent: The agent, if it has parts of your own: code is never loaded from a file.
        steps: A new total of environment steps, to train for longer; None for the old one.
        step_timeout: As in `train`.
        observers: As in `train`.
        logs: Whether the logs that the run has go on, such as its TensorBoard events, also where
            `observers` does not name them.
        progress: As in `train`.
        timing: Times measured so far; for the command line.

    Raises:
        UsageError: if there is nothing to resume, or a file is damaged.
        EnvironmentFailure, Interrupted, Diverged: as `train`.
    """
    path = path_of("path", path)
    if agent is not None:
        instance_of("agent", agent, Agent, "an Agent")
    if steps is not None:
        steps = whole_number("steps", steps, at_least=1)
    logs = flag("logs", logs)
    document = folder.read_config(path)
    grouped = "seeds" in document
    folders = [path / f"seed-{seed}" for seed in document["seeds"]] if grouped else [path]
    documents = [folder.read_config(inside) for inside in folders]
    for inside in folders:
        _require_checkpoint_of_finished(inside)
    where = str(folders[0] / folder.CONFIG)
    source = source_from_json(documents[0], where, env=env, env_kwargs=env_kwargs, agent=agent)
    source = source.limited_to(seconds_or_none("step_timeout", step_timeout))
    members = []
    with contextlib.closing(source):
        for inside, found in zip(folders, documents, strict=True):
            where = str(inside / folder.CONFIG)
            plan = plan_from_json(found, where, source=source, agent=agent)
            start = starting.start_in(found, inside / folder.START, where)
            plan = dataclasses.replace(plan, start=start)
            if steps is not None:
                require(steps >= plan.steps, "steps", steps, f"at least the run's {plan.steps}")
                plan = dataclasses.replace(plan, steps=steps)
            members.append(Member(plan, inside))
        plan = members[0].plan
        if not grouped:
            members = [Member(dataclasses.replace(plan, side_by_side=0), path)]
        backend = plan.backend if source.id is not None else "auto"

        job = Job(members, functools.partial(_select, source, plan.agent, backend), path)
        watching = with_progress(observers, progress)
        if logs:
            watching += logs_of_run(folders[0], watching)
        runs = carry_out(job, watching, timing or Timing(), resumed=True)
    return runs if grouped else runs[0]


def _require_checkpoint_of_finished(path: Path) -> None:
    """Refuse a finished run without checkpoints, such as one of a hub, rather than lose it."""
    if (path / folder.RESULT).is_file() and not checkpoints(path):
        raise UsageError(
            f"{path} has finished and has no checkpoint to go on from: it would be trained anew. "
            "Train into another folder instead."
        )


class _Options(NamedTuple):
    """The arguments that `train` and `train_seeds` share."""

    steps: int | None
    out: str | Path | None
    backend: str
    eval_episodes: int | None
    eval_every: int | None
    checkpoint_every: int | None
    step_timeout: float | None
    start_from: Any
    start_without: Any
    metrics: Sequence[str]


@contextlib.contextmanager
def _new_job(
    source: Source,
    agent: Agent | Preset | str | None,
    seeds: list[int],
    options: _Options,
    *,
    grouped: bool = False,
) -> Iterator[Job]:
    """Check everything, and give a job with a plan and a folder for each seed."""
    source = source.limited_to(seconds_or_none("step_timeout", options.step_timeout))
    preset = _with_its_number(
        presets.resolve(source, agent), source, is_own=isinstance(agent, Agent)
    )
    source = source.acting(preset.agent.actions)
    steps = preset.steps if options.steps is None else options.steps
    steps = whole_number("steps", steps, at_least=1)
    seeds = [whole_number("seed", seed) for seed in seeds]
    episodes = options.eval_episodes
    if episodes is not None:
        episodes = whole_number("eval_episodes", episodes)
    checkpoint_every, eval_every = options.checkpoint_every, options.eval_every
    if checkpoint_every is not None:
        checkpoint_every = whole_number("checkpoint_every", checkpoint_every, at_least=1)
    if eval_every is not None:
        eval_every = whole_number("eval_every", eval_every)
    elif episodes == 0:
        eval_every = 0
    require_seeds(seeds)
    start = starting.start_from(options.start_from, options.start_without)
    if start is not None:
        start.require_fit(preset.agent, source.spec)
    metrics = info_metrics(options.metrics)
    if options.out is not None:  # before environments are opened, which may take long
        folder.require_free(path_of("out", options.out))

    select_for = functools.partial(_select, source, preset.agent, options.backend)
    selected = select_for()
    try:
        require_info(metrics, source, selected)
    except UsageError:
        if not selected.is_pure:
            close(selected.env)
        raise
    if source.dynamics is not None:
        require_fit(source.dynamics)
    name = f"seeds-{min(seeds)}-{max(seeds)}" if grouped else f"seed-{seeds[0]}"
    plan = Plan(
        source=source,
        agent=preset.agent,
        agent_name=preset.name,
        changed=still_there(preset.changed, preset.agent),
        advised=preset.advised,
        backend=selected.backend,
        seed=seeds[0],
        steps=steps,
        eval_episodes=episodes,
        metrics=",".join(metric.name for metric in metrics),
        side_by_side=len(seeds) if grouped and selected.is_pure else 0,
        start=start,
        **intervals(preset.agent, steps, checkpoint_every=checkpoint_every, eval_every=eval_every),
    )
    with folder.new_folder(options.out, selected.env.spec.id, preset.name, name) as path:
        members = [
            Member(dataclasses.replace(plan, seed=seed), path / f"seed-{seed}" if grouped else path)
            for seed in seeds
        ]
        yield Job(members, select_for, path, selected)


def _with_its_number(preset: Preset, source: Source, *, is_own: bool) -> Preset:
    """Return a preset whose agent has as many environments as a vector environment has.

    Raises:
        UsageError: if the agent asks for others, or for a time limit, which cannot be put on it.
    """
    if source.vector is None:
        return preset
    number, made = int(source.vector.num_envs), preset.agent
    if made.num_envs not in (1, number) and is_own:
        raise UsageError(
            f"Agent.num_envs is {made.num_envs}, but env is a vector environment of {number}: "
            f"leave it out, or give {number}."
        )
    if made.time_limit is not None and is_own:
        raise UsageError(
            f"Agent.time_limit is {made.time_limit}, which cannot be put on a vector environment: "
            "give it one where it is made."
        )
    return preset._replace(agent=made.replace(num_envs=number, time_limit=None))


def _select(source: Source, agent: Agent, backend: str) -> Selected:
    return select(source, num_envs=agent.num_envs, backend=backend, time_limit=agent.time_limit)
