"""The formats, a row each. A format's packages are imported when it is asked for."""

import importlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from qlax.errors import UsageError, nearest
from qlax.exporting.acting import Acting
from qlax.exporting.agreement import Run


class Writer(Protocol):
    """A format's module."""

    def write(self, acting: Acting, path: Path) -> None:
        """Write the policy to a file, or a folder, that is not there yet."""
        ...

    def opened(self, acting: Acting, path: Path) -> Run:
        """Return what was written, ready to run."""
        ...


@dataclass(frozen=True)
class Format:
    """What a policy can be exported to."""

    name: str
    module: str
    """Its module of `qlax.exporting`, a `Writer`."""
    file: str
    """What the file, or folder, is called unless told otherwise."""
    packages: tuple[str, ...] = ()
    """What it needs beside qlax."""
    extra: str = ""
    """What installs them: `pip install "qlax[EXTRA]"`."""
    numbers: str = "int64"
    """Type of actions and of states' numbers."""

    def writer(self) -> Any:
        """Return the format's module.

        Raises:
            UsageError: if it needs what is not installed.
        """
        missing = [one for one in self.packages if importlib.util.find_spec(one) is None]
        if missing:
            raise UsageError(
                f"Exporting to {self.name} needs {' and '.join(missing)}, which is not installed: "
                f"pip install 'qlax[{self.extra}]'."
            )
        return importlib.import_module(f"qlax.exporting.{self.module}")


FORMATS = {
    one.name: one
    for one in (
        Format("onnx", "onnx", "policy.onnx", ("onnx", "onnxruntime"), "onnx"),
        Format("torch", "torch", "policy-torch", ("torch",), "torch"),
        Format("jax", "jax_program", "policy.stablehlo", numbers="int32"),
        Format("page", "page", "policy.html"),
    )
}
"""Every format by its name."""


def format_of(name: Any, path: Path | None) -> Format:
    """Return the format of a name, or by a file's suffix where none is given.

    Raises:
        UsageError: if there is no such format.
    """
    if name is None:
        suffixes = {Path(one.file).suffix: one for one in FORMATS.values() if "." in one.file}
        found = suffixes.get(path.suffix.lower()) if path is not None and path.suffix else None
        return FORMATS["onnx"] if found is None else found
    if name not in FORMATS:
        known = ", ".join(FORMATS)
        hint = nearest(str(name), FORMATS, f"There are {known}.")
        raise UsageError(f"to is {name!r}, which is no format to export to. {hint}")
    return FORMATS[name]
