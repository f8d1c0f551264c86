"""Greedy evaluation of policies that are still being learned: few episodes at intervals.

They are played in environments of their own, with random numbers of their own: what is learned does
not depend on them, nor are they among the episodes of the final evaluation.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import jax
import numpy as np

from qlax.agent import Agent
from qlax.compilation import moderately
from qlax.drivers.core import LoopState, MetricsRow
from qlax.envs.closing import close
from qlax.envs.core import CompiledEnv, HostEnv
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.select import Selected, select
from qlax.errors import UsageError
from qlax.evaluation.compiled import Played, play
from qlax.evaluation.core import LONGEST, Evaluation, may_go_on_for_ever, original, play_episodes
from qlax.policy import Policy
from qlax.precision import computes_in_32_bits
from qlax.runs.plan import Plan

COMPILED_EPISODES, HOST_EPISODES = 10, 5
_SHARE = 0.05
"""Share of training's time that evaluation on the host takes, where its interval is not given."""
_COMPILED_SPEED = 12
"""Steps of an evaluation in a program that are worth one of training."""
_STREAM = 0x7E57
"""Keeps the seeds of these episodes apart from those of others."""


class Trials(Protocol):
    """Evaluates the policies of the seeds that are trained together."""

    described: str
    """Where the episodes are played, in words."""

    def compile(self, state: LoopState) -> None:
        """Prepare for states like this one, so that evaluations are all run time."""
        ...

    def is_worth(self, env_steps: int, seconds: float) -> bool:
        """Return whether an evaluation that is due pays for what it costs.

        Args:
            env_steps: Environment steps of training so far, of each seed.
            seconds: How long they took.
        """
        ...

    def look_at(self, rows: Sequence[MetricsRow]) -> None:
        """See the newest metrics of training, from which the cost of an evaluation is told."""
        ...

    def go_on(self, env_steps: int, cost: float) -> None:
        """Go on after a checkpoint: when the last evaluation was, and the steps that it took."""
        ...

    def evaluate(self, state: LoopState, env_steps: int) -> list[Evaluation]:
        """Return an evaluation for each seed.

        Raises:
            UsageError, EnvironmentFailure: if the environment cannot be opened or fails.
        """
        ...

    def close(self) -> None:
        """Release what is open."""
        ...


def trials_for(
    plan: Plan,
    seeds: Sequence[int],
    selected: Selected,
    policies: Callable[[LoopState], list[Policy]],
) -> Trials | None:
    """Return what evaluates a plan's policies while they are learned; None if nothing is to.

    Args:
        plan: The plan of all seeds.
        seeds: The seeds that are trained together.
        selected: The environments of training.
        policies: Returns the policy of each seed.
    """
    if plan.eval_every == 0:
        return None
    if selected.is_pure:
        backend = plan.backend if plan.source.id is not None else "auto"
        options: Any = {"num_envs": COMPILED_EPISODES, "backend": backend}
        env: Any = select(plan.source, **options).env
        return _CompiledTrials(plan, seeds, env)
    if plan.source.is_lent:
        return None
    return _HostTrials(plan, selected, policies)


