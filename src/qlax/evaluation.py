"""How good a policy is: full episodes of the original environment, played greedily."""

from dataclasses import asdict, dataclass
from typing import Any

import jax
import numpy as np

from qlax.arguments import refuses_plainly, whole_number
from qlax.envs import worlds
from qlax.envs.as_host import CompiledAsHost
from qlax.envs.closing import close
from qlax.envs.core import Dynamics, HostEnv
from qlax.envs.description import EnvFactory
from qlax.envs.select import describe, is_dynamics, select
from qlax.errors import UsageError
from qlax.policy import Policy
from qlax.spaces import EnvSpec, zeros

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
    returns: list[float]
    """All of them."""
    cut: int = 0
    """Episodes that `LONGEST` steps did not end, in an environment that sets no limit itself."""

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


@refuses_plainly
def evaluate(
    policy: Policy,
    env: str | EnvFactory | Dynamics | None = None,
    *,
    episodes: int | None = None,
    seed: int = 1_000_000,
) -> Evaluation:
    """Play full episodes greedily on the original Gymnasium environment.

    Args:
        policy: What to evaluate.
        env: Where; None for the environment it was trained for.
        episodes: How many episodes, at least 1; None for 100, or fewer where they are long or all
            alike.
        seed: Seed of the first environment.

    Raises:
        UsageError: if the environment does not fit the policy.
        EnvironmentFailure: if it fails.
    """
    env = policy.spec.id if env is None else env
    episodes = usual_episodes(env) if episodes is None else episodes
    episodes = whole_number("episodes", episodes, at_least=1)
    seed = whole_number("seed", seed)
    spec = describe(env)
    if not _alike(spec, policy.spec):
        raise UsageError(
            f"{spec.id} shows {spec.observation} and has {spec.num_actions} actions, but the "
            f"policy was trained for {policy.spec.observation} and {policy.spec.num_actions}."
        )
    if policy.spec.has_mask and not spec.has_mask:
        raise UsageError(
            f"The policy was trained with action masks, but {spec.id} has none: it would take "
            "actions it never learned about."
        )
    num_envs = min(episodes, _MOST_ENVS)
    quotas = np.full(num_envs, episodes // num_envs) + (np.arange(num_envs) < episodes % num_envs)
    limit = LONGEST if _may_go_on_for_ever(env, spec) else None
    stepped = _original(env, num_envs, limit)
    try:
        returns, cut = _play(policy, stepped, quotas, seed)
    finally:
        close(stepped)
    return Evaluation(
        episodes=episodes,
        seed=seed,
        mean=float(np.mean(returns)),
        std=float(np.std(returns)),
        min=float(np.min(returns)),
        max=float(np.max(returns)),
        returns=returns,
        cut=0 if limit is None else cut,
    )


def usual_episodes(env: str | EnvFactory | Dynamics) -> int:
    """Return how many episodes say enough of a policy."""
    world = _world_of(env)
    few = None if world is None else world.eval_episodes
    return _USUAL_EPISODES if few is None else few


def _alike(one: EnvSpec, other: EnvSpec) -> bool:
    """Return whether a policy for one fits the other: same actions, same shapes of observations."""
    shapes = [jax.tree.map(np.shape, zeros(spec.observation)) for spec in (one, other)]
    return one.num_actions == other.num_actions and shapes[0] == shapes[1]


def _world_of(env: str | EnvFactory | Dynamics) -> worlds.World | None:
    return worlds.world_named(env) if isinstance(env, str) else None


def _may_go_on_for_ever(env: str | EnvFactory | Dynamics, spec: EnvSpec) -> bool:
    """Return whether nothing is known to end an episode: games end themselves."""
    world = _world_of(env)
    return spec.time_limit is None and (world is None or world.preprocessed is None)


def _original(env: str | EnvFactory | Dynamics, num_envs: int, time_limit: int | None) -> HostEnv:
    """Return the environment itself, never a twin; a `Dynamics` is its own original."""
    if is_dynamics(env):
        compiled = select(env, num_envs=num_envs, time_limit=time_limit).env
        return CompiledAsHost(compiled)  # type: ignore[arg-type]
    chosen = select(env, num_envs=num_envs, backend="gymnasium", time_limit=time_limit)
    return chosen.env  # type: ignore[return-value]


def _play(
    policy: Policy, stepped: HostEnv, quotas: np.ndarray, seed: int
) -> tuple[list[float], int]:
    """Return the returns of each environment's first episodes, and how many `LONGEST` cut.

    Args:
        policy: Who plays.
        stepped: Where.
        quotas: How many episodes of each environment count.
        seed: Seed of the first environment.
    """
    returns: list[list[float]] = [[] for _ in quotas]
    running, steps, cut = np.zeros(len(quotas)), np.zeros(len(quotas), int), 0
    timestep = stepped.reset(seed)
    actor = policy.actor(stepped.num_envs)
    while any(len(played) < quota for played, quota in zip(returns, quotas, strict=True)):
        timestep = stepped.step(actor(timestep))
        running = np.where(timestep.first, 0.0, running + timestep.reward)
        steps = np.where(timestep.first, 0, steps + 1)
        for index in np.flatnonzero(timestep.done):
            if len(returns[index]) < quotas[index]:
                returns[index].append(float(running[index]))
                cut += bool(timestep.truncated[index]) and steps[index] == LONGEST
    return [value for played in returns for value in played], int(cut)
