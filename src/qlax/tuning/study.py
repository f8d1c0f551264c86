"""The trials of a search in Optuna's journal: drawn, reported, pruned and told.

The journal is a file that any number of processes may append to, and that outlives them.
"""

import contextlib
import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout

from qlax.agent import Agent
from qlax.comparing.statistics import iqm
from qlax.errors import UsageError
from qlax.tuning.plan import JOURNAL, LAST, RUNGS, Plan

if TYPE_CHECKING:
    import optuna

_NAME = "qlax"
_TURN, _WORKERS = ".turn", ".workers"
_STARTUP = 5
"""Trials that end before any is pruned."""
OUTCOMES = ("complete", "pruned", "diverged", "impossible")


@dataclass
class Asked:
    """A trial that was drawn and is under way."""

    number: int
    """Its number, from 0."""
    values: dict[str, Any]
    """The value of each field that is searched."""
    agent: Agent
    """The agent with them."""
    evaluations: list[np.ndarray] = field(default_factory=list)
    """The mean return of each seed at each evaluation so far, each `[seeds]`."""
    handle: Any = None
    """Optuna's."""

    def seed_scores(self) -> np.ndarray:
        """Return the score of each seed so far: the mean of its last evaluations."""
        found: np.ndarray = np.mean(self.evaluations[-LAST:], axis=0)
        return found

    def value(self) -> float:
        """Return the score of the trial so far: the interquartile mean over seeds."""
        return float(iqm(self.seed_scores()))


@dataclass(frozen=True)
class Told:
    """A trial that is over."""

    number: int
    """Its number."""
    outcome: str
    """`complete`, `pruned`, `diverged` or `impossible`."""
    value: float | None
    """Its score; of a pruned one that of its last evaluation, None of what has none."""
    values: dict[str, Any]
    """The values of the fields that are searched."""
    scores: tuple[float, ...]
    """The score of each seed, if it is complete."""
    course: tuple[float, ...]
    """The score after each evaluation."""
    rungs: int
    """Evaluations that it reached."""


class Study:
    """A search's trials, as one worker sees them."""

    def __init__(self, folder: Path, plan: Plan, worker: str, stream: int = 0) -> None:
        """Open the journal, or begin it.

        Args:
            folder: The folder of the search.
            plan: What it does.
            worker: The name of the process, which no other of the search has.
            stream: The number of the thread in it: each draws trials of its own.
        """
        self._folder, self._plan, self._worker = folder, plan, worker
        self._turn = FileLock(folder / _TURN)
        with self._turn:
            self._study = _opened(folder, plan, stream)
            trials = self._study.get_trials(deepcopy=False)
            if not trials and (default := plan.search.default()):
                self._study.enqueue_trial(default)

    def ask(self, count: int, most: int, shared: Sequence[str]) -> list[Asked]:
        """Return new trials, at most `count`, and none once there are `most` in all.

        Args:
            count: How many.
            most: Trials of the search.
            shared: Fields that all have the value of the first in, so that they share a program.
        """
        asked: list[Asked] = []
        with self._turn:
            left = most - len(self._study.get_trials(deepcopy=False, states=_counted()))
            sampler: Any = self._study.sampler
            for _ in range(min(count, left)):
                handle = self._study.ask()
                handle.set_user_attr("worker", self._worker)
                values = self._plan.search.draw(handle)
                sampler.fixed = {path: handle.params[path] for path in shared if path in values}
                try:
                    agent = self._plan.search.with_values(values)
                except UsageError as error:
                    handle.set_user_attr("why", str(error))
                    self._finish(handle, "impossible", None)
                    continue
                asked.append(Asked(handle.number, values, agent, handle=handle))
            sampler.fixed = {}
        return asked

    def report(self, trial: Asked, scores: np.ndarray) -> str | None:
        """Take an evaluation of a trial; return how the trial ends if it does, else None.

        Args:
            trial: The trial.
            scores: The mean return of each seed, `[seeds]`; NaN of one that diverged.
        """
        if not np.isfinite(scores).all():
            self._finish(trial.handle, "diverged", None)
            return "diverged"
        trial.evaluations.append(scores)
        trial.handle.report(trial.value(), len(trial.evaluations) - 1)
        if trial.handle.should_prune():
            self._finish(trial.handle, "pruned", None)
            return "pruned"
        return None

    def complete(self, trial: Asked) -> None:
        """Take the end of a trial."""
        trial.handle.set_user_attr("scores", trial.seed_scores().tolist())
        self._finish(trial.handle, "complete", trial.value())

    def give_back(self, trials: Sequence[Asked]) -> None:
        """Take trials that could not be ended: whoever asks next gets them anew."""
        for trial in trials:
            _give_back(self._study, trial.handle._trial_id, trial.handle.params)

    def told(self) -> list[Told]:
        """Return every trial that is over, in the order of their numbers."""
        import optuna

        states = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
        found = self._study.get_trials(deepcopy=False, states=states)
        return [self._as_told(trial) for trial in found]

    def importances(self) -> dict[str, float]:
        """Return how much each field matters, which sums to 1; empty if that cannot be said.

        PED-ANOVA asks in which fields the better half of the trials differs from all.
        """
        import optuna
        from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

        complete = (optuna.trial.TrialState.COMPLETE,)
        found = self._study.get_trials(deepcopy=False, states=complete)
        if len(found) < 8 or len({trial.value for trial in found}) < 2:
            return {}
        evaluator = PedAnovaImportanceEvaluator(target_quantile=0.5)
        with contextlib.suppress(ValueError, RuntimeError), np.errstate(all="ignore"):
            known = get_param_importances(self._study, evaluator=evaluator)
            if all(map(math.isfinite, known.values())):
                return dict(known)
        return {}

    def _finish(self, handle: "optuna.Trial", outcome: str, value: float | None) -> None:
        import optuna

        handle.set_user_attr("outcome", outcome)
        is_whole = outcome == "complete"
        state = optuna.trial.TrialState.COMPLETE if is_whole else optuna.trial.TrialState.PRUNED
        self._study.tell(handle, value, state)

    def _as_told(self, trial: Any) -> Told:
        from optuna.trial import FixedTrial

        course = tuple(value for _, value in sorted(trial.intermediate_values.items()))
        ranges = self._plan.search.ranges
        values = {
            path: found.draw(FixedTrial(trial.params), path)
            for path, found in ranges.items()
            if path in trial.params
        }
        outcome = str(trial.user_attrs.get("outcome", "pruned"))
        last = course[-1] if course and outcome != "diverged" else None
        return Told(
            number=trial.number,
            outcome=outcome,
            value=trial.value if outcome == "complete" else last,
            values=values,
            scores=tuple(trial.user_attrs.get("scores", ())),
            course=course,
            rungs=len(course),
        )


