"""What runs trials: compiled programs that are kept, or environments on the host."""

import math
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax

from qlax.agent import Agent
from qlax.config import pasteable
from qlax.drivers import LoopState
from qlax.envs.closing import close
from qlax.envs.core import CompiledEnv
from qlax.envs.select import select
from qlax.errors import UsageError
from qlax.evaluation import usual_episodes
from qlax.evaluation.trials import COMPILED_EPISODES, HOST_EPISODES
from qlax.fields import all_exchanged, entry_at
from qlax.runs.ram import bytes_of, free_bytes, require_ram
from qlax.tuning.data import is_number_at
from qlax.tuning.host_members import HostMembers
from qlax.tuning.members import CompiledMembers, Members
from qlax.tuning.plan import Plan
from qlax.tuning.programs import Program

_KEPT = 16
"""Programs that are kept: a search comes back to fields that it has tried."""
_BATCH, _BATCH_OF_ACCELERATOR = 5, 20
_LARGE = 3_000
"""Parameters from which on a processor gains nothing by more members side by side."""
_SHARE_OF_MEMORY = 0.6
FINAL_EPISODES = 100

Halted = Callable[[], bool]


class CompiledMachine:
    """Runs trials in compiled programs, several of them in threads of their own."""

    is_compiled = True

    def __init__(self, plan: Plan, jobs: int | None) -> None:
        """Trace the program of the default agent.

        Args:
            plan: The search.
            jobs: Programs that run at the same time; None for one a core.

        Raises:
            UsageError: if the environment or the memory is not for it.
        """
        self._plan = plan
        self._lock = threading.Lock()
        self._programs: list[tuple[str, Program]] = []
        self._is_cpu = jax.default_backend() == "cpu"
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        self.jobs = jobs or (min(cores or 1, 8) if self._is_cpu else 1)
        self._width = plan.seeds
        usual = self._settled(_usual_agent(plan))
        program = self._program(usual)
        shape = program.shape()
        require_ram(usual, shape, plan.seeds)
        each = bytes_of(shape) * plan.seeds
        room = max(int(free_bytes() * _SHARE_OF_MEMORY / each), 1)
        self.jobs = min(self.jobs, room)
        wanted = _BATCH if self._is_cpu else _BATCH_OF_ACCELERATOR
        self.batch = max(min(wanted, room // self.jobs), 1)
        self.shared = tuple(path for path in plan.search.ranges if path not in program.kinds)
        if not self._is_cpu or _parameters(shape) < _LARGE:
            self._width = self.batch * plan.seeds
            self._programs.clear()

    def members(
        self, agents: Sequence[Agent], seeds: Sequence[int], halted: Halted
    ) -> Iterator[tuple[list[int], Members]]:
        """Yield trials under way, those together that share a program, with their places."""
        settled = [self._settled(agent) for agent in agents]
        groups: dict[int, tuple[Program, list[int]]] = {}
        for at, agent in enumerate(settled):
            program = self._program(agent)
            groups.setdefault(id(program), (program, []))[1].append(at)
        for program, places in groups.values():
            own = [settled[at] for at in places]
            yield places, CompiledMembers(program, own, seeds, COMPILED_EPISODES, halted)

    @property
    def block(self) -> int:
        """How many seeds of an agent are trained at once where only one agent is."""
        return self._width

    @property
    def final_episodes(self) -> int:
        """Episodes that a finished policy is judged by."""
        return FINAL_EPISODES

    def _settled(self, agent: Agent) -> Agent:
        return agent.for_run(self._plan.steps)

    def _program(self, agent: Agent) -> Program:
        with self._lock:
            for key, program in self._programs:
                if _masked(agent, program) == key and program.width == self._width:
                    return program
            made = Program(
                agent,
                self._env(agent.num_envs, agent.time_limit),
                lambda episodes: self._env(episodes, None),
                dict(self._plan.search.ranges),
                self._width,
                single_threaded=self._is_cpu and self.jobs > 1,
            )
            own = _masked(agent, made) or ""
            self._programs = [*self._programs[-_KEPT + 1 :], (own, made)]
            return made

    def _env(self, num_envs: int, time_limit: int | None) -> CompiledEnv:
        plan = self._plan
        found: Any = select(
            plan.source, num_envs=num_envs, backend=plan.backend, time_limit=time_limit
        ).env
        made: CompiledEnv = found
        return made


class HostMachine:
    """Runs one trial after another in environments on the host."""

    is_compiled = False
    jobs, batch, block = 1, 1, 1
    shared: tuple[str, ...] = ()

    def __init__(self, plan: Plan) -> None:
        """Look whether there can be several environments.

        Raises:
            UsageError: if there is a single one, which is lent.
        """
        if plan.source.is_lent:
            raise UsageError(
                f"{plan.source.name} is one environment, of which no copies can be made, but a "
                "search needs one for each seed: give its id, or a function that makes it."
            )
        self._plan = plan

    def members(
        self, agents: Sequence[Agent], seeds: Sequence[int], halted: Halted
    ) -> Iterator[tuple[list[int], Members]]:
        """Yield each trial under way by itself."""
        plan = self._plan
        for at, agent in enumerate(agents):
            where = plan.source, plan.backend
            settled = agent.for_run(plan.steps)
            yield [at], HostMembers(*where, settled, agent, seeds, HOST_EPISODES, halted)

    @property
    def final_episodes(self) -> int:
        """Episodes that a finished policy is judged by."""
        return usual_episodes(self._plan.source)


Machine = CompiledMachine | HostMachine


def machine_for(plan: Plan, jobs: int | None) -> tuple[Machine, str]:
    """Return what runs a plan's trials, and in words what runs the environment.

    Raises:
        UsageError: if nothing does.
    """
    agent = plan.search.agent
    selected = select(
        plan.source, num_envs=agent.num_envs, backend=plan.backend, time_limit=agent.time_limit
    )
    if selected.is_pure:
        return CompiledMachine(plan, jobs), selected.described
    close(selected.env)
    return HostMachine(plan), selected.described


def _usual_agent(plan: Plan) -> Agent:
    """Return an agent of the search near the default, to look at."""
    search, values = plan.search, {}
    for path, found in search.ranges.items():
        try:
            value = entry_at(search.agent, path)
        except AttributeError:  # a field of a part that is exchanged
            value = None
        held = found.parameter_of(value) is not None
        values[path] = value if held else found.examples()[0]
    try:
        return search.with_values(values)
    except UsageError:  # together they cannot be, but alone
        return search.agent


def _masked(agent: Agent, program: Program) -> str | None:
    """Return an agent as text but for the numbers that are data of a program.

    None if it has no number where one is data.
    """
    if not all(is_number_at(agent, path) for path in program.kinds):
        return None
    return pasteable(all_exchanged(agent, dict.fromkeys(program.kinds, math.nan)))


def _parameters(state: LoopState) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(state.agent.learner.params))
