"""λ-returns along a sequence: Peng's and Watkins's Q(λ), tree backup, Retrace."""

from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp

from qlax.errors import UsageError, require
from qlax.explorers.core import require_probabilities
from qlax.heads.core import LearnsFromReturns
from qlax.maths.bootstrap import Backup, chosen
from qlax.maths.factors import apart, taken
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class LambdaReturn:
    """G_t = r_t + b_t + γ [ v(s_{t+1}) + c_{t+1} (G_{t+1} − u_{t+1}) ].

    | kind       | c_{t+1}                          | u_{t+1}            |
    |------------|----------------------------------|--------------------|
    | `peng`     | λ                                | v(s_{t+1})         |
    | `watkins`  | λ if a_{t+1} is as good as π's best, else 0 | q(s_{t+1}, a_{t+1}) |
    | `tree`     | λ π(a_{t+1})                     | q(s_{t+1}, a_{t+1}) |
    | `retrace`  | λ min(1, π(a_{t+1}) / μ(a_{t+1})) | q(s_{t+1}, a_{t+1}) |

    with v(s) = Σ_a π(a) [q(s, a) − e(a)]; π, e and b the bootstrap's, μ the explorer's policy.
    Peng's return treats exploratory actions as π's own: it learns fast and is biased off policy;
    the others are not. Returns end with the episode and with the sequence.

    References: Watkins (1989); Peng and Williams (1996), Incremental multi-step Q-learning;
    Precup, Sutton and Singh (2000), Eligibility traces for off-policy policy evaluation; Munos et
    al. (2016), arXiv 1606.02647.
    """

    decay: float = 0.9
    """λ in [0, 1]: 0 looks one step ahead, 1 as far as c allows."""
    kind: Literal["peng", "watkins", "tree", "retrace"] = "retrace"
    """Which of the four."""

    def __post_init__(self) -> None:
        check_types(self)
        require(0.0 <= self.decay <= 1.0, "LambdaReturn.decay", self.decay, "in [0, 1]")

    @property
    def uses_probability(self) -> bool:
        """Whether the explorer's probabilities must be stored."""
        return self.kind == "retrace"

    def weight(self, backup: Backup, action: jax.Array, probability: jax.Array | None) -> jax.Array:
        """Return c, shape [M], for π of shape [M, A], the actions taken and μ of them.

        Of actions of several factors, int32, [M, F], π is the product over factors.
        """
        if self.kind == "peng":
            return jnp.full(action.shape[:1], self.decay)
        if action.ndim == 2:
            factors = action.shape[-1]
            backup = backup._replace(policy=backup.policy * factors)
            if self.kind == "watkins":
                return self.decay * _is_best_in_each(backup, action)
            likely = taken(backup.policy, action).prod(-1)
        else:
            likely = chosen(backup.policy, action)
        if self.kind == "watkins":
            return self.decay * _is_best(backup, action, likely)
        if self.kind == "tree":
            return self.decay * likely
        assert probability is not None, "Retrace needs the explorer's probabilities"
        return self.decay * jnp.minimum(1.0, likely / jnp.maximum(probability, 1e-8))


def _is_best_in_each(backup: Backup, action: jax.Array) -> jax.Array:
    """Return whether actions are as good as any in every factor, bool, shape [M]."""
    factors = action.shape[-1]
    split = Backup(
        apart(backup.policy, factors),
        ranking=None if backup.ranking is None else apart(backup.ranking, factors),
    )

    def of_one(backup: Backup, action: jax.Array) -> jax.Array:
        return _is_best(backup, action, chosen(backup.policy, action))

    return jax.vmap(of_one, 1, 1)(split, action).all(-1)


def _is_best(backup: Backup, action: jax.Array, likely: jax.Array) -> jax.Array:
    """Return whether actions are as good as any by π, bool, shape [M].

    Of two equal actions a greedy π takes the first, but the other one is as greedy.
    """
    best = likely >= backup.policy.max(-1)
    if backup.ranking is None:
        return best
    first = chosen(backup.ranking, backup.policy.argmax(-1))
    return best | (chosen(backup.ranking, action) >= first)


def check_lambda_return(part: LambdaReturn | None, agent: Any) -> None:
    """Raise `UsageError` if the agent's head or explorer cannot do what the return needs."""
    if part is None:
        return
    if not isinstance(agent.head, LearnsFromReturns):
        raise UsageError(
            f"LambdaReturn makes one return of a sequence, but {type(agent.head).__name__} learns "
            "whole distributions: use n_step, or a head that learns from returns, such as Scalar."
        )
    if part.uses_probability:
        require_probabilities(agent.explorer, 'LambdaReturn(kind="retrace")')
