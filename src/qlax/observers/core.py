"""The events of a training run, and the class of those that observe them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from qlax.drivers.core import MetricsRow
from qlax.errors import UsageError, shown
from qlax.spaces import EnvSpec
from qlax.warning import warn
from qlax.wording import kind_and_first_line

if TYPE_CHECKING:
    from qlax.evaluation import Evaluation
    from qlax.runs.outcome import Result
    from qlax.runs.plan import Plan


class Member(NamedTuple):
    """One of the seeds that are trained together."""

    plan: "Plan"
    """What its run is to do."""
    folder: Path
    """Where it is written."""

    @property
    def seed(self) -> int:
        """Its seed."""
        return self.plan.seed


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """Training begins or goes on; nothing has been written yet."""

    plan: "Plan"
    """What is to be done; the members differ in the seed alone."""
    spec: EnvSpec
    """The environment."""
    backend: str
    """What runs the environment, in a sentence."""
    members: tuple[Member, ...]
    """The seeds that are trained together from here on."""
    is_first: bool
    """Whether they are the first of all seeds; on the host one seed follows another."""
    seeds: int
    """How many seeds there are in all."""
    env_steps: int
    """Environment steps done already: 0, or those of the checkpoint that a run goes on from."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """The metrics of the stretch of training that has just ended."""

    env_steps: int
    """Environment steps so far, of each seed."""
    members: tuple[Member, ...]
    """The seeds."""
    rows: tuple[MetricsRow, ...]
    """A row for each of them."""

    @property
    def mean(self) -> MetricsRow:
        """Each metric's mean over the seeds that have it."""
        entries: MetricsRow = {}
        for name in self.rows[0]:
            known = [value for row in self.rows if (value := row[name]) is not None]
            entries[name] = float(np.mean(known)) if known else None
        return entries | {"env_steps": self.env_steps}


@dataclass(frozen=True, kw_only=True)
class Checkpointed:
    """A seed's state was saved."""

    member: Member
    """The seed."""
    env_steps: int
    """Environment steps done."""
    path: Path
    """The checkpoint's folder."""


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """A seed's policy was evaluated."""

    member: Member
    """The seed."""
    env_steps: int
    """Environment steps it had learned from."""
    evaluation: "Evaluation"
    """The outcome."""
    is_final: bool = True
    """Whether it is the evaluation of the finished run, and not one while it is trained."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A seed's run is finished and its policy saved."""

    member: Member
    """The seed."""
    spec: EnvSpec
    """The environment."""
    result: "Result"
    """What `result.json` holds."""


class Observer:
    """Observes training; a subclass overrides the methods that it needs.

    >>> qlax.train("CartPole-v1", observers=[qlax.observers.Progress()])

    Between events an observer costs training nothing. If `begin` raises, the run ends before
    anything is done. If a later method raises, a warning names the observer, training goes on, and
    the observer is told only of the run's end.
    """

    is_essential: bool = False
    """Whether what it raises ends training, as it is. A checkpoint is saved first."""

    def begin(self, event: Beginning) -> None:
        """Training begins or goes on."""

    def note(self, topic: str, text: str) -> None:
        """There is a remark on the run, such as the memory that it needs."""

    def advance(self, env_steps: int) -> None:
        """Training has come this far; called when training starts, and about once a second."""

    def report(self, event: Report) -> str | None:
        """There is a new row of metrics. Return a reason to end training now, or None to go on."""

    def checkpoint(self, event: Checkpointed) -> None:
        """A state was saved."""

    def evaluation(self, event: Evaluated) -> None:
        """A policy was evaluated."""

    def end(self, event: Ended) -> None:
        """A run is finished."""

    def failure(self, error: BaseException) -> None:
        """Training ended early: it failed or was interrupted."""


class Audience:
    """All observers of a run: each event goes to every one of them, in their order."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        for observer in observers:
            if not isinstance(observer, Observer):
                raise UsageError(
                    f"observers holds {shown(observer)}, but must hold objects of classes derived "
                    "from qlax.observers.Observer."
                )
        self._all = list(observers)
        self._failed: set[int] = set()

    def begin(self, event: Beginning) -> None:
        """Tell that training begins; what an observer raises ends it before anything is done."""
        for observer in self._all:
            try:
                observer.begin(event)
            except UsageError:
                raise
            except Exception as error:
                raise UsageError(
                    f"The observer {_name(observer)} cannot begin: {kind_and_first_line(error)}."
                ) from error

    def note(self, topic: str, text: str) -> None:
        """Tell a remark."""
        self._tell("note", lambda observer: observer.note(topic, text))

    def advance(self, env_steps: int) -> None:
        """Tell how far training is."""
        self._tell("advance", lambda observer: observer.advance(env_steps))

    def report(self, event: Report) -> str | None:
        """Tell the metrics; return the first reason to end training now, if there is one."""
        answers = self._tell("report", lambda observer: observer.report(event))
        return next((answer for answer in answers if answer is not None), None)

    def checkpoint(self, event: Checkpointed) -> None:
        """Tell that a state was saved."""
        self._tell("checkpoint", lambda observer: observer.checkpoint(event))

    def evaluation(self, event: Evaluated) -> None:
        """Tell how good a policy is."""
        self._tell("evaluation", lambda observer: observer.evaluation(event))

    def end(self, event: Ended) -> None:
        """Tell that a run is finished, also to observers that failed before."""
        self._tell("end", lambda observer: observer.end(event), everyone=True)

    def failure(self, error: BaseException) -> None:
        """Tell that training ended early, also to observers that failed before."""
        self._tell("failure", lambda observer: observer.failure(error), everyone=True)

    def _tell(
        self, event: str, tell: Callable[[Observer], Any], *, everyone: bool = False
    ) -> list[Any]:
        """Return every observer's answer; one that fails is left out, or ends training."""
        answers = []
        for observer in self._all:
            if id(observer) in self._failed and not everyone:
                continue
            try:
                answers.append(tell(observer))
            except Exception as error:
                if observer.is_essential:
                    raise
                self._failed.add(id(observer))
                warn(
                    f"The observer {_name(observer)} failed at `{event}` and is left out from "
                    f"here on; training goes on: {kind_and_first_line(error)}.",
                    RuntimeWarning,
                )
        return answers


def _name(observer: Observer) -> str:
    return type(observer).__name__
