"""What explorers are asked to choose by."""

import jax.numpy as jnp

from qlax.explorers import Clock, Situation
from qlax.heads import Scalar
from qlax.spaces import Discrete, EnvSpec

SPEC = EnvSpec(id="Any", observation=Discrete(3), num_actions=4)
HEAD = Scalar()


def situation(
    q_values,
    *,
    prediction=None,
    head=HEAD,
    legal=None,
    first=None,
    done=None,
    observation=None,
    clock=None,
):
    """Return a situation of N environments; what is not given is as in the middle of training."""
    num_envs = len(q_values)
    return Situation(
        q_values=q_values,
        prediction=q_values if prediction is None else prediction,
        head=head,
        legal=legal,
        observation=jnp.zeros(num_envs, jnp.int32) if observation is None else observation,
        first=jnp.zeros(num_envs, bool) if first is None else first,
        done=jnp.zeros(num_envs, bool) if done is None else done,
        clock=Clock.start(num_envs) if clock is None else clock,
    )