@contextlib.contextmanager
def at_work(folder: Path, plan: Plan, worker: str) -> Iterator[None]:
    """Be a worker of a search, known by a lock that dies with its process.

    Trials of workers that are gone are given back first.
    """
    locks = folder / _WORKERS
    locks.mkdir(exist_ok=True)
    own = FileLock(locks / worker)
    with own:
        _give_back_of_dead(folder, plan, worker)
        yield
    (locks / worker).unlink(missing_ok=True)


def _give_back_of_dead(folder: Path, plan: Plan, worker: str) -> None:
    import optuna

    running = (optuna.trial.TrialState.RUNNING,)
    with FileLock(folder / _TURN):
        study = _opened(folder, plan, 0)
        for trial in study.get_trials(deepcopy=False, states=running):
            name = str(trial.user_attrs.get("worker", ""))
            if name != worker and not _is_alive(folder / _WORKERS / name):
                _give_back(study, trial._trial_id, trial.params)
                (folder / _WORKERS / name).unlink(missing_ok=True)


def _is_alive(lock: Path) -> bool:
    if not lock.is_file():
        return False
    try:
        with FileLock(lock, timeout=0.1):
            return False
    except Timeout:
        return True


def _give_back(study: "optuna.Study", trial_id: int, params: dict[str, Any]) -> None:
    import optuna

    study._storage.set_trial_user_attr(trial_id, "outcome", "stopped")
    study._storage.set_trial_state_values(trial_id, optuna.trial.TrialState.FAIL)
    study.enqueue_trial(params)


def _counted() -> tuple[Any, ...]:
    import optuna

    states = optuna.trial.TrialState
    return states.COMPLETE, states.PRUNED, states.RUNNING


def _opened(folder: Path, plan: Plan, stream: int) -> "optuna.Study":
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    optuna.logging.set_verbosity(logging.ERROR)
    path = str(folder / JOURNAL)
    try:
        backend = JournalFileBackend(path, lock_obj=JournalFileOpenLock(path))
        study = optuna.create_study(
            study_name=_NAME,
            storage=JournalStorage(backend),
            direction="maximize",
            pruner=optuna.pruners.MedianPruner(
                n_startup_trials=_STARTUP, n_warmup_steps=RUNGS // 5
            ),
            load_if_exists=True,
        )
        drawn = len(study.get_trials(deepcopy=False))
    except (ValueError, KeyError) as error:
        raise UsageError(f"{path} is damaged: {error}.") from error
    study.sampler = _sampler(plan.seed, stream, drawn)
    return study


def _sampler(*seeds: int) -> Any:
    """Return TPE that gives some fields the value it is told: see `Study.ask`."""
    from optuna.samplers import TPESampler

    class Sampler(TPESampler):
        fixed: dict[str, Any]

        def sample_independent(
            self, study: Any, trial: Any, param_name: str, param_distribution: Any
        ) -> Any:
            if param_name in self.fixed:
                return self.fixed[param_name]
            return super().sample_independent(study, trial, param_name, param_distribution)

    own = int(np.random.SeedSequence(seeds).generate_state(1)[0])
    sampler = Sampler(seed=own, constant_liar=True)
    sampler.fixed = {}
    return sampler
