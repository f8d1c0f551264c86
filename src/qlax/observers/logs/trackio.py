"""Trackio."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from qlax.observers.core import Beginning
from qlax.observers.logs.core import Log, LoggedRun, OpenLog
from qlax.observers.logs.kept import Kept
from qlax.observers.logs.names import Numbers
from qlax.silence import output_dropped


class Trackio(Log):
    """Logs each seed as a run of Trackio, several seeds as a group: `trackio show` shows them.

    They are kept on this machine, in the folder of TRACKIO_DIR if that is set, unless a Space or
    TRACKIO_SPACE_ID says where else.

    >>> qlax.train("CartPole-v1", observers=[qlax.observers.Trackio(project="balance")])

    Args:
        project: The project.
        space_id: A Space to log to, `owner/name`; None for this machine, or what TRACKIO_SPACE_ID
            says.
    """

    service: ClassVar = "trackio"
    packages: ClassVar = ("trackio",)

    def __init__(self, project: str = "qlax", *, space_id: str | None = None) -> None:
        super().__init__()
        self._options = {"project": project, "space_id": space_id}

    def begin(self, event: Beginning) -> None:
        """Import what is needed: that is no part of training."""
        import trackio  # noqa: F401

        super().begin(event)

    def opened(self, run: LoggedRun) -> OpenLog:
        """Return the seed's run of Trackio."""
        return _Run(run, self._options)


class _Run:
    """A run of Trackio, whose steps are environment steps."""

    def __init__(self, run: LoggedRun, options: dict[str, Any]) -> None:
        import trackio

        self._kept = Kept(run.folder, Trackio.service, options)
        with _beside_others(), output_dropped():
            self._run = trackio.init(
                name=self._kept.id or run.name,
                group=run.group,
                config=dict(run.settings),
                resume="never" if self._kept.id is None else "allow",
                embed=False,
                auto_log_cpu=False,
                auto_log_gpu=False,
                **options,
            )
        self.newest = self._kept.env_steps
        self._kept.write(self._run.name, self.newest)

    def write(self, numbers: Numbers, env_steps: int) -> None:
        """Log numbers."""
        self._run.log(dict(numbers), step=env_steps)
        self.newest = env_steps
        self._kept.write_soon(self._run.name, env_steps)

    def finish(self, outcome: Numbers, env_steps: int, curve: Path | None) -> None:
        """Log the outcome and the picture."""
        import trackio

        pictures = {} if curve is None else {"curve": trackio.Image(str(curve))}
        self._run.log({**outcome, **pictures}, step=env_steps)
        self._close()

    def break_off(self, *, interrupted: bool) -> None:  # noqa: ARG002
        """Send what is left."""
        self._close()

    def _close(self) -> None:
        self._kept.write(self._run.name, self.newest)
        with output_dropped():
            self._run.finish()


@contextlib.contextmanager
def _beside_others() -> Iterator[None]:
    """Keep the run that is current from being finished by one that begins, and current."""
    from trackio import context_vars

    current = context_vars.current_run.get()
    context_vars.current_run.set(None)
    try:
        yield
    finally:
        context_vars.current_run.set(current)
