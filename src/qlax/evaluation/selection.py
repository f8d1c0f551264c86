"""The policies of a run while it is trained: evaluated at intervals, the best and some others kept.

Nothing that is learned depends on it.
"""

import functools
from collections.abc import Sequence

from qlax.drivers import Driver, LoopState, MetricsRow
from qlax.envs.select import Selected
from qlax.errors import DiskFull, EnvironmentFailure, UsageError
from qlax.evaluation.core import Evaluation
from qlax.evaluation.trials import Trials, trials_for
from qlax.observers.core import Audience, Evaluated, Member
from qlax.policy import Policy
from qlax.runs import folder
from qlax.runs.beside import Writer
from qlax.runs.moments import Best, save_moment
from qlax.warning import warn


class Selection:
    """Looks after the policies of the seeds that are trained together."""

    def __init__(
        self,
        members: Sequence[Member],
        driver: Driver,
        selected: Selected,
        audience: Audience,
        writer: Writer,
    ) -> None:
        self._members, self._driver, self._audience = members, driver, audience
        self._writer = writer
        self._plan = members[0].plan
        self._trials: Trials | None = trials_for(
            self._plan, [member.seed for member in members], selected, self.policies
        )
        self._best = [Best(member.folder) for member in members]

    @property
    def described(self) -> str | None:
        """Where and how often policies are evaluated, in words; None if they are not."""
        if self._trials is None:
            return None
        every = self._plan.eval_every * self._plan.agent.num_envs
        about = "about " if self._plan.eval_is_frugal else ""
        return f"{about}every {every:,} steps, on {self._trials.described}"

    def begin(self, state: LoopState, env_steps: int) -> None:
        """Compile, and remember what was chosen before the run went on from a checkpoint."""
        if self._trials is not None and env_steps < self._plan.steps:
            self._trials.compile(state)
        if env_steps == 0:
            return
        for best in self._best:
            best.read()
        rows = [_last_evaluated(member, env_steps) for member in self._members]
        known = [row for row in rows if row is not None]
        if self._trials is not None and known:
            then = int(known[0]["env_steps"] or 0)
            cost = max((row["eval_length"] or 0) * (row["eval_episodes"] or 0) for row in known)
            self._trials.go_on(then, cost)

    def policies(self, state: LoopState) -> list[Policy]:
        """Return what each seed has learned so far."""
        plan = self._plan
        return [
            # The policy is for the environment itself, not for training's time limit.
            Policy(plan.agent, plan.source.spec, params, plan.source.origin)
            for params in self._driver.policies(state)
        ]

    def evaluate(
        self, state: LoopState, iteration: int, seconds: float, rows: Sequence[MetricsRow]
    ) -> list[MetricsRow]:
        """Return each seed's row of metrics with its evaluation, if one is due and worth it.

        Args:
            state: The state of the loop.
            iteration: Its iteration.
            seconds: How long training took so far.
            rows: The rows of metrics without it.
        """
        env_steps, trials = iteration * self._plan.agent.num_envs, self._trials
        if trials is None:
            return list(rows)
        trials.look_at(rows)
        if not self._plan.eval_due(iteration) or not trials.is_worth(env_steps, seconds):
            return list(rows)
        try:
            found = trials.evaluate(state, env_steps)
        except (UsageError, EnvironmentFailure) as error:
            self._give_up(error)
            return list(rows)
        self._choose(state, env_steps, found)
        for member, one in zip(self._members, found, strict=True):
            event = Evaluated(member=member, env_steps=env_steps, evaluation=one, is_final=False)
            self._audience.evaluation(event)
        return [{**row, **_columns(one)} for row, one in zip(rows, found, strict=True)]

    def _choose(self, state: LoopState, env_steps: int, found: Sequence[Evaluation]) -> None:
        """Take the policies that are better than all before."""
        if any(best.beats(one.mean) for best, one in zip(self._best, found, strict=True)):
            policies = self.policies(state)
            for best, one, policy in zip(self._best, found, policies, strict=True):
                if best.beats(one.mean):
                    best.take(policy, {"env_steps": env_steps, **_summary(one)})

    def _give_up(self, error: Exception) -> None:
        """Say that there are no further evaluations; training goes on."""
        assert self._trials is not None
        self._trials.close()
        self._trials = None
        text = f"no further evaluation while training: {error}"
        if self._plan.eval_is_frugal:
            self._audience.note("note", text)
        else:
            warn(f"There is {text}")

    def keep_moment(self, state: LoopState, iteration: int) -> None:
        """Write the policies of this moment, if it is one to keep and there is room."""
        if self._plan.moment_due(iteration):
            for member, policy in zip(self._members, self.policies(state), strict=True):
                env_steps = iteration * self._plan.agent.num_envs
                told = functools.partial(_warn_of, "The policy of this moment")
                self._writer.submit(
                    save_moment, member.folder, policy, env_steps, without_room=told
                )

    def save(self) -> None:
        """Write the best policies, if there is room."""
        told = functools.partial(_warn_of, "The best policy")
        for best in self._best:
            unsaved = best.unsaved()
            if unsaved is not None:
                self._writer.submit(best.write, *unsaved, without_room=told)

    def chosen_by(self) -> list[dict[str, float] | None]:
        """Return what each seed's best policy was chosen by; None without evaluations."""
        return [best.chosen_by for best in self._best]

    def close(self) -> None:
        """Release what is open."""
        if self._trials is not None:
            self._trials.close()


def _last_evaluated(member: Member, env_steps: int) -> MetricsRow | None:
    """Return the last row with an evaluation that a run has up to some environment steps."""
    rows = reversed(folder.metrics_until(member.folder, env_steps))
    return next((row for row in rows if row.get("eval_return") is not None), None)


def _summary(evaluation: Evaluation) -> dict[str, float]:
    """Return what a policy is chosen by."""
    return {
        "mean": evaluation.mean,
        "std": evaluation.std,
        "length": evaluation.length or 0.0,
        "episodes": evaluation.episodes,
    }


def _columns(evaluation: Evaluation) -> MetricsRow:
    """Return an evaluation as columns of a row of metrics."""
    columns: MetricsRow = {f"eval_{name}": value for name, value in _summary(evaluation).items()}
    columns = {"eval_return": columns.pop("eval_mean"), **columns}
    value, paid = evaluation.value, evaluation.discounted_return
    if value is not None and paid is not None:
        columns |= {
            "eval_value": value,
            "eval_discounted_return": paid,
            "eval_overestimation": value - paid,
        }
    return columns


def _warn_of(what: str, error: DiskFull) -> None:
    """Warn that there is no room on the disk; training goes on."""
    warn(f"{what} is not kept: {error}", RuntimeWarning)
