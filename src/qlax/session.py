"""A session of training: from the start or a checkpoint, stretch by stretch, to finished runs."""

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import jax

from qlax.arguments import several
from qlax.compilation import keep_compiled_programs
from qlax.diagnostics import Diagnoser
from qlax.drivers import Driver, LoopState, driver_for
from qlax.envs.closing import close
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.info import InfoRecorder, info_metrics
from qlax.envs.select import Selected
from qlax.errors import EnvironmentFailure, Interrupted, UsageError
from qlax.evaluation.selection import Selection
from qlax.finishing import Trained, finish
from qlax.observers.core import (
    Audience,
    Beginning,
    Checkpointed,
    Member,
    Observer,
    Report,
)
from qlax.observers.divergence import DivergenceCheck
from qlax.observers.failure_file import FailureFile
from qlax.observers.learning_curve import LearningCurve
from qlax.observers.metrics_file import MetricsFile
from qlax.runs import checkpoint, folder
from qlax.runs.arrays import held, size_of
from qlax.runs.beside import Writer
from qlax.runs.formats import CONFIG
from qlax.runs.interrupt import Interruptible
from qlax.runs.lock import locked
from qlax.runs.notes import notes_on, table_of
from qlax.runs.outcome import Run, summary_of
from qlax.runs.pace import Pace
from qlax.runs.ram import release_freed, require_ram
from qlax.runs.timing import Timing
from qlax.spaces import EnvSpec

_ALWAYS: tuple[Callable[[], Observer], ...] = (
    MetricsFile,
    FailureFile,
    LearningCurve,
)
"""The observers of every run, before those that are given."""
_LAST = DivergenceCheck
"""The one after them: the row that shows a divergence is kept, and logged."""

_WRITTEN_BESIDE = 64_000_000
"""Bytes of a state up to which it is copied, to be written while training goes on."""


class Job(NamedTuple):
    """What is to be trained: the seeds of a run, in environments of their own."""

    members: list[Member]
    """The seeds."""
    select: Callable[[], Selected]
    """Opens environments for those that train together, or for one."""
    folder: Path
    """The folder of the run, which holds those of several members."""
    selected: Selected | None = None
    """The environments that are open already, for the first."""


def carry_out(
    job: Job, observers: Sequence[Observer], timing: Timing, *, resumed: bool = False
) -> list[Run]:
    """Train every member: together in one program, or one after another on the host.

    Args:
        job: What is to be trained.
        observers: Who watches, beside those that watch every run.
        timing: Where the time goes.
        resumed: Whether training goes on from checkpoints.
    """
    keep_compiled_programs()
    given = several("observers", observers, "observers")
    everyone = [*(make() for make in _ALWAYS), *given, _LAST()]
    audience = Audience(everyone)
    runs: list[Run] = []
    with locked(job.folder), _failure_told(job, audience):
        selected = job.selected or job.select()
        together = [job.members] if selected.is_pure else [[member] for member in job.members]
        for index, members in enumerate(together):
            if index > 0:
                selected = job.select()
            session = _Session(members, job, selected, timing.part(), audience)
            runs += session.run(resumed=resumed, is_first=index == 0)
        if job.members[0].folder != job.folder:
            folder.write_json(job.folder / folder.RESULT, summary_of(runs, timing))
    return runs


@contextlib.contextmanager
def _failure_told(job: Job, audience: Audience) -> Iterator[None]:
    """Tell the observers of what ends training early; Ctrl-C becomes `Interrupted` if it can."""
    try:
        yield
    except KeyboardInterrupt as error:
        saved = any(checkpoint.checkpoints(member.folder) for member in job.members)
        stop = Interrupted(job.folder) if saved else error
        audience.failure(stop)
        raise stop from None
    except BaseException as error:
        audience.failure(error)
        raise


