"""An environment as somebody gave it: understood once, described once, made as often as needed."""

import contextlib
import copy
import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import gymnasium
from gymnasium.wrappers import TimeLimit

from qlax.envs import worlds
from qlax.envs.as_gymnasium import DynamicsAsGymnasium
from qlax.envs.cloning import clone_of, holds
from qlax.envs.core import Dynamics
from qlax.envs.description import describe_env
from qlax.envs.limits import Lent, limited
from qlax.envs.origin import Origin, checked_arguments
from qlax.envs.registry import LIMIT, record_of, require_arguments
from qlax.envs.watchdog import USUAL_LIMIT
from qlax.errors import UsageError
from qlax.spaces import EnvSpec
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
    _make: _Make
    _idle: list[gymnasium.Env] = field(default_factory=list)

    def limited_to(self, step_timeout: float | None) -> "Source":
        """Return it with another limit on how long a step may take, described as it is."""
        other = dataclasses.replace(self, step_timeout=step_timeout)
        fields = {entry.name for entry in dataclasses.fields(self)}
        known = {name: found for name, found in self.__dict__.items() if name not in fields}
        other.__dict__.update(known)
        return other

    @functools.cached_property
    def spec(self) -> EnvSpec:
        """What an agent must know of it.

        Raises:
            UsageError: if it is unknown, cannot be made, or has actions or observations that
                qlax does not take.
        """
        if self.dynamics is not None:
            return self.dynamics.spec
        made = self._idle.pop() if self._idle else self._made_to_describe(None)
        spec = _described(made, self.name)
        self._idle.append(made)
        return spec

    @functools.cached_property
    def world(self) -> worlds.World | None:
        """The world that its id belongs to; None if there is none."""
        return None if self.id is None else worlds.world_of(self.record)

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
                return _described(made, self.name)
            finally:
                made.close()
        return dataclasses.replace(self.spec, time_limit=time_limit)

    def make(
        self, time_limit: int | None = None, *, render_mode: str | None = None
    ) -> gymnasium.Env:
        """Return a Gymnasium environment, the one that was made to describe it if it is there.

        Args:
            time_limit: Steps after which an episode is truncated; None for its own limit.
            render_mode: Gymnasium's name of how it is to be drawn, if it has an id; None for as
                it is.
        """
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


EnvLike = str | EnvFactory | gymnasium.Env | Dynamics | Source
"""An environment: Gymnasium's id, a function or class that makes one, one itself, pure functions
in JAX, or what any of these has been opened as."""


@contextlib.contextmanager
def opened(env: EnvLike, env_kwargs: Mapping[str, Any] | None = None) -> Iterator[Source]:
    """Give what an environment comes to, and close what is left of it in the end.

    A `Source` is given on as it is, and stays open for whoever opened it. A function that returns
    the same environment at each call comes to that environment.

    Raises:
        UsageError: if it is none, or a function fails.
    """
    source = source_of(env, env_kwargs)
    if source is env:
        yield source
        return
    if source.function is not None:
        first = source._made_to_describe(None)
        source._idle.append(first)
        if isinstance(first, gymnasium.Env) and holds(source.function, first):
            source = _object(first)
    try:
        yield source
    finally:
        source.close()


def describe(
    env: EnvLike,
    time_limit: int | None = None,
    env_kwargs: Mapping[str, Any] | None = None,
) -> EnvSpec:
    """Return what an agent must know of an environment, its time limit replaced if one is given.

    Raises:
        UsageError: if qlax cannot train in it.
    """
    with opened(env, env_kwargs) as source:
        return source.described(time_limit)


