"""Many learning rates, discounts and seeds, trained at once in one compiled program."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from qlax import presets
from qlax.agent import Agent
from qlax.arguments import number, refuses_plainly, several, whole_number, whole_numbers
from qlax.compilation import keep_compiled_programs
from qlax.drivers import CompiledDriver, LoopState
from qlax.envs.opening import EnvLike, opened
from qlax.envs.select import select
from qlax.envs.source import Source
from qlax.errors import UsageError, require
from qlax.evaluation import EVALUATION_SEED, Evaluation, evaluate_in, usual_episodes
from qlax.optimizers import ObGD
from qlax.optimizers.of_optax import OfOptax
from qlax.policy import Policy
from qlax.precision import in_32_bits
from qlax.presets import Preset
from qlax.runs.plan import require_seeds
from qlax.runs.ram import require_ram


@dataclass(frozen=True)
class Trial:
    """One setting of a sweep, trained."""

    agent: Agent
    """The agent with this setting: training it alone gives the same policy."""
    seed: int
    """Its seed."""
    policy: Policy
    """What it learned."""
    evaluation: Evaluation | None
    """How good that is; None if no episodes were asked for."""


@refuses_plainly
@in_32_bits
def sweep(
    env: EnvLike,
    agent: Agent | Preset | str | None = None,
    *,
    learning_rates: Sequence[float] = (),
    discounts: Sequence[float] = (),
    seeds: Sequence[int] = (0,),
    steps: int | None = None,
    eval_episodes: int | None = None,
    env_kwargs: Mapping[str, Any] | None = None,
) -> list[Trial]:
    """Train an agent with every combination of the given numbers, side by side.

    Learning rate and γ are data of a compiled program, not part of it: all trials share one
    compilation, and small networks share the processor better than one after another.

    Args:
        env: An environment with a compiled form: an id that has one, or a `Dynamics`.
        agent: As in `train`.
        learning_rates: Constant rates to try; empty for the agent's own rate or schedule.
        discounts: Values of γ to try; empty for the agent's own.
        seeds: Seeds to try each setting with.
        steps: Environment steps of each trial; None for what the preset takes.
        eval_episodes: Episodes of each trial's evaluation on the original environment, 0 for
            none; None for what `evaluate` plays.
        env_kwargs: Arguments to make the environment with.

    Returns:
        A trial for each learning rate, discount and seed, in that order of nesting.

    Raises:
        UsageError: if something cannot work as given, or the environment has no compiled form.
        EnvironmentFailure: if the environment fails in evaluation.
    """
    with opened(env, env_kwargs) as source:
        return _swept(source, agent, learning_rates, discounts, seeds, steps, eval_episodes)


def _swept(
    source: Source,
    agent: Agent | Preset | str | None,
    learning_rates: Sequence[float],
    discounts: Sequence[float],
    seeds: Sequence[int],
    steps: int | None,
    eval_episodes: int | None,
) -> list[Trial]:
    preset = presets.resolve(source, agent)
    base = preset.agent
    source = source.acting(base.actions)
    steps = whole_number("steps", preset.steps if steps is None else steps, at_least=1)
    seeds = whole_numbers("seeds", seeds)
    require_seeds(seeds)
    if eval_episodes is not None:
        eval_episodes = whole_number("eval_episodes", eval_episodes)
    rates = [
        number(f"learning_rates[{at}]", rate, above=0.0)
        for at, rate in enumerate(several("learning_rates", learning_rates, "numbers"))
    ]
    gammas = [
        number(f"discounts[{at}]", discount)
        for at, discount in enumerate(several("discounts", discounts, "numbers"))
    ]
    for discount in gammas:
        require(0.0 <= discount <= 1.0, "discounts", discount, "in [0, 1]")
    if rates and isinstance(base.optimizer, ObGD):
        raise UsageError(
            "The steps of ObGD are bounded by its learning rate, which a shared program cannot "
            "change: call `train` for each."
        )
    if rates and isinstance(base.optimizer, OfOptax):
        raise UsageError(
            f"learning_rates are given, but the rate of {base.optimizer!r} is inside of it: give "
            "one of qlax's own optimizers, such as Adam, or call `train` for each."
        )
    settings = [
        (_with(base, rate, discount), seed)
        for rate in rates or (None,)
        for discount in gammas or (None,)
        for seed in seeds
    ]
    selected = select(source, num_envs=base.num_envs, time_limit=base.time_limit)
    if not selected.is_pure:
        selected.env.close()  # type: ignore[union-attr]
        raise UsageError(
            f"{selected.env.spec.id} has no compiled form, so nothing can run side by side: call "
            "`train` for each setting."
        )
    keep_compiled_programs()
    # A constant rate is data: the program's own rate is 1, and each trial has its factor.
    shared = _with(base, 1.0 if rates else None, None).for_run(steps)
    driver = CompiledDriver(shared, selected.env, side_by_side=True)  # type: ignore[arg-type]
    require_ram(shared, driver.shape(settings[0][1]), len(settings))
    state = _with_data(driver.init([seed for _, seed in settings]), settings, bool(rates))
    state = driver.advance(state, 0, -(-steps // base.num_envs))
    episodes = usual_episodes(source) if eval_episodes is None else eval_episodes
    trials = []
    for (own, seed), learned in zip(settings, driver.split(state), strict=True):
        policy = Policy(own, source.spec, own.policy_params(learned.agent.learner), source.origin)
        outcome = evaluate_in(policy, source, episodes, EVALUATION_SEED) if episodes else None
        trials.append(Trial(own, seed, policy, outcome))
    return trials


def _with(agent: Agent, rate: float | None, discount: float | None) -> Agent:
    """Return the agent with another constant rate or discount, where one is given."""
    if rate is not None:
        agent = agent.replace(optimizer=dataclasses.replace(agent.optimizer, learning_rate=rate))  # type: ignore[type-var]
    return agent if discount is None else agent.replace(discount=discount)


def _with_data(
    state: LoopState,
    settings: list[tuple[Agent, int]],
    own_rates: bool,
) -> LoopState:
    """Return the joined state with each trial's numbers in it."""
    discounts = jnp.array([agent.discount for agent, _ in settings])
    learner = state.agent.learner.replace(discount=discounts)
    if own_rates:
        rates = [agent.optimizer.learning_rate for agent, _ in settings]
        learner = learner.replace(learning_rate=jnp.array(rates, jnp.float32))
    return state.replace(agent=state.agent.replace(learner=learner))
