"""Exporting: what is asked for, written aside, tried, and put in its place."""

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qlax.addresses import folder_of, place_of
from qlax.arguments import flag, path_of, refuses_plainly, several
from qlax.errors import UsageError, nearest, require
from qlax.exporting.acting import KINDS, VALUES, Port, acting
from qlax.exporting.agreement import Agreement, agreement
from qlax.exporting.formats import Format, format_of
from qlax.loading import load
from qlax.policy import Policy
from qlax.precision import in_32_bits
from qlax.runs.folder import replacing
from qlax.runs.moments import BEST
from qlax.runs.outcome import Run
from qlax.wording import kind_and_first_line


@dataclass(frozen=True)
class Exported:
    """An exported policy."""

    path: Path
    """The file, or the folder."""
    format: str
    """Which format it is in."""
    inputs: tuple[Port, ...]
    """What goes in, each with the batch as its first axis."""
    outputs: tuple[Port, ...]
    """What comes out, likewise."""
    agreement: Agreement | None
    """What the check came to."""
    size: int
    """Bytes on disk."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "path": str(self.path),
            "format": self.format,
            "bytes": self.size,
            "inputs": [_port(one) for one in self.inputs],
            "outputs": [_port(one) for one in self.outputs],
            "checked": None if self.agreement is None else self.agreement._asdict(),
        }


def _port(port: Port) -> dict[str, Any]:
    return {
        "name": port.name,
        "shape": ["batch", *port.shape],
        "dtype": str(port.dtype),
        "meaning": port.meaning,
    }


@refuses_plainly
@in_32_bits
def export(
    run: str | Path | Run | Policy,
    out: str | Path | None = None,
    *,
    to: str | None = None,
    outputs: str | Iterable[str] = (),
    best: bool = False,
) -> Exported:
    """Write a policy in a form that runs without qlax.

    Everything between what the environment shows and the action is in it: scaling, running
    statistics, one-hot vectors, the mask, the choice, the number of the first action. It is tried
    on 1,000 observations first: its actions must be the policy's own, but for ties, and values may
    differ by 10⁻⁴. Nothing is written otherwise.

    >>> qlax.export("runs/MountainCar-v0/dqn/seed-0", "car.onnx")

    Args:
        run: A run, its folder, a folder of a policy, or a policy.
        out: The file to write, or the folder. None for a name in the run's own folder, such as
            `policy.onnx`.
        to: The format: `onnx`, `torch`, `jax` or `page`; None for what the suffix of `out` asks for
            (`.onnx`, `.stablehlo`, `.html`), or `onnx`.
        outputs: What comes out besides the action: `values`, `quantiles`, or both.
        best: Export the best policy of the training instead of the last.

    Returns:
        What was written, what goes in and what comes out.

    Raises:
        UsageError: if an argument does not fit, a package is missing, there is no policy, or a part
            of the agent does something that cannot be written in the format.
    """
    asked = _asked(outputs)
    path = None if out is None else path_of("out", out)
    chosen = format_of(to, path)
    writer = chosen.writer()
    policy, folder = _read(run, best=flag("best", best))
    if path is None:
        if folder is None:
            raise UsageError("out is None, but a policy has no folder of its own: give out=….")
        path = folder / (f"best-{chosen.file}" if best else chosen.file)
    _require_place(path, chosen)
    return _written(policy, path, chosen, writer, asked)


def _read(run: Any, *, best: bool) -> tuple[Policy, Path | None]:
    """Return a policy, and the folder for what is made of it."""
    if isinstance(run, Policy):
        require(not best, "best", best, "False where run is a policy, which knows no others")
        return run, None
    folder = run.folder if isinstance(run, Run) else folder_of("run", run)
    place = folder if isinstance(run, Run) else place_of(run, folder)
    if best:
        if not (folder / BEST).is_dir():
            raise UsageError(
                f"{folder} has no {BEST}/: it was trained without evaluations on the way, or by an "
                "older qlax."
            )
        return load(folder / BEST), place
    return run.policy if isinstance(run, Run) else load(folder), place


@contextlib.contextmanager
def _refused(chosen: Format) -> Iterator[None]:
    """Say of what a format's library raises that the policy cannot be written in it."""
    try:
        yield
    except (UsageError, OSError):
        raise
    except Exception as error:
        raise UsageError(
            f"The policy cannot be exported to {chosen.name}: {kind_and_first_line(error)}. Take "
            "another format."
        ) from error


def _asked(outputs: Any) -> tuple[str, ...]:
    given = (
        [one for one in outputs.split(",") if one]
        if isinstance(outputs, str)
        else several("outputs", outputs, "names")
    )
    for one in given:
        if one not in KINDS:
            hint = nearest(str(one), KINDS, f"There are {', '.join(KINDS)}.")
            raise UsageError(f"outputs has {one!r}, which no policy gives. {hint}")
    return tuple(dict.fromkeys(given))


def _require_place(path: Path, chosen: Format) -> None:
    """Raise `UsageError` if something that was not exported would be replaced."""
    is_file = "." in chosen.file
    if path.is_dir() and (is_file or any(path.iterdir())):
        what = "a folder" if is_file else "a folder that is not empty"
        raise UsageError(f"out is {str(path)!r}, which is {what}: give a new name.")
    if not is_file and path.is_file():
        raise UsageError(f"out is {str(path)!r}, which is a file: give the name of a new folder.")


def _written(
    policy: Policy, path: Path, chosen: Format, writer: Any, asked: tuple[str, ...]
) -> Exported:
    """Try the policy in a format, and write it."""
    wanted = acting(policy, asked, chosen.numbers)
    with_values = acting(policy, dict.fromkeys([VALUES, *asked]), chosen.numbers)
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / chosen.file
        with _refused(chosen):
            writer.write(with_values, trial)
            run = writer.opened(with_values, trial)
        found = agreement(with_values, run, str(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error}.") from error
    with replacing(path) as aside:
        writer.write(wanted, aside)
    size = sum(one.stat().st_size for one in ([path] if path.is_file() else path.rglob("*")))
    return Exported(path, chosen.name, wanted.inputs, wanted.outputs, found, size)
