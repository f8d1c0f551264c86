"""What a run's folder keeps of its logs at services: how they are found again."""

import time
from pathlib import Path
from typing import Any

from qlax.errors import UsageError
from qlax.runs import folder

LOGS = "logs.json"
"""The file in a run's folder."""
_WRITTEN_EVERY = 2.0
"""Seconds: a file takes longer than a number."""


class Kept:
    """The place of one service in a run's `logs.json`: the log's id there, and how far it is."""

    def __init__(
        self, run_folder: Path, service: str, settings: dict[str, str | None] | None = None
    ) -> None:
        self._path, self._service, self._written = run_folder / LOGS, service, 0.0
        found = self._all().get(service)
        known = isinstance(found, dict) and isinstance(found.get("id"), str)
        self.id: str | None = found["id"] if known and found is not None else None
        """What the service calls the log; None if there is none yet."""
        kept = found.get("settings") if known and found is not None else None
        self.settings: dict[str, Any] = settings if settings is not None else _plain(kept)
        """What says where it is at the service, such as its project."""
        steps = found.get("env_steps") if known and found is not None else None
        self.env_steps: int = steps if isinstance(steps, int) else -1
        """Environment steps of the newest numbers that it was sent; −1 for none."""

    def write(self, name: str, env_steps: int) -> None:
        """Remember the id, and how far the log is."""
        self.id, self.env_steps = name, env_steps
        entry = {"id": name, "env_steps": env_steps, "settings": self.settings}
        document = self._all() | {self._service: entry}
        text = folder.as_text(document)
        with folder.replacing(self._path, len(text), synced=False) as aside:
            aside.write_text(text)
        self._written = time.monotonic()

    def write_soon(self, name: str, env_steps: int) -> None:
        """The same, but in the file only every few seconds: after a crash, some are sent twice."""
        self.id, self.env_steps = name, env_steps
        if time.monotonic() - self._written >= _WRITTEN_EVERY:
            self.write(name, env_steps)

    def _all(self) -> dict[str, Any]:
        """Return what the file holds of all services; nothing if it is not there or damaged."""
        try:
            document = folder.read_json(self._path)
        except UsageError:
            return {}
        return document if isinstance(document, dict) else {}


def _plain(settings: Any) -> dict[str, str]:
    """Return the settings that a file may hold: words by name."""
    if not isinstance(settings, dict):
        return {}
    return {name: value for name, value in settings.items() if isinstance(value, str)}
