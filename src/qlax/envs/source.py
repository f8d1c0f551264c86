"""An environment as somebody gave it: understood once, described once, made as often as needed."""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import gymnasium

from qlax.actions import Actions, Factors
from qlax.envs import worlds
from qlax.envs.acting import taking_numbers
from qlax.envs.core import Dynamics
from qlax.envs.description import describe_env, describe_observation, require_env
from qlax.envs.origin import Origin
from qlax.envs.registry import LIMIT, record_of
from qlax.envs.vector import describe_vector
from qlax.envs.watchdog import USUAL_LIMIT
from qlax.errors import UsageError
from qlax.spaces import EnvSpec, Space
from qlax.wording import first_line

EnvFactory = Callable[..., gymnasium.Env]
_Make = Callable[[int | None, str | None], gymnasium.Env]
"""(time limit, render mode; None for the environment's own) → a new environment."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """What an environment's id, function, object or dynamics comes to.

    Whoever opens one (`opened`) closes it: the environment that was made to describe it is kept
    for whoever needs the first.
    """

    name: str
    """What messages call it."""
    origin: Origin
    """By what it is found again."""
    id: str | None = None
    """Gymnasium's id, if it was given by one; what has an id may have settings and a twin."""
    dynamics: Dynamics | None = None
    """The pure functions, if it was given as such."""
    function: EnvFactory | None = None
    """The function or class, if it was given as such."""
    step_timeout: float | None = USUAL_LIMIT
    """Seconds that a step or a reset may take; None for any."""
    actions: Actions = field(default_factory=Factors)
    """How actions that are not single numbers are made finitely many."""
    vector: gymnasium.vector.VectorEnv | None = None
    """The vector environment, if it was given as one: it has as many environments as it has."""
    is_lent: bool = False
    """Whether it is one object, which is lent each time: there is never a second one."""
    _make: _Make
    _idle: list[gymnasium.Env] = field(default_factory=list)

    def limited_to(self, step_timeout: float | None) -> "Source":
        """Return it with another limit on how long a step may take, described as it is."""
        other = dataclasses.replace(self, step_timeout=step_timeout)
        other.__dict__.update(self._known)
        return other

    def acting(self, actions: Actions) -> "Source":
        """Return it with its actions made finitely many in another way."""
        if actions == self.actions:
            return self
        other = dataclasses.replace(self, actions=actions)
        known = self._known
        if "spec" in known and known["spec"].actions is not None:
            del known["spec"]
        other.__dict__.update(known)
        return other

    @property
    def _known(self) -> dict[str, Any]:
        """What has been found out so far, by the names of properties."""
        fields = {entry.name for entry in dataclasses.fields(self)}
        return {name: found for name, found in self.__dict__.items() if name not in fields}

    @functools.cached_property
    def observation(self) -> Space:
        """What it shows, whatever is done about its actions.

        Raises:
            UsageError: if it is unknown, cannot be made, or shows what qlax does not take.
        """
        if "spec" in self.__dict__ or self.dynamics is not None or self.vector is not None:
            return self.spec.observation
        made = self._idle.pop() if self._idle else self._made_to_describe(None)
        shown = _closed_if_refused(_observed, made, self.name)
        self._idle.append(made)
        return shown

    @functools.cached_property
    def spec(self) -> EnvSpec:
        """What an agent must know of it.

        Raises:
            UsageError: if it is unknown, cannot be made, or has actions or observations that
                qlax does not take.
        """
        if self.dynamics is not None:
            return self.dynamics.spec
        if self.vector is not None:
            return describe_vector(self.vector)
        made = self._idle.pop() if self._idle else self._made_to_describe(None)
        spec = _closed_if_refused(self._described, made)
        self._idle.append(made)
        return spec

    @functools.cached_property
    def world(self) -> worlds.World | None:
        """The world that its id belongs to; None if there is none."""
        has_record = self.id is not None and self.dynamics is None
        return worlds.world_of(self.record) if has_record else None

    @functools.cached_property
    def record(self) -> Any:
        """Gymnasium's record of its id, with the arguments it was given."""
        assert self.id is not None, "only what has an id has a record"
        return record_of(self.origin.id or self.id, self.origin.kwargs)

    @property
    def own_kwargs(self) -> Mapping[str, Any]:
        """The arguments but for the time limit, which the description has."""
        return {name: value for name, value in self.kwargs.items() if name != LIMIT}

    def belongs_to(self, world: worlds.World) -> bool:
        """Return whether it has one of a world's ids; asked before the record is looked up."""
        if self.id is None:
            return False
        return (worlds.world_named(self.id) or self.world) is world

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """The arguments that it is made with."""
        return self.origin.kwargs

    def described(self, time_limit: int | None) -> EnvSpec:
        """Return its description with a time limit in place of its own, if one is given."""
        if time_limit is None:
            return self.spec
        if self.dynamics is None and self.world is not None and self.world.preprocessed is not None:
            made = self._made_to_describe(time_limit)  # it may keep to no other limit than its own
            try:
                return self._described(made)
            finally:
                made.close()
        return dataclasses.replace(self.spec, time_limit=time_limit)

    def make(
        self, time_limit: int | None = None, *, render_mode: str | None = None
    ) -> gymnasium.Env:
        """Return a Gymnasium environment, the one that was made to describe it if it is there.

        Its actions are numbered: see `TakesNumbers`.

        Args:
            time_limit: Steps after which an episode is truncated; None for its own limit.
            render_mode: Gymnasium's name of how it is to be drawn, if it has an id; None for as
                it is.
        """
        made = self.make_as_it_is(time_limit, render_mode=render_mode)
        return taking_numbers(made, self.actions, self.name)  # type: ignore[no-any-return]

    def make_as_it_is(
        self, time_limit: int | None = None, *, render_mode: str | None = None
    ) -> gymnasium.Env:
        """Return what `make` does, with the environment's own actions."""
        if time_limit is None and render_mode is None and self._idle:
            return self._idle.pop()
        self.close()  # where only one may be open, it is the one that is wanted
        return self._make(time_limit, render_mode)

    def maker(self, time_limit: int | None = None) -> Callable[[], gymnasium.Env]:
        """Return a function that makes environments with a time limit, None for their own."""
        return functools.partial(self.make, time_limit)

    def close(self) -> None:
        """Close the environment that was made to describe it, if nobody has taken it."""
        while self._idle:
            with contextlib.suppress(Exception):
                self._idle.pop().close()

    def _made_to_describe(self, time_limit: int | None) -> gymnasium.Env:
        try:
            return self._make(time_limit, None)
        except UsageError:
            raise
        except Exception as error:
            raise UsageError(f"{self.name} cannot be made: {first_line(error)}.") from error

    def _described(self, made: Any) -> EnvSpec:
        require_env(made, self.name)
        return describe_env(taking_numbers(made, self.actions, self.name), self.name)


T = TypeVar("T")


def _observed(made: Any, name: str) -> Space:
    require_env(made, name)
    return describe_observation(made, name)


def _closed_if_refused(describe: Callable[..., T], made: Any, *known: Any) -> T:
    """Return the description of what was made, which is closed if it is of no use."""
    try:
        return describe(made, *known)
    except BaseException:
        with contextlib.suppress(Exception):
            made.close()
        raise
