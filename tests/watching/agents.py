"""Agents to be looked at: one trained for moments, others as they begin."""

import jax

import qlax
from qlax.drivers.core import nothing_seen
from qlax.envs.opening import describe
from qlax.policy import Policy


def untrained(env, agent, **env_kwargs):
    """Return the policy of an agent as it begins, without training."""
    spec = describe(env, env_kwargs=env_kwargs)
    learner = agent.init(jax.random.key(0), spec, nothing_seen(spec, agent.num_envs)).learner
    return Policy(agent, spec, agent.policy_params(learner))


def small(**parts):
    """Return an agent that is quick to make."""
    return qlax.Agent(
        network=qlax.networks.MLP(hidden=(8,)),
        replay=qlax.replay.Uniform(capacity=100, batch_size=4),
        learning_starts=10,
    ).replace(**parts)
