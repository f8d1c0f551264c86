"""The plan of a run, kept as `config.json`, from which it is resumed or run again."""

import dataclasses
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax

from qlax import config
from qlax._version import __version__
from qlax.actions import Actions, Factors
from qlax.agent import Agent
from qlax.diagnostics.moments import Moments, moments
from qlax.differences import Difference
from qlax.envs.opening import EnvLike, source_of
from qlax.envs.origin import Origin, checked_arguments
from qlax.envs.source import Source
from qlax.envs.worlds.classic_control import TASKS
from qlax.errors import UsageError, require, shown
from qlax.presets.advising.core import Reason
from qlax.runs import formats
from qlax.spaces import EnvSpec, alike
from qlax.starting import Start

# A stretch of training between two reports: short enough to show progress and to stop soon after
# Ctrl-C, long enough that the host's part costs nothing.
_LONGEST_STRETCH = 1_250
_REPORTS = 40
_CHECKPOINTS = 5
_EVALUATIONS = 20
_MOMENTS = 5


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that determines the run of one seed."""

    source: Source
    """The environment."""
    agent: Agent
    agent_name: str
    backend: str
    """The name of what runs the environment."""
    seed: int
    steps: int
    """Environment steps, of all environments together."""
    eval_episodes: int | None
    """Episodes of the final evaluation; None for as many as usual, if time allows."""
    report_every: int
    """Iterations between lines of metrics."""
    checkpoint_every: int
    """Iterations between checkpoints."""
    eval_every: int = 0
    """Iterations between evaluations while training; 0 for none."""
    eval_is_frugal: bool = True
    """Whether those that take much of training's time are left out."""
    metrics: str = ""
    """Numbers of the environment's own to keep, `info.KEY:max`, with commas between."""
    changed: tuple[Difference, ...] = ()
    """What of the agent was fitted to the environment."""
    start: Start | None = None
    """The policy it starts from; None for fresh parameters."""
    advised: tuple[Reason, ...] = ()
    """Why it is what it is, where rules chose it because nobody tried the environment."""
    side_by_side: int
    """How many seeds are mapped over in one program, 0 for none: rounding depends on it."""

    @property
    def iterations(self) -> int:
        """How many times every environment is stepped."""
        return math.ceil(self.steps / self.agent.num_envs)

    @property
    def trained_agent(self) -> Agent:
        """The agent with its schedules as long as the run: what is written keeps them open."""
        return self.agent.for_run(self.steps)

    def next_stop(self, iteration: int) -> int:
        """Return the end of the stretch that begins at an iteration."""
        intervals = (self.report_every, self.checkpoint_every, self.eval_every, self._moment_every)
        due = [(iteration // every + 1) * every for every in intervals if every]
        return min(*due, self._diagnoses.after(iteration), self.iterations)

    def report_due(self, iteration: int) -> bool:
        """Return whether a line of metrics is to be written after an iteration."""
        return (
            iteration % self.report_every == 0
            or iteration == self.iterations
            or self.eval_due(iteration)
            or self.diagnosis_due(iteration)
        )

    def diagnosis_due(self, iteration: int) -> bool:
        """Return whether learning is looked at after an iteration: once it has begun."""
        return iteration > self.agent.first_learning and self._diagnoses.is_due(iteration)

    @property
    def _diagnoses(self) -> Moments:
        return moments(self.agent, self.iterations, self.report_every)

    def eval_due(self, iteration: int) -> bool:
        """Return whether the policy is to be evaluated after an iteration, if it is worth it."""
        if self.eval_every == 0:
            return False
        return iteration % self.eval_every == 0 or iteration == self.iterations

    def moment_due(self, iteration: int) -> bool:
        """Return whether the policy after an iteration is kept: at the start and each fifth."""
        return iteration % self._moment_every == 0 or iteration == self.iterations

    @property
    def _moment_every(self) -> int:
        return math.ceil(self.iterations / _MOMENTS)

    def checkpoint_due(self, iteration: int) -> bool:
        """Return whether a checkpoint is to be written after an iteration."""
        return iteration % self.checkpoint_every == 0 or iteration == self.iterations

    def as_json(self) -> dict[str, Any]:
        """Return the run's configuration as plain values."""
        return {
            "format": formats.CONFIG,
            **self.source.origin.as_json(),
            "spec": config.to_json(self.source.spec),
            "agent_name": self.agent_name,
            "agent": config.to_json(self.agent),
            "fitted": [entry._asdict() for entry in self.changed],
            "advised": [entry._asdict() for entry in self.advised],
            "backend": self.backend,
            "seed": self.seed,
            "steps": self.steps,
            "eval_episodes": self.eval_episodes,
            "eval_every": self.eval_every,
            "eval_is_frugal": self.eval_is_frugal,
            "metrics": self.metrics,
            "report_every": self.report_every,
            "checkpoint_every": self.checkpoint_every,
            "side_by_side": self.side_by_side,
            "start": None if self.start is None else self.start.as_json(),
            "versions": {
                "qlax": __version__,
                "jax": jax.__version__,
                "python": platform.python_version(),
            },
        }


def require_seeds(seeds: Sequence[int]) -> None:
    """Raise `UsageError` unless there are seeds, all different and valid for random keys."""
    distinct = len(seeds) >= 1 and len(set(seeds)) == len(seeds)
    require(distinct, "seeds", seeds, "one or more, different")
    for seed in seeds:
        require(0 <= seed < 2**32, "seed", seed, "from 0 to 4,294,967,295")


def intervals(
    agent: Agent, steps: int, *, checkpoint_every: int | None, eval_every: int | None
) -> dict[str, Any]:
    """Return a plan's intervals, in iterations.

    Args:
        agent: The agent.
        steps: Environment steps in all.
        checkpoint_every: Environment steps between checkpoints; None for a fifth of all.
        eval_every: Environment steps between evaluations; 0 for none, None for a twentieth of all,
            or more where that takes long.
    """
    iterations = math.ceil(steps / agent.num_envs)
    report = max(1, min(iterations // _REPORTS, _LONGEST_STRETCH))

    def every(given: int | None, parts: int) -> int:
        wanted = iterations / parts if given is None else given / agent.num_envs
        return math.ceil(wanted)

    evaluation = every(eval_every, _EVALUATIONS)
    if eval_every is None:  # together with a report
        evaluation = math.ceil(evaluation / report) * report
    return {
        "report_every": report,
        "checkpoint_every": every(checkpoint_every, _CHECKPOINTS),
        "eval_every": evaluation,
        "eval_is_frugal": eval_every is None,
    }


def source_from_json(
    document: dict[str, Any],
    where: str,
    *,
    env: EnvLike | None = None,
    env_kwargs: Mapping[str, Any] | None = None,
    agent: Agent | None = None,
) -> Source:
    """Return the environment that a `config.json` names, with the arguments that it names.

    Args:
        document: What the file holds.
        where: Its name, for messages.
        env: The environment, needed if the run's was not a registered id.
        env_kwargs: Arguments in place of the run's.
        agent: The agent, if it was given again.

    Raises:
        UsageError: if it is needed and not given, or another than the run's is given.
    """
    origin = Origin.from_json(document, where)
    if env is None and origin.id is None:
        raise UsageError(
            f"{where} is of a run in an environment of your own, {origin}: "
            "give it again, in Python: qlax.resume(path, env=…)."
        )
    kwargs = {**origin.kwargs, **checked_arguments(env_kwargs)}
    given = source_of(origin.id if env is None else env, kwargs)  # type: ignore[arg-type]
    same = origin.id is None or given.origin.id in (None, origin.id)
    require(same, "env", given.name, f"the run's own environment, {origin}")
    given = given.acting(_actions_of(document, where) if agent is None else agent.actions)
    if "spec" in document:
        _require_alike(given.spec, config.from_json(document["spec"], "configuration"))
    return given


def _actions_of(document: dict[str, Any], where: str) -> Actions:
    """Return how the agent in a `config.json` makes actions finitely many."""
    parts = document.get("agent")
    written = parts.get("actions") if isinstance(parts, dict) else None
    if written is None:  # of an earlier qlax
        return Factors()
    return config.part_from_json(written, Actions, where)  # type: ignore[type-abstract]


def _require_alike(given: EnvSpec, own: EnvSpec) -> None:
    """Raise `UsageError` if an environment has other spaces than the run's own."""
    if not alike(given, own):
        raise UsageError(
            f"env is {given.id}, which shows {given.observation} and has {given.num_actions} "
            f"actions, but must be the run's own environment, {own.id}, which showed "
            f"{own.observation} and had {own.num_actions}."
        )


def plan_from_json(
    document: dict[str, Any], where: str, *, source: Source, agent: Agent | None
) -> Plan:
    """Return the plan that a `config.json` describes.

    Args:
        document: What the file holds.
        where: Its name, for messages.
        source: The environment: see `source_from_json`.
        agent: The agent, needed if the run's had parts of the user's own.

    Raises:
        UsageError: if the file is not a configuration, or something needed is not given.
    """
    plain = [entry for entry in dataclasses.fields(Plan) if entry.type in formats.PLAIN]
    for entry in plain:
        if entry.name in document:
            if not formats.PLAIN[entry.type](document[entry.name]):
                found = f"{entry.name} {document[entry.name]!r}"
                raise UsageError(f"{where} is damaged: it has {found}.")
        elif entry.default is dataclasses.MISSING:  # what has a default came with a later qlax
            raise UsageError(f"{where} is not the configuration of a run: it lacks {entry.name!r}.")
    if "agent" not in document:
        raise UsageError(f"{where} is not the configuration of a run: it lacks 'agent'.")
    values = {entry.name: document[entry.name] for entry in plain if entry.name in document}
    if values["backend"] == "gymnax" and source.id in TASKS:
        values["backend"] = "jax"  # which has had them since, in the same states
    return Plan(
        source=source,
        agent=config.part_from_json(document["agent"], Agent, where) if agent is None else agent,
        changed=tuple(_entries(Difference, document.get("fitted", []), where, "fitted")),
        advised=tuple(_entries(Reason, document.get("advised", []), where, "advised")),
        **values,
    )


def _entries(kind: Any, document: Any, where: str, name: str) -> list[Any]:
    """Return the texts that `Plan.as_json` wrote, as tuples of a kind."""
    entries = document if isinstance(document, list) else [document]
    for entry in entries:
        known = isinstance(entry, dict) and set(entry) == set(kind._fields)
        if not known or not all(isinstance(value, str) for value in entry.values()):
            raise UsageError(f"{where} is damaged: it has {name} {shown(entry)}.")
    return [kind(**entry) for entry in entries]