def source_of(env: EnvLike, env_kwargs: Mapping[str, Any] | None = None) -> Source:
    """Return what an environment comes to, without making it where that can wait.

    Args:
        env: Gymnasium's id, a function or class that makes an environment, an environment, or a
            `Dynamics`.
        env_kwargs: Arguments to make it with: the id's, or those of the function or class.

    Raises:
        UsageError: if it is none of these, or takes no such arguments.
    """
    kwargs = checked_arguments(env_kwargs)
    if isinstance(env, Source):
        if kwargs:
            raise UsageError("env_kwargs come with the environment: it is opened already.")
        return env
    if isinstance(env, str):
        return _registered(env, kwargs)
    if isinstance(env, gymnasium.vector.VectorEnv):
        raise UsageError(
            f"env is a vector environment, {type(env).__name__} of {env.num_envs}, but must be a "
            "single one, or what makes one: an agent opens as many as its num_envs says."
        )
    if isinstance(env, gymnasium.Env) or is_dynamics(env):
        if kwargs:
            raise UsageError(
                f"env is made already, so env_kwargs {sorted(kwargs)} come too late: give an id, "
                "or a function or class that makes it."
            )
        return _object(env) if isinstance(env, gymnasium.Env) else _functions(cast(Dynamics, env))
    if not callable(env):
        raise UsageError(
            f"env is {env!r}, but must be Gymnasium's id, a function or class that makes an "
            "environment, an environment, or a Dynamics, whose spec is an EnvSpec."
        )
    return _function(env, kwargs)


def is_dynamics(env: object) -> bool:
    """Return whether an environment is given as pure functions."""
    return isinstance(getattr(env, "spec", None), EnvSpec)


def _registered(name: str, kwargs: Mapping[str, Any]) -> Source:
    """Return what an id comes to, as Gymnasium makes it or its world shows it to an agent."""

    def make(time_limit: int | None, render_mode: str | None) -> gymnasium.Env:
        record, world = source.record, source.world
        if render_mode is not None:
            record = copy.deepcopy(record)
            record.kwargs["render_mode"] = render_mode
        steps = kwargs.get(LIMIT) if time_limit is None else time_limit
        if world is not None and world.preprocessed is not None:
            return world.preprocessed(record, steps)
        limit = {} if steps is None else {LIMIT: steps}
        return gymnasium.make(record, disable_env_checker=True, **limit)

    identity = name.rpartition(":")[2]
    source = Source(name=name, origin=Origin(id=name, kwargs=kwargs), id=identity, _make=make)
    return source


def _function(function: EnvFactory, kwargs: Mapping[str, Any]) -> Source:
    """Return what a function or class comes to."""
    name = _name_of(function)
    require_arguments(name, function, kwargs)

    def make(time_limit: int | None, render_mode: str | None) -> gymnasium.Env:  # noqa: ARG001
        return limited(function(**kwargs), time_limit)

    return Source(
        name=name, origin=Origin(custom=name, kwargs=kwargs), function=function, _make=make
    )


def _object(env: gymnasium.Env) -> Source:
    """Return what an environment comes to: copies made from its spec, or itself each time."""
    name = env.spec.id if env.spec else type(env.unwrapped).__name__
    clone = clone_of(env)
    if clone is not None and clone.id is not None and _is_shown_as_it_is(clone.record):
        source = _registered(clone.id, checked_arguments(clone.kwargs))
        source._idle.append(clone.first)
        return source
    origin = Origin(custom=f"an object, {name}")
    if clone is not None:
        record = clone.record

        def again(time_limit: int | None, render_mode: str | None) -> gymnasium.Env:  # noqa: ARG001
            return limited(gymnasium.make(record, disable_env_checker=True), time_limit)

        return Source(name=name, origin=origin, _make=again, _idle=[clone.first])

    def lend(time_limit: int | None, render_mode: str | None) -> gymnasium.Env:  # noqa: ARG001
        return Lent(env, time_limit)

    return Source(name=name, origin=origin, _make=lend)


def _is_shown_as_it_is(record: Any) -> bool:
    """Return whether an id stands for what Gymnasium makes, and not for a world's view of it."""
    world = worlds.world_of(record)
    return world is None or world.preprocessed is None


def _functions(dynamics: Dynamics) -> Source:
    def make(time_limit: int | None, render_mode: str | None) -> gymnasium.Env:  # noqa: ARG001
        made = DynamicsAsGymnasium(dynamics)
        limit = time_limit or dynamics.spec.time_limit
        return made if limit is None else TimeLimit(made, limit)

    name = dynamics.spec.id
    return Source(name=name, origin=Origin(custom=repr(dynamics)), dynamics=dynamics, _make=make)


def _described(made: Any, name: str) -> EnvSpec:
    """Return the description of what was made, which is closed if it is of no use."""
    try:
        return describe_env(made, name)
    except BaseException:
        with contextlib.suppress(Exception):
            made.close()
        raise


def _name_of(function: Any) -> str:
    named = function.func if isinstance(function, functools.partial) else function
    return getattr(named, "__name__", type(named).__name__)
