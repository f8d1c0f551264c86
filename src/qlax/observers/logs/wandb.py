"""Weights & Biases."""

import os
from pathlib import Path
from typing import Any, ClassVar

from qlax.errors import UsageError
from qlax.observers.core import Beginning
from qlax.observers.logs.core import Log, LoggedRun, OpenLog
from qlax.observers.logs.kept import Kept
from qlax.observers.logs.names import Numbers
from qlax.silence import output_dropped
from qlax.warning import warn
from qlax.wording import kind_and_first_line


class WandB(Log):
    """Logs each seed as a run of Weights & Biases, several seeds as a group.

    The environment variables of W&B hold, such as WANDB_MODE and WANDB_DIR. Without WANDB_MODE and
    without a login, the run is written to the folder `wandb`, to be uploaded by `wandb sync`.

    >>> qlax.train("CartPole-v1", observers=[qlax.observers.WandB(project="balance")])

    Args:
        project: The project; None for that of WANDB_PROJECT, or `qlax`.
        entity: Whose project it is; None for the default.
        tags: Tags of the run.
    """

    service: ClassVar = "wandb"
    packages: ClassVar = ("wandb",)

    def __init__(
        self,
        project: str | None = None,
        *,
        entity: str | None = None,
        tags: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self._options = {
            "project": project or os.environ.get("WANDB_PROJECT") or "qlax",
            "entity": entity,
            "tags": list(tags) or None,
        }
        self._mode: str | None = None

    def begin(self, event: Beginning) -> None:
        """Import what is needed, and see whether there is a login: nobody is asked for one."""
        import wandb  # noqa: F401

        super().begin(event)
        if event.is_first and _lacks_login():
            self._mode = "offline"
            warn(
                "W&B has no login: the run is written to the folder wandb, to be uploaded by "
                "`wandb sync` after `wandb login`; WANDB_MODE=offline asks for that without a "
                "warning."
            )

    def opened(self, run: LoggedRun) -> OpenLog:
        """Return the seed's run of W&B."""
        return _Run(run, {**self._options, "mode": self._mode})


class _Run:
    """A run of W&B, whose steps are environment steps."""

    def __init__(self, run: LoggedRun, options: dict[str, Any]) -> None:
        import wandb

        places = {name: options[name] for name in ("project", "entity")}
        self._kept = Kept(run.folder, WandB.service, places)
        self._run = wandb.init(
            id=self._kept.id,
            name=run.name,
            group=run.group,
            job_type="train",
            config=dict(run.settings),
            resume="allow",
            reinit="create_new",  # others may be under way, also the user's own
            settings=wandb.Settings(console="off", silent=True),
            **options,
        )
        self.newest = self._kept.env_steps
        self._kept.write(self._run.id, self.newest)

    def write(self, numbers: Numbers, env_steps: int) -> None:
        """Log numbers."""
        self._run.log(numbers, step=env_steps)
        self.newest = env_steps
        self._kept.write_soon(self._run.id, env_steps)

    def finish(self, outcome: Numbers, env_steps: int, curve: Path | None) -> None:
        """Log the outcome, which becomes the run's summary, and the picture."""
        import wandb

        pictures = {} if curve is None else {"curve": wandb.Image(str(curve))}
        self._run.log({**outcome, **pictures}, step=env_steps)
        self._close(0)

    def break_off(self, *, interrupted: bool) -> None:
        """Mark the run as failed or interrupted."""
        self._close(130 if interrupted else 1)

    def _close(self, exit_code: int) -> None:
        self._kept.write(self._run.id, self.newest)
        self._run.finish(exit_code=exit_code)


def _lacks_login() -> bool:
    """Return whether W&B would have to ask for a login.

    Raises:
        UsageError: if there is one that W&B does not accept, or no network to ask.
    """
    import wandb

    with output_dropped():
        if wandb.setup().settings.mode != "online":  # by a variable, or by `wandb offline`
            return False
        try:
            return not wandb.login(prompt=False)
        except wandb.errors.Error as error:
            raise UsageError(
                f"The log wandb cannot be written: {kind_and_first_line(error)}. "
                "WANDB_MODE=offline writes it to the folder wandb."
            ) from error
        except TypeError:  # an older one, whose `login` always asks the user
            return wandb.api.api_key is None
