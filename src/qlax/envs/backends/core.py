"""What a backend is. Nothing here needs JAX, so that a list of backends comes without it."""

import enum
import importlib
import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qlax.envs.source import Source
    from qlax.spaces import EnvSpec


class Kind(enum.Enum):
    """Where environments are, and so which driver trains in them."""

    INSIDE = "inside"
    """In the compiled program: their state is saved with the run, and seeds can be mapped over."""
    OUTSIDE = "outside"
    """Outside of the program, which steps them: `OutsideEnv`."""
    MEANWHILE = "meanwhile"
    """Outside, and stepping by themselves while the program learns: `AsyncEnv`."""
    HOST = "host"
    """In Python, which steps them between programs: `HostEnv`."""


@dataclass(frozen=True, kw_only=True)
class Backend:
    """What can run environments: the file of its name here says which, and opens them."""

    name: str
    """What it is chosen by."""
    kind: Kind
    """What kind of environments come out."""
    says: str
    """What runs the environment, for whoever trains in it."""
    has: str
    """Which environments it has, in words."""
    package: str = ""
    """The package without which it has none, and the extra that installs it; empty where that
    depends on the environment."""

    @property
    def is_compiled(self) -> bool:
        """Whether the loop around the environments is a compiled program."""
        return self.kind is not Kind.HOST

    @property
    def is_installed(self) -> bool:
        """Whether the package is there that it needs for all of its environments."""
        return not self.package or importlib.util.find_spec(self.package) is not None

    def opens(self, source: "Source") -> bool:
        """Return whether it has an environment, the same as Gymnasium's."""
        return self.is_installed and bool(self._file.opens(source))

    def open(self, source: "Source", num_envs: int, spec: "EnvSpec") -> Any:
        """Return N environments of the backend's kind.

        Args:
            source: What to open.
            num_envs: N.
            spec: Its description, with the time limit that is to hold.
        """
        return self._file.opened(source, num_envs, spec)

    @property
    def _file(self) -> Any:
        return importlib.import_module(f"{__package__}.{self.name}")
