"""A search at work: threads that draw trials, run them from rung to rung, and prune."""

import queue
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from qlax.precision import in_32_bits
from qlax.runs.interrupt import Interruptible
from qlax.tuning.machine import Machine
from qlax.tuning.members import Halted, Members
from qlax.tuning.plan import Plan
from qlax.tuning.study import Asked, Study

_LOOK = 0.1
"""Seconds between two looks at what the threads have done."""


class Clock:
    """Says when a search is to stop: on Ctrl-C, at its time's end, or after a failure."""

    def __init__(self, seconds: float | None) -> None:
        """Begin.

        Args:
            seconds: How long it may take; None for as long as it needs.
        """
        self._until = None if seconds is None else time.monotonic() + seconds
        self.interrupt = Interruptible()
        self.failed = False

    def is_over(self) -> bool:
        """Return whether to stop."""
        return self.failed or self.interrupt.requested or self.is_late()

    def forget_time(self) -> None:
        """Go on for as long as it takes."""
        self._until = None

    def is_late(self) -> bool:
        """Return whether the time is up."""
        return self._until is not None and time.monotonic() > self._until


def search(
    plan: Plan,
    folder: Path,
    machine: Machine,
    *,
    trials: int,
    worker: str,
    clock: Clock,
    tell: Callable[[Study], None],
) -> None:
    """Run trials until there are so many, or the clock says so.

    Args:
        plan: What is searched.
        folder: The folder of the search.
        machine: What runs the trials.
        trials: Trials of the search in all, those of other processes among them.
        worker: The name of this process.
        clock: When to stop.
        tell: Called in this thread when trials have ended.

    Raises:
        EnvironmentFailure: if the environment fails; what is under way is given back first.
    """
    study = Study(folder, plan, worker)
    ended: queue.Queue[int] = queue.Queue()

    @in_32_bits
    def work(stream: int) -> None:
        own = Study(folder, plan, worker, stream)
        try:
            while not clock.is_over():
                asked = own.ask(machine.batch, trials, machine.shared)
                if not asked:
                    return
                _run(plan, own, machine, asked, clock, ended)
        except BaseException:
            clock.failed = True
            raise

    run_in_threads(machine.jobs, work, lambda: _tell_if(ended, study, tell))


def run_in_threads(count: int, work: Callable[[int], None], look: Callable[[], None]) -> None:
    """Run work in threads and look at it now and then; raise what the first to fail raised."""
    with ThreadPoolExecutor(count, thread_name_prefix="qlax-tune") as pool:
        futures = [pool.submit(work, stream) for stream in range(count)]
        while wait(futures, timeout=_LOOK).not_done:
            look()
        look()
    for future in futures:
        future.result()


def _tell_if(ended: "queue.Queue[int]", study: Study, tell: Callable[[Study], None]) -> None:
    some = False
    while not ended.empty():
        ended.get()
        some = True
    if some:
        tell(study)


def _run(
    plan: Plan,
    study: Study,
    machine: Machine,
    asked: Sequence[Asked],
    clock: Clock,
    ended: "queue.Queue[int]",
) -> None:
    """Run some trials to their ends."""
    left = list(asked)
    try:
        agents = [trial.agent for trial in asked]
        for places, members in machine.members(agents, range(plan.seeds), clock.is_over):
            try:
                _run_together(plan, study, [asked[at] for at in places], members, left, ended)
            finally:
                members.close()
    except Halted:
        study.give_back(left)
    except BaseException:
        study.give_back(left)
        raise


def _run_together(
    plan: Plan,
    study: Study,
    trials: list[Asked],
    members: Members,
    left: list[Asked],
    ended: "queue.Queue[int]",
) -> None:
    """Run trials that share a program from rung to rung; those that end leave `left`."""
    running = list(trials)

    def over(trial: Asked) -> None:
        left.remove(trial)
        ended.put(trial.number)

    for rung in plan.rungs_of(trials[0].agent):
        members.advance(rung)
        scores = members.scores()
        outcomes = [study.report(one, own) for one, own in zip(running, scores, strict=True)]
        for trial, outcome in zip(running, outcomes, strict=True):
            if outcome is not None:
                over(trial)
        stay = [at for at, outcome in enumerate(outcomes) if outcome is None]
        running = [running[at] for at in stay]
        if not running:
            return
        if len(stay) < len(outcomes):
            members.keep(stay)
    for trial in running:
        study.complete(trial)
        over(trial)
