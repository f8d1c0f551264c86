"""Carrying out what is planned: stretch by stretch, with checkpoints, to the finished run."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from qlax.compilation import keep_compiled_programs
from qlax.drivers import CompiledDriver, Driver, HostDriver, LoopState
from qlax.envs.select import Selected, as_asked_for
from qlax.errors import Diverged, EnvironmentFailure, Interrupted, UsageError
from qlax.evaluation import evaluate
from qlax.policy import Policy
from qlax.runs import checkpoint, folder
from qlax.runs.curve import draw_curve
from qlax.runs.interrupt import Interruptible
from qlax.runs.pace import Pace
from qlax.runs.plan import Plan
from qlax.runs.progress import ProgressLine, announce
from qlax.runs.ram import release_freed, require_ram
from qlax.runs.timing import Timing

_FIRST_EVALUATION_SEED = 1_000_000


@dataclass(frozen=True)
class Run:
    """A finished run."""

    folder: Path
    """Where everything was written."""
    result: dict[str, Any]
    """What `result.json` holds."""
    policy: Policy
    """What was learned."""


class Member(NamedTuple):
    """One of the seeds that are trained together."""

    plan: Plan
    folder: Path


def carry_out(
    members: list[Member],
    selected: Selected,
    timing: Timing,
    *,
    quiet: bool,
    resumed: bool,
    group: Path,
) -> list[Run]:
    """Train every member: together in one program, or one after another on the host."""
    keep_compiled_programs()
    grouped = members[0].folder != group
    together = [members] if selected.is_pure else [[member] for member in members]
    runs: list[Run] = []
    if not quiet:
        announce(members[0].plan, selected)
    try:
        for some in together:
            runs += _train_together(
                some, members, selected, timing.part(), quiet=quiet, resumed=resumed, group=group
            )
    except KeyboardInterrupt:
        if any(checkpoint.checkpoints(member.folder) for member in members):
            raise Interrupted(group) from None
        raise
    finally:
        if not selected.is_pure:
            selected.env.close()  # type: ignore[union-attr]
    if grouped:
        folder.write_json(group / folder.RESULT, _summary(runs, timing))
    return runs


def _train_together(
    members: list[Member],
    everyone: list[Member],
    selected: Selected,
    timing: Timing,
    *,
    quiet: bool,
    resumed: bool,
    group: Path,
) -> list[Run]:
    """Train members that share a program from start or checkpoint to the end."""
    plan = members[0].plan
    driver: Driver
    if selected.is_compiled:
        side_by_side = plan.side_by_side > 0
        driver = CompiledDriver(plan.agent, selected.env, side_by_side=side_by_side)  # type: ignore[arg-type]
    else:
        driver = HostDriver(plan.agent, selected.env)  # type: ignore[arg-type]
    began = resumed and all(checkpoint.checkpoints(member.folder) for member in members)
    with ProgressLine(plan.steps, quiet=quiet) as progress:
        require_ram(plan.agent, driver.shape(plan.seed), len(members), quiet=quiet)
        with timing.measuring("compile"):
            if began:
                state, iteration = _restore(members, driver)
            else:
                state, iteration = driver.init([member.plan.seed for member in members]), 0
            release_freed()
            if iteration < plan.iterations:
                driver.compile(state)
                release_freed()
        first_step = iteration * plan.agent.num_envs
        _prepare_folders(everyone, group)
        for member in members:
            folder.keep_metrics_until(member.folder, first_step)
        with timing.measuring("train"):
            state = _advance(members, driver, state, iteration, progress, group)
    return [
        _finish(member, selected, own_state, timing, first_step)
        for member, own_state in zip(members, driver.split(state), strict=True)
    ]


def _advance(
    members: list[Member],
    driver: Driver,
    state: LoopState,
    iteration: int,
    progress: ProgressLine,
    group: Path,
) -> LoopState:
    """Train to the end, stretch by stretch; between stretches report and checkpoint."""
    plan = members[0].plan

    def save() -> None:
        for member, own_state in zip(members, driver.split(state), strict=True):
            checkpoint.save_checkpoint(member.folder, own_state, iteration)

    pace = Pace()
    with Interruptible() as interrupt:
        progress.begin(iteration * plan.agent.num_envs)
        while iteration < plan.iterations:
            stop = plan.next_stop(iteration)
            try:
                while iteration < stop and not interrupt.requested:
                    until = min(stop, iteration + pace.iterations)
                    state = _timed(pace, driver, state, iteration, until)
                    iteration = until
                    progress.move(iteration * plan.agent.num_envs)
            except EnvironmentFailure as failure:
                state, iteration = failure.loop_state, failure.iteration
                save()
                raise
            if iteration == stop and plan.report_due(stop):
                rows, state = driver.report(state)
                for member, row in zip(members, rows, strict=True):
                    folder.append_metrics(member.folder, row)
                progress.show(_mean_row(rows))
                if any(row["loss"] is not None and not np.isfinite(row["loss"]) for row in rows):
                    raise Diverged(
                        f"The loss is no longer a number after {rows[0]['env_steps']:,} steps: "
                        "try a smaller learning rate, or Adam(max_grad_norm=10)."
                    )
            if interrupt.requested or (iteration == stop and plan.checkpoint_due(stop)):
                save()
            if interrupt.requested:
                raise Interrupted(group)
    return state


def _timed(pace: Pace, driver: Driver, state: LoopState, start: int, stop: int) -> LoopState:
    """Return the state after some iterations, which set the pace."""
    began = time.perf_counter()
    state = driver.advance(state, start, stop)
    jax.block_until_ready(state.statistics)
    pace.took(stop - start, time.perf_counter() - began)
    return state


def _restore(members: list[Member], driver: Driver) -> tuple[LoopState, int]:
    """Return the newest state that all members have, and its iteration."""
    common = set.intersection(
        *({path.name for path in checkpoint.checkpoints(member.folder)} for member in members)
    )
    if not common:
        raise UsageError("The seeds have no checkpoint of the same step: train them anew.")
    paths = [member.folder / folder.CHECKPOINTS / max(common) for member in members]
    like = driver.shape(members[0].plan.seed)
    states = [checkpoint.load_state(path, like) for path in paths]
    return driver.join(states), checkpoint.iteration_of(paths[0])


def _prepare_folders(everyone: list[Member], group: Path) -> None:
    """Write what every run is to do, also of those whose turn is later: all can be resumed."""
    for member in everyone:
        folder.make_member(member.folder)
        folder.write_json(member.folder / folder.CONFIG, member.plan.as_json())
    if everyone[0].folder != group:
        seeds = [member.plan.seed for member in everyone]
        folder.write_json(group / folder.CONFIG, {"seeds": seeds})


def _finish(
    member: Member, selected: Selected, state: LoopState, timing: Timing, first_step: int
) -> Run:
    """Save the policy, evaluate it, draw the curve and write the result."""
    plan, path, spec = member.plan, member.folder, selected.env.spec
    # The policy is for the environment as it is, whatever limit training put on its episodes.
    policy = Policy(plan.agent, as_asked_for(plan.env), plan.agent.policy_params(state.agent))
    policy.save(path / folder.POLICY)
    evaluation = None
    own_timing = timing.part()
    with own_timing.measuring("eval"):
        if plan.eval_episodes:
            seed = _FIRST_EVALUATION_SEED + plan.seed
            outcome = evaluate(policy, plan.env, episodes=plan.eval_episodes, seed=seed)
            evaluation = outcome.as_json()
    threshold = spec.reward_threshold
    solved = None
    if evaluation is not None and threshold is not None:
        solved = evaluation["mean"] >= threshold
    draw_curve(
        path / folder.CURVE,
        folder.read_metrics(path),
        title=f"{plan.agent_name} on {spec.id}, seed {plan.seed}",
        threshold=threshold,
        evaluation=evaluation,
    )
    result = {
        "env": spec.id,
        "agent": plan.agent_name,
        "backend": plan.backend,
        "seed": plan.seed,
        "env_steps": int(state.agent.env_steps),
        "updates": int(state.agent.updates),
        "resumed_at": first_step,
        **timing.as_json(),
        **own_timing.as_json(),
        "eval": evaluation,
        "threshold": threshold,
        "solved": solved,
    }
    folder.write_json(path / folder.RESULT, result)
    return Run(path, result, policy)


def _summary(runs: list[Run], timing: Timing) -> dict[str, Any]:
    """Return what several seeds came to."""
    first = runs[0].result
    means = [run.result["eval"]["mean"] for run in runs if run.result["eval"] is not None]
    shared = ("env", "agent", "backend", "env_steps", "updates", "threshold")
    summary: dict[str, Any] = {name: first[name] for name in shared}
    summary |= {"seeds": [run.result["seed"] for run in runs], **timing.as_json()}
    if means:
        solved = sum(bool(run.result["solved"]) for run in runs)
        summary |= {
            "eval": {
                "means": means,
                "mean": float(np.mean(means)),
                "median": float(np.median(means)),
                "min": min(means),
                "max": max(means),
            },
            "solved": None if first["threshold"] is None else solved,
        }
    return summary


def _mean_row(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the mean of several seeds' reports, each entry over those that have it."""
    entries = {}
    for name in rows[0]:
        known = [row[name] for row in rows if row[name] is not None]
        entries[name] = float(np.mean(known)) if known else None
    return entries | {"env_steps": rows[0]["env_steps"]}