@computes_in_32_bits
class _CompiledTrials:
    """Plays in the compiled twin; of seeds side by side, all at once."""

    def __init__(self, plan: Plan, seeds: Sequence[int], env: CompiledEnv) -> None:
        self.described = f"{env.num_envs} episodes of the compiled environment"
        self._always = not plan.eval_is_frugal
        self._seeds = np.asarray(seeds, np.uint32)
        self._side_by_side = plan.side_by_side > 0
        self._last: tuple[int, float] = (
            0,
            0.0,
        )  # environment steps of training at the last evaluation; what it took
        program: Any = greedily(plan.trained_agent, env)
        program = jax.vmap(program) if self._side_by_side else program
        self._program: Any = jax.jit(program, compiler_options=moderately())

    def compile(self, state: LoopState) -> None:
        """Compile it, by playing once: a program that was called is quickest to call again."""
        self._program(state.agent.learner, *self._numbers(0))

    def is_worth(self, env_steps: int, seconds: float) -> bool:  # noqa: ARG002
        """Return whether training has taken enough steps since the last evaluation.

        Side by side in a program, and without learning, many steps cost what one of training does.
        It does not depend on time, so that a run that goes on evaluates where it would have.
        """
        then, cost = self._last
        return self._always or env_steps - then >= cost / _COMPILED_SPEED

    def look_at(self, rows: Sequence[MetricsRow]) -> None:
        """Do nothing: the cost does not depend on it."""

    def go_on(self, env_steps: int, cost: float) -> None:
        """Remember the last evaluation."""
        self._last = env_steps, cost

    def evaluate(self, state: LoopState, env_steps: int) -> list[Evaluation]:
        """Play."""
        played: Played = jax.device_get(
            self._program(state.agent.learner, *self._numbers(env_steps))
        )
        returns, lengths = np.atleast_2d(played.returns), np.atleast_2d(played.lengths)
        self._last = env_steps, float(lengths.mean(axis=1).max()) * lengths.shape[1]
        value, discounted = (
            [None] * len(returns) if array is None else np.atleast_2d(array).mean(axis=1).tolist()
            for array in (played.value, played.discounted)
        )
        rows = zip(self._seeds, returns.tolist(), lengths.tolist(), value, discounted, strict=True)
        return [
            Evaluation.of(int(seed), paid, steps, value=expected, discounted_return=own)
            for seed, paid, steps, expected, own in rows
        ]

    def close(self) -> None:
        """Do nothing."""

    def _numbers(self, env_steps: int) -> tuple[Any, Any]:
        """Return what episodes are seeded with."""
        low = np.uint32(env_steps & 0xFFFFFFFF)
        if not self._side_by_side:
            return self._seeds[0], low
        return self._seeds, np.full_like(self._seeds, low)


def greedily(agent: Agent, env: CompiledEnv) -> Callable[..., Played]:
    """Return a program: (what learns, seed, environment steps) → episodes of its policy."""

    def program(learner: Any, seed: jax.Array, env_steps: jax.Array) -> Played:
        key = jax.random.fold_in(jax.random.fold_in(jax.random.key(seed), _STREAM), env_steps)
        return play(agent, env, agent.policy_params(learner), key, LONGEST)

    return program


class _HostTrials:
    """Plays in the original environment, in Python."""

    def __init__(
        self, plan: Plan, selected: Selected, policies: Callable[[LoopState], list[Policy]]
    ) -> None:
        self.described = f"{HOST_EPISODES} episodes of the original environment"
        self._plan, self._trained_in, self._policies = plan, selected.env, policies
        self._limit = LONGEST if may_go_on_for_ever(plan.source) else None
        self._env: HostEnv | None = None
        self._spent, self._cost = 0.0, 0.0
        self._length: float | None = None

    def compile(self, state: LoopState) -> None:
        """Do nothing: environments are opened when they are needed."""

    def is_worth(self, env_steps: int, seconds: float) -> bool:
        """Return whether the share of time that evaluation may take leaves enough for one.

        The first is taken to cost as many steps of training as its episodes are long: none is
        played before an episode of training is over.
        """
        if not self._plan.eval_is_frugal:
            return True
        if self._length is None:
            return False
        cost = self._cost or HOST_EPISODES * self._length * seconds / env_steps
        return self._spent + cost <= _SHARE * seconds

    def look_at(self, rows: Sequence[MetricsRow]) -> None:
        """See how long episodes are."""
        lengths = [length for row in rows if (length := row.get("episode_length")) is not None]
        self._length = max(lengths, default=self._length)

    def go_on(self, env_steps: int, cost: float) -> None:
        """Do nothing: what an evaluation takes is measured anew."""

    def evaluate(self, state: LoopState, env_steps: int) -> list[Evaluation]:
        """Play."""
        (policy,) = self._policies(state)
        began = time.perf_counter()
        seed = _host_seed(self._plan.seed, env_steps)
        try:
            self._env = self._env or self._opened()
            return [play_episodes(policy, self._env, HOST_EPISODES, seed)]
        finally:
            self._cost = time.perf_counter() - began
            self._spent += self._cost

    def _opened(self) -> HostEnv:
        """Return environments of its own, or refuse if they would be those of training."""
        source = self._plan.source
        env = original(source, min(HOST_EPISODES, self._plan.agent.num_envs), self._limit)
        if isinstance(env, GymnasiumEnv) and env.shares_with(self._trained_in):
            raise UsageError(f"{source.name} gives the environment that is trained in once more.")
        return env

    def close(self) -> None:
        """Close the environments."""
        if self._env is not None:
            close(self._env)


def _host_seed(seed: int, env_steps: int) -> int:
    """Return the seed of an evaluation's episodes."""
    return int(np.random.SeedSequence([seed, _STREAM, env_steps]).generate_state(1)[0])
