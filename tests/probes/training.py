"""Training an agent on a probe, and comparing what it learned with what is true."""

import jax
import jax.numpy as jnp
import numpy as np

from qlax import Agent, bootstraps, explorers, heads, networks, optimizers, replay, targets
from qlax.drivers import CompiledDriver, LoopState
from qlax.envs.vectorised import Vectorised
from tests.probes.mdp import MDP, Probe, best, value_iteration, visited

DISCOUNT = 0.8


def agent_for_probes(**parts) -> Agent:
    """Return a table that explores at random, any part of it exchanged."""
    return Agent(
        **{
            "network": networks.Table(),
            "head": heads.Scalar(loss_function="squared"),
            "bootstrap": bootstraps.Greedy(),
            "explorer": explorers.EpsilonGreedy(epsilon=1.0),
            "replay": replay.Uniform(capacity=4_000, batch_size=32),
            "target": targets.Online(),
            "optimizer": optimizers.SGD(learning_rate=0.5),
            "discount": DISCOUNT,
            "num_envs": 16,
            "learning_starts": 100,
            **parts,
        }
    )


def trained(agent: Agent, mdp: MDP, iterations: int, seed: int = 0) -> LoopState:
    """Return the state after `iterations` steps of each environment."""
    agent = agent.for_run(iterations * agent.num_envs)
    driver = CompiledDriver(agent, Vectorised(Probe(mdp), agent.num_envs))
    return driver.advance(driver.init([seed]), 0, iterations)


def learned_q_values(agent: Agent, state: LoopState, mdp: MDP) -> np.ndarray:
    """Return the action values of all states, shape [S, A], as at the beginning of an episode."""
    states = jnp.arange(len(mdp.start), dtype=jnp.int32)
    memory = None if agent.memory is None else agent.memory.init(len(states))
    first = jnp.ones(len(states), bool)

    @jax.jit
    def values(learner):
        params = agent.policy_params(learner)
        return agent.values(params, learner.spec, states, memory, first)[0]

    return np.asarray(values(state.agent.learner))


def assert_learns(
    agent: Agent,
    mdp: MDP,
    true: np.ndarray,
    iterations: int,
    *,
    atol: float = 0.05,
    best_only: bool = False,
) -> None:
    """Train and compare with the true values, [S, A], of legal actions wherever one is taken.

    With `best_only`, only max_a Q is compared: an agent that does not explore knows no more.
    """
    learned = learned_q_values(agent, trained(agent, mdp, iterations), mdp)
    legal = np.ones_like(true, bool) if mdp.legal is None else mdp.legal
    seen = visited(mdp)
    if best_only:
        learned, true = best(learned, legal)[seen], best(true, legal)[seen]
    else:
        learned, true = learned[seen][legal[seen]], true[seen][legal[seen]]
    np.testing.assert_allclose(learned, true, atol=atol, rtol=0.01)


def assert_learns_q_star(
    agent: Agent, mdp: MDP, iterations: int, *, atol: float = 0.05, best_only: bool = False
) -> None:
    """Train and compare with Q* wherever an action is ever taken."""
    true = value_iteration(mdp, DISCOUNT)
    assert_learns(agent, mdp, true, iterations, atol=atol, best_only=best_only)
