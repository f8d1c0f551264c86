"""Evaluation of a policy: full episodes of the original environment, played greedily."""

import dataclasses
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import numpy as np

from qlax.arguments import refuses_plainly, seconds_or_none, whole_number
from qlax.envs.as_host import CompiledAsHost
from qlax.envs.closing import close
from qlax.envs.core import HostEnv
from qlax.envs.opening import EnvLike, opened
from qlax.envs.select import select
from qlax.envs.source import Source
from qlax.envs.watchdog import USUAL_LIMIT
from qlax.envs.worlds.toy_text import is_table, optimum
from qlax.errors import EnvironmentFailure, UsageError
from qlax.evaluation.forecasts import Forecast, Forecasts, can_be_compared
from qlax.policy import Actor, Policy, require_policy
from qlax.precision import in_32_bits
from qlax.spaces import EnvSpec, alike

EVALUATION_SEED = 1_000_000
"""Seed of the first environment, unless another is given: training's are below."""
_USUAL_EPISODES = 100
# Episodes are spread over so many environments at most, each playing the same number of them
# (or one fewer): taking whichever ends first would favour short episodes.
_MOST_ENVS = 20
LONGEST = 10_000
"""Steps after which an episode is cut where nothing else ends it: a greedy policy may go in circles
for ever in an environment without a time limit of its own, such as CliffWalking."""


