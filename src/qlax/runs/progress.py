"""What is shown while training: a live line on a terminal, a few plain lines in a pipe."""

import sys
import time
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from qlax.envs.select import Selected
from qlax.runs.plan import Plan
from qlax.schedules import Linear

_PLAIN_LINES = 10


_BACKENDS = {
    "gymnax": "gymnax twin of the environment, compiled with the agent into one program",
    "jax": "the environment's own functions, compiled with the agent into one program",
    "ale": "the Arcade Learning Environment, stepped by the compiled program",
    "envpool": "EnvPool, stepping in its own threads while the compiled program learns",
    "gymnasium": "Gymnasium, stepped on the host",
}


def announce(plan: Plan, selected: Selected) -> None:
    """Say what is about to be trained, and which exploration will not have ended by then."""
    print(f"training  {plan.agent_name} on {selected.env.spec.id}", flush=True)
    print(f"backend   {selected.backend}: {_BACKENDS[selected.backend]}", flush=True)
    for name, schedule in getattr(plan.agent.explorer, "__dict__", {}).items():
        if isinstance(schedule, Linear) and schedule.begin + schedule.steps > plan.steps:
            print(
                f"note      exploration will not be over: {name} takes {schedule.steps:,} steps "
                f"from {schedule.start:g} to {schedule.end:g} (agent.explorer.{name}.steps)",
                flush=True,
            )


class ProgressLine:
    """Shows how far training is; use it in a `with` statement."""

    def __init__(self, total_steps: int, *, quiet: bool) -> None:
        self._total = total_steps
        self._quiet = quiet
        self._console = Console(file=sys.stdout, highlight=False)
        self._live = self._console.is_terminal and not quiet
        self._started: tuple[float, int] | None = None
        self._printed = 0
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
        self._started = (time.perf_counter(), env_steps)

    def move(self, env_steps: int) -> None:
        """Show how far training is, on a terminal, beside the newest report."""
        if self._live and self._started is not None:
            line = self._line({**self._row, "env_steps": env_steps})
            self._bar.update(self._task, completed=env_steps, line=line, refresh=True)

    def show(self, row: dict[str, Any]) -> None:
        """Show the newest report."""
        if self._quiet or self._started is None:
            return
        self._row = row
        line = self._line(row)
        if self._live:
            self._bar.update(self._task, completed=row["env_steps"], line=line, refresh=True)
        elif row["env_steps"] * _PLAIN_LINES >= (self._printed + 1) * self._total:
            self._printed = row["env_steps"] * _PLAIN_LINES // self._total
            print(f"          {line}", flush=True)

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
