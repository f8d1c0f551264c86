"""MLflow."""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from qlax.errors import UsageError
from qlax.observers.core import Beginning
from qlax.observers.logs.core import Log, LoggedRun, OpenLog
from qlax.observers.logs.kept import Kept
from qlax.observers.logs.names import Numbers, Settings
from qlax.runs import folder
from qlax.wording import kind_and_first_line

_SENT_EVERY = 2.0
"""Seconds between calls of MLflow, each of which takes long."""
_MOST_NUMBERS, _MOST_SETTINGS, _LONGEST_SETTING = 900, 100, 500


class MLflow(Log):
    """Logs each seed as a run of MLflow: `mlflow ui` shows them.

    The environment variables of MLflow hold, such as MLFLOW_TRACKING_URI; without it, MLflow
    writes `mlflow.db` and `mlruns` where training was started.

    >>> qlax.train("CartPole-v1", observers=[qlax.observers.MLflow("balance")])

    Args:
        experiment: The experiment; None for that of MLFLOW_EXPERIMENT_NAME, or `qlax`.
        tracking_uri: Where it is kept; None for what MLflow itself would take.
    """

    service: ClassVar = "mlflow"
    packages: ClassVar = ("mlflow", "sqlalchemy", "alembic")

    def __init__(self, experiment: str | None = None, *, tracking_uri: str | None = None) -> None:
        super().__init__()
        self._experiment = experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME") or "qlax"
        self._uri = tracking_uri

    def begin(self, event: Beginning) -> None:
        """Find the experiment, or make it.

        Raises:
            UsageError: if MLflow cannot be reached.
        """
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        super().begin(event)
        if not event.is_first:
            return
        try:
            self._client = MlflowClient(tracking_uri=self._uri)
            found = self._client.get_experiment_by_name(self._experiment)
            self._id = (
                self._client.create_experiment(self._experiment)
                if found is None
                else found.experiment_id
            )
        except (MlflowException, OSError) as error:
            raise UsageError(
                f"The log mlflow cannot be written: {kind_and_first_line(error)}."
            ) from error

    def opened(self, run: LoggedRun) -> OpenLog:
        """Return the seed's run of MLflow."""
        return _Run(run, self._client, self._id, {"experiment": self._experiment})


class _Run:
    """A run of MLflow."""

    def __init__(
        self, run: LoggedRun, client: Any, experiment: str, settings: dict[str, str | None]
    ) -> None:
        self._client, self._folder = client, run.folder
        self._kept = Kept(run.folder, MLflow.service, settings)
        if self._kept.id is None:
            tags = {"group": run.group} if run.group is not None else {}
            made = client.create_run(experiment, run_name=run.name, tags=tags)
            self._id, known = made.info.run_id, frozenset[str]()
        else:
            self._id = self._kept.id
            known = frozenset(client.get_run(self._id).data.params)
            client.update_run(self._id, status="RUNNING")
        self.newest = self._kept.env_steps
        self._kept.write(self._id, self.newest)
        for some in _params(run.settings, known):
            client.log_batch(self._id, params=some)
        self._waiting: list[Any] = []
        self._sent = time.monotonic()

    def write(self, numbers: Numbers, env_steps: int) -> None:
        """Keep numbers until it is time to send them."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self._waiting += [Metric(name, value, now, env_steps) for name, value in numbers.items()]
        self.newest = env_steps
        is_time = time.monotonic() - self._sent >= _SENT_EVERY
        if is_time or len(self._waiting) >= _MOST_NUMBERS:
            self._send()

    def finish(self, outcome: Numbers, env_steps: int, curve: Path | None) -> None:
        """Log the outcome, and the picture, the configuration and the result as artifacts."""
        self.write(outcome, env_steps)
        self._send()
        files = [self._folder / name for name in (folder.CONFIG, folder.RESULT)]
        for path in files if curve is None else [curve, *files]:
            self._client.log_artifact(self._id, str(path))
        self._client.set_terminated(self._id, "FINISHED")

    def break_off(self, *, interrupted: bool) -> None:
        """Mark the run as failed or interrupted."""
        self._send()
        self._client.set_terminated(self._id, "KILLED" if interrupted else "FAILED")

    def _send(self) -> None:
        """Send what waits; what does not arrive is sent when the run goes on."""
        waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), _MOST_NUMBERS):
            self._client.log_batch(self._id, metrics=waiting[start : start + _MOST_NUMBERS])
        self._kept.write(self._id, self.newest)
        self._sent = time.monotonic()


def _params(settings: Settings, known: frozenset[str]) -> Iterable[list[Any]]:
    """Return the settings that MLflow does not know, as many at a time as it takes.

    What it knows it never changes.
    """
    from mlflow.entities import Param

    new = [
        Param(name, str(value)[:_LONGEST_SETTING])
        for name, value in settings.items()
        if name not in known
    ]
    return (new[start : start + _MOST_SETTINGS] for start in range(0, len(new), _MOST_SETTINGS))