@dataclass(frozen=True)
class Evaluation:
    """The returns of full episodes, unclipped and undiscounted."""

    episodes: int
    """How many."""
    seed: int
    """The first environment's seed; the others have the numbers after it."""
    mean: float
    """Mean return."""
    std: float
    """Standard deviation of returns."""
    min: float
    """Smallest return."""
    max: float
    """Largest return."""
    returns: list[float] = field(repr=False)
    """All of them."""
    cut: int = 0
    """Episodes that `LONGEST` steps did not end, in an environment that sets no limit itself."""
    optimum: float | None = None
    """The largest mean return that there is, where the environment's table says it."""
    left_out: int = 0
    """Episodes that were not played, since they would have taken too long."""
    length: float | None = None
    """Mean steps of an episode."""
    value: float | None = None
    """Mean of max_a Q(s, a) in the episodes' first states; None where rewards are learned."""
    discounted_return: float | None = None
    """Mean of what it should be: discounted rewards, as the agent learns from them."""

    @classmethod
    def of(
        cls, seed: int, returns: Sequence[float], lengths: Sequence[int], **known: Any
    ) -> "Evaluation":
        """Return the evaluation of episodes with these returns and lengths."""
        return cls(
            episodes=len(returns),
            seed=seed,
            mean=float(np.mean(returns)),
            std=float(np.std(returns)),
            min=float(np.min(returns)),
            max=float(np.max(returns)),
            returns=list(returns),
            length=float(np.mean(lengths)),
            **known,
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from qlax.notebooks.cards import evaluation_card

        return evaluation_card(self)


@refuses_plainly
@in_32_bits
def evaluate(
    policy: Policy,
    env: EnvLike | None = None,
    *,
    env_kwargs: Mapping[str, Any] | None = None,
    episodes: int | None = None,
    seed: int = EVALUATION_SEED,
    step_timeout: float | None = USUAL_LIMIT,
) -> Evaluation:
    """Play full episodes greedily on the original Gymnasium environment.

    Args:
        policy: What to evaluate.
        env: Where; None for the environment it was trained in, as it was made then.
        env_kwargs: Arguments to make `env` with, or, without one, in place of those that the
            policy was trained with.
        episodes: How many episodes, at least 1; None for 100, or fewer where they are long or all
            alike.
        seed: Seed of the episodes.
        step_timeout: As in `train`.

    Raises:
        UsageError: if the environment does not fit the policy, or was no id and is not given.
        EnvironmentFailure: if it fails.
    """
    require_policy(policy)
    with opened(*policy.environment(env, env_kwargs)) as source:
        episodes = usual_episodes(source) if episodes is None else episodes
        episodes = whole_number("episodes", episodes, at_least=1)
        seed = whole_number("seed", seed)
        source = source.limited_to(seconds_or_none("step_timeout", step_timeout))
        return evaluate_in(policy, source, episodes, seed)


def evaluate_in(
    policy: Policy, source: Source, episodes: int, seed: int, seconds: float = math.inf
) -> Evaluation:
    """Play full episodes greedily in an environment that is open already: see `evaluate`."""
    spec = source.spec
    require_fit(policy, spec)
    if policy.spec.has_mask and not spec.has_mask:
        raise UsageError(
            f"The policy was trained with action masks, but {spec.id} has none: it would take "
            "actions it never learned about."
        )
    limit = LONGEST if may_go_on_for_ever(source) else None
    stepped = original(source, min(episodes, _MOST_ENVS), limit)
    try:
        found = play_episodes(policy, stepped, episodes, seed, seconds)
    finally:
        close(stepped)
    cut = 0 if limit is None else found.cut  # a limit of its own is no cut
    return dataclasses.replace(found, cut=cut, optimum=_optimum(source))


def play_episodes(
    policy: Policy, stepped: HostEnv, episodes: int, seed: int, seconds: float = math.inf
) -> Evaluation:
    """Play full episodes greedily in environments that are open, and stay so.

    Args:
        policy: Who plays.
        stepped: Where; each environment plays as many episodes, or one fewer.
        episodes: How many.
        seed: Seed of the episodes.
        seconds: After how many no further ones are begun. Of every environment as many episodes
            count then, at least one: what happens to be over would be the short ones.
    """
    num_envs = stepped.num_envs
    quotas = np.full(num_envs, episodes // num_envs) + (np.arange(num_envs) < episodes % num_envs)
    played = _play(policy, stepped, quotas, seed, seconds)
    compared = {}
    if can_be_compared(policy.agent):
        forecasts = [one.forecast for one in played]
        compared = {
            "value": float(np.mean([one.value for one in forecasts])),
            "discounted_return": float(np.mean([one.paid(policy.agent) for one in forecasts])),
        }
    return Evaluation.of(
        seed,
        [one.paid for one in played],
        [one.steps for one in played],
        cut=sum(one.cut for one in played),
        left_out=episodes - len(played),
        **compared,
    )


def require_fit(policy: Policy, spec: EnvSpec) -> None:
    """Raise `UsageError` if an environment has other observations or actions than a policy's."""
    if not alike(spec, policy.spec):
        raise UsageError(
            f"{spec.id} shows {spec.observation} and has {spec.num_actions} actions, but the "
            f"policy was trained for {policy.spec.observation} and {policy.spec.num_actions}."
        )


def _optimum(source: Source) -> float | None:
    """Return the largest mean return that there is, where the environment is all in a table."""
    if source.id is None or not is_table(source.id, source.own_kwargs):
        return None
    made = source.make()
    try:
        return optimum(made, source.spec.time_limit or LONGEST)
    finally:
        made.close()


def usual_episodes(source: Source) -> int:
    """Return how many episodes are enough to evaluate a policy."""
    few = None if source.world is None else source.world.eval_episodes
    return _USUAL_EPISODES if few is None else few


def may_go_on_for_ever(source: Source) -> bool:
    """Return whether an episode may never end; games end by themselves."""
    is_game = source.world is not None and source.world.preprocessed is not None
    return source.spec.time_limit is None and not is_game


def original(source: Source, num_envs: int, time_limit: int | None) -> HostEnv:
    """Return the original environment, never a compiled twin; a `Dynamics` is its own original.

    Where one can be had but no second beside it, there is one.
    """
    if source.dynamics is not None:
        compiled = select(source, num_envs=num_envs, time_limit=time_limit).env
        return CompiledAsHost(compiled)  # type: ignore[arg-type]
    try:
        env = select(source, num_envs=num_envs, backend="gymnasium", time_limit=time_limit).env
    except (UsageError, EnvironmentFailure):
        if num_envs == 1:
            raise
        return original(source, 1, time_limit)
    return env  # type: ignore[return-value]


class _Episode(NamedTuple):
    """An episode that is over."""

    paid: float
    """Its undiscounted return."""
    steps: int
    """Its length."""
    cut: bool
    """Whether nothing but `LONGEST` ended it."""
    forecast: Forecast
    """What was expected of it."""


def _play(
    policy: Policy, stepped: HostEnv, quotas: np.ndarray, seed: int, seconds: float
) -> list[_Episode]:
    """Return each environment's first episodes, as many as its quota; see `play_episodes`."""
    until = time.monotonic() + seconds
    played: list[list[_Episode]] = [[] for _ in quotas]
    running, steps = np.zeros(len(quotas)), np.zeros(len(quotas), int)
    timestep = stepped.reset(seed)
    actor, forecasts = policy.actor(stepped.num_envs), Forecasts(stepped.num_envs)
    while any(len(own) < quota for own, quota in zip(played, quotas, strict=True)):
        action = actor(timestep)
        forecasts.look(timestep, _values(actor))
        timestep = stepped.step(action)
        over = forecasts.step(timestep)
        running = np.where(timestep.first, 0.0, running + timestep.reward)
        steps = np.where(timestep.first, 0, steps + 1)
        for index in np.flatnonzero(timestep.done):
            if len(played[index]) < quotas[index]:
                cut = bool(timestep.truncated[index] and steps[index] == LONGEST)
                paid, length = float(running[index]), int(steps[index])
                played[index].append(_Episode(paid, length, cut, over[int(index)]))
        fewest = min(map(len, played))
        if timestep.done.any() and fewest and time.monotonic() > until:
            played = [own[:fewest] for own in played]
            break
    if forecasts.is_waiting:
        actor(timestep)
        forecasts.look(timestep, _values(actor))
    return [episode for own in played for episode in own]


def _values(actor: Actor) -> Any:
    """Return the action values of what an actor saw last, [N, A]; of factors, their mean's best."""
    factors = actor.policy.spec.factors
    if factors is None:
        return actor.values
    apart = np.asarray(actor.values).reshape((actor.num_envs, factors, -1))
    return apart.max(-1).mean(-1, keepdims=True)