@dataclass
class _Session:
    """The training of members that share a program, until their runs are finished."""

    members: list[Member]
    job: Job
    """What they are part of: the turn of other members may be another time."""
    selected: Selected
    timing: Timing
    audience: Audience
    stopped: str | None = None
    """Why an observer ended training early."""
    _seconds: float = 0.0
    """How long training took so far, checkpoints and evaluations apart."""

    def run(self, *, resumed: bool, is_first: bool) -> list[Run]:
        """Train to the end, close the environments, and finish every member's run."""
        with contextlib.ExitStack() as opened:
            opened.enter_context(self._writer)
            # Closed before the final evaluation opens its own: there may be only one.
            if not self.selected.is_pure:
                opened.callback(close, self.selected.env)
            opened.callback(self._selection.close)
            state, iteration = self._begin(resumed=resumed, is_first=is_first)
            with self.timing.measuring("train"):
                state = self._advance(state, iteration)
                self._writer.wait()
        return [
            finish(trained, self.timing, self.audience)
            for trained in self._trained(state, iteration)
        ]

    def _trained(self, state: LoopState, began_at: int) -> list[Trained]:
        """Return what training, which began or went on at an iteration, made of every member."""
        rows, state = self._driver.report(state)
        selection = self._selection
        parts = zip(
            self.members, selection.policies(state), selection.chosen_by(), rows, strict=True
        )
        return [
            Trained(
                member=member,
                policy=policy,
                spec=self._spec,
                env_steps=int(row["env_steps"] or 0),
                updates=int(row["updates"] or 0),
                resumed_at=began_at * member.plan.agent.num_envs,
                stopped=self.stopped,
                best=best,
            )
            for member, policy, best, row in parts
        ]

    def _begin(self, *, resumed: bool, is_first: bool) -> tuple[LoopState, int]:
        """Return the state to train from, of its own or a checkpoint's, and its iteration."""
        plan = self.members[0].plan
        driver, selection, _ = self._driver, self._selection, self._info
        found = resumed and all(checkpoint.checkpoints(member.folder) for member in self.members)
        restored = _newest_common(self.members) if found else []
        iteration = checkpoint.iteration_of(restored[0]) if restored else 0
        self.audience.begin(
            Beginning(
                plan=plan,
                spec=self._spec,
                backend=self.selected.described,
                members=tuple(self.members),
                is_first=is_first,
                seeds=len(self.job.members),
                env_steps=iteration * plan.agent.num_envs,
            )
        )
        forecast = require_ram(plan.agent, driver.shape(plan.seed), len(self.members))
        if is_first:
            if plan.start is not None and not restored:
                self.audience.note("start", f"from {plan.start}")
            table = table_of(plan.agent, self._spec)
            if table is not None:
                self.audience.note("table", table)
            for note in notes_on(plan, self._spec, plan.source.spec.time_limit):
                self.audience.note("note", note)
            if forecast.is_much:
                self.audience.note("memory", str(forecast))
            if selection.described is not None:
                self.audience.note("evaluated", selection.described)
        with self.timing.measuring("compile"):
            if restored:
                like = driver.shape(plan.seed)
                state = driver.join([checkpoint.load_state(path, like) for path in restored])
            else:
                state = driver.init([member.seed for member in self.members])
                if plan.start is not None:
                    together = plan.side_by_side > 0
                    state = plan.start.put_into(driver.agent, state, side_by_side=together)
            release_freed()
            if iteration < plan.iterations:
                driver.compile(state)
                self._diagnoser.compile(state.agent)
            selection.begin(state, iteration * plan.agent.num_envs)
            release_freed()
        self._prepare_folders()
        if iteration == 0:
            selection.keep_moment(state, 0)
        else:
            self._seconds = _seconds_until(self.members[0], iteration * plan.agent.num_envs)
        return state, iteration

    def _advance(self, state: LoopState, iteration: int) -> LoopState:
        """Train to the end, stretch by stretch, with reports and checkpoints between."""
        plan, driver, audience = self.members[0].plan, self._driver, self.audience
        pace = Pace()
        with Interruptible() as interrupt:
            audience.advance(iteration * plan.agent.num_envs)
            while iteration < plan.iterations and self.stopped is None:
                stop = plan.next_stop(iteration)
                try:
                    while iteration < stop and not interrupt.requested:
                        until = min(stop, iteration + pace.iterations)
                        with pace.measuring(until - iteration):
                            state = driver.advance(state, iteration, until)
                            jax.block_until_ready(state.statistics)
                        self._seconds += pace.last
                        iteration = until
                        self._writer.settle()
                        audience.advance(iteration * plan.agent.num_envs)
                except EnvironmentFailure as failure:
                    self._save(failure.loop_state, failure.iteration)
                    self._writer.wait()
                    raise
                if iteration == stop and plan.report_due(stop):
                    state = self._report(state, iteration)
                if iteration == stop:
                    self._selection.keep_moment(state, iteration)
                due = iteration == stop and plan.checkpoint_due(stop)
                if due or interrupt.requested or self.stopped is not None:
                    self._save(state, iteration)
                if interrupt.requested:
                    self._writer.wait()
                    raise Interrupted(self.job.folder)
        return state

    def _report(self, state: LoopState, iteration: int) -> LoopState:
        """Evaluate if that is due, and report; an observer may ask to stop."""
        rows, state = self._driver.report(state)
        timed = [{**row, "seconds": round(self._seconds, 3)} for row in rows]
        if self._info is not None:
            timed = [{**row, **self._info.columns()} for row in timed]
        if self.members[0].plan.diagnosis_due(iteration):
            found = self._diagnoser(state.agent)
            timed = [{**row, **columns} for row, columns in zip(timed, found, strict=True)]
        self.stopped = self.audience.report(
            Report(
                env_steps=iteration * self.members[0].plan.agent.num_envs,
                members=tuple(self.members),
                rows=tuple(self._selection.evaluate(state, iteration, self._seconds, timed)),
            )
        )
        return state

    def _save(self, state: LoopState, iteration: int) -> None:
        """Write a checkpoint of every member, and the best policies so far.

        Small states are copied, and written while training goes on; of large ones there is no room
        for two.
        """
        self._selection.save()
        goes_on = iteration < self.members[0].plan.iterations
        for member, own_state in zip(self.members, self._driver.split(state), strict=True):
            copied = goes_on and size_of(own_state) <= _WRITTEN_BESIDE
            self._writer.submit(
                checkpoint.save_checkpoint,
                member.folder,
                held(own_state) if copied else own_state,
                iteration,
                then=functools.partial(self._saved, member, iteration),
            )
            if goes_on and not copied:
                self._writer.wait()

    def _saved(self, member: Member, iteration: int) -> None:
        """Tell that a member's checkpoint is written."""
        path = checkpoint.path_of(member.folder, iteration)
        steps = iteration * member.plan.agent.num_envs
        self.audience.checkpoint(Checkpointed(member=member, env_steps=steps, path=path))

    @functools.cached_property
    def _driver(self) -> Driver:
        plan, selected = self.members[0].plan, self.selected
        side_by_side = plan.side_by_side > 0
        agent = plan.trained_agent
        return driver_for(selected.kind, agent, selected.env, side_by_side=side_by_side)

    @functools.cached_property
    def _info(self) -> InfoRecorder | None:
        """What keeps numbers of the environment's own: on the host, where one seed is trained."""
        plan, env = self.members[0].plan, self.selected.env
        if not plan.metrics or not isinstance(env, GymnasiumEnv):
            return None
        env.info = InfoRecorder(info_metrics(plan.metrics.split(",")), self._spec.id)
        return env.info

    @functools.cached_property
    def _diagnoser(self) -> Diagnoser:
        plan = self.members[0].plan
        return Diagnoser(plan.trained_agent, side_by_side=plan.side_by_side > 0)

    @functools.cached_property
    def _selection(self) -> Selection:
        return Selection(self.members, self._driver, self.selected, self.audience, self._writer)

    @functools.cached_property
    def _writer(self) -> Writer:
        return Writer()

    @property
    def _spec(self) -> EnvSpec:
        return self.selected.env.spec

    def _prepare_folders(self) -> None:
        """Write every member's configuration, so that all can be resumed."""
        for member in self.job.members:
            folder.make_member(member.folder)
            start = member.plan.start
            if start is not None and not (member.folder / folder.START).exists():
                start.policy.save(member.folder / folder.START)
            folder.write_json(member.folder / folder.CONFIG, member.plan.as_json())
        if self.job.members[0].folder != self.job.folder:
            seeds = [member.seed for member in self.job.members]
            folder.write_json(self.job.folder / folder.CONFIG, {"format": CONFIG, "seeds": seeds})


def _newest_common(members: list[Member]) -> list[Path]:
    """Return every member's checkpoint of the newest step that all of them have saved."""
    common = set.intersection(
        *({path.name for path in checkpoint.checkpoints(member.folder)} for member in members)
    )
    if not common:
        raise UsageError("The seeds have no checkpoint of the same step: train them anew.")
    return [member.folder / folder.CHECKPOINTS / max(common) for member in members]


def _seconds_until(member: Member, env_steps: int) -> float:
    """Return how long training had taken at a checkpoint, as its rows of metrics say."""
    known = [row.get("seconds") for row in folder.metrics_until(member.folder, env_steps)]
    return next((seconds for seconds in reversed(known) if seconds is not None), 0.0)
