"""What is shown while training: a live line on a terminal, some plain lines in a pipe."""

import sys
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from qlax.envs.select import Selected
from qlax.runs.plan import Plan
from qlax.schedules import Linear
from qlax.targets import FinishesApart

# In a pipe a line tells of every tenth of the run, and of every minute of it.
_PLAIN_LINES = 10
_PLAIN_SECONDS = 60.0


_BACKENDS = {
    "gymnax": "gymnax twin of the environment, compiled with the agent into one program",
    "jax": "the environment's own functions, compiled with the agent into one program",
    "ale": "the Arcade Learning Environment, stepped by the compiled program",
    "envpool": "EnvPool, stepping in its own threads while the compiled program learns",
    "gymnasium": "Gymnasium, stepped on the host",
}


def announce(plan: Plan, selected: Selected) -> None:
    """Say what is about to be trained, and what about it may not be meant."""
    print(f"training  {plan.agent_name} on {selected.env.spec.id}", flush=True)
    print(f"backend   {selected.backend}: {_BACKENDS[selected.backend]}", flush=True)
    for note in _notes(plan):
        print(f"note      {note}", flush=True)


def _notes(plan: Plan) -> Iterator[str]:
    for name, schedule in getattr(plan.agent.explorer, "__dict__", {}).items():
        if isinstance(schedule, Linear) and schedule.begin + schedule.steps > plan.steps:
            yield (
                f"exploration will not be over: {name} takes {schedule.steps:,} steps "
                f"from {schedule.start:g} to {schedule.end:g} (agent.explorer.{name}.steps)"
            )
    if isinstance(plan.agent.target, FinishesApart) and plan.agent.policy == "online":
        yield (
            "the finished policy will have the newest parameters, not those the target "
            "keeps for it (agent.policy=target)"
        )


class ProgressLine:
    """Shows how far training is; use it in a `with` statement."""

    def __init__(self, total_steps: int, *, quiet: bool) -> None:
        self._total = total_steps
        self._quiet = quiet
        self._console = Console(file=sys.stdout, highlight=False)
        self._live = self._console.is_terminal and not quiet
        self._started: tuple[float, int] | None = None
        self._printed = (0.0, 0)
        self._row: dict[str, Any] = {}
        self._bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[line]}"),
            console=self._console,
            auto_refresh=False,
        )
        self._task = self._bar.add_task("training", total=total_steps, line="compiling …")

    def __enter__(self) -> "ProgressLine":
        if self._live:
            self._bar.start()
            self._bar.refresh()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._bar.stop()

    def begin(self, env_steps: int) -> None:
        """Start the clock that steps per second are counted by."""
        self._started = self._printed = (time.perf_counter(), env_steps)

    def move(self, env_steps: int) -> None:
        """Show how far training is, beside the newest report."""
        self._tell({**self._row, "env_steps": env_steps}, reported=False)

    def show(self, row: dict[str, Any]) -> None:
        """Show the newest report."""
        self._row = row
        self._tell(row, reported=True)

    def _tell(self, row: dict[str, Any], *, reported: bool) -> None:
        if self._quiet or self._started is None:
            return
        env_steps = row["env_steps"]
        if self._live:
            line = self._line(row)
            self._bar.update(self._task, completed=env_steps, line=line, refresh=True)
        elif self._is_due(env_steps, reported=reported):
            self._printed = (time.perf_counter(), env_steps)
            print(f"          {self._line(row)}", flush=True)

    def _is_due(self, env_steps: int, *, reported: bool) -> bool:
        """Whether to print a line in a pipe."""
        printed_at, printed_steps = self._printed
        tenths, told = (steps * _PLAIN_LINES // self._total for steps in (env_steps, printed_steps))
        return (reported and tenths > told) or time.perf_counter() - printed_at >= _PLAIN_SECONDS

    def _line(self, row: dict[str, Any]) -> str:
        assert self._started is not None
        began, first_step = self._started
        elapsed = max(time.perf_counter() - began, 1e-9)
        rate = (row["env_steps"] - first_step) / elapsed
        left = (self._total - row["env_steps"]) / rate if rate else 0.0
        parts = [
            f"{row['env_steps']:,}/{self._total:,} steps",
            f"{rate:,.0f}/s",
            _named("return", row.get("episode_return"), ".1f"),
            _named("ε", row.get("epsilon"), ".2f"),
            _named("loss", row.get("loss"), ".3g"),
            f"{_duration(left)} left",
        ]
        return "  ".join(part for part in parts if part)


def _named(name: str, value: float | None, form: str) -> str:
    return "" if value is None else f"{name} {value:{form}}"


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
