"""Several heads side by side: where they disagree, the return is not known yet."""

from dataclasses import dataclass, field
from typing import Any

import jax
from flax import linen as nn

from qlax.activations import activated
from qlax.errors import UsageError, require
from qlax.features import SPARSE_WIDTH, Features, SparseFeatures
from qlax.heads.core import Head, JoinsFactors, Loss
from qlax.heads.scalar import Scalar
from qlax.layers import Dense
from qlax.maths.bootstrap import Backup
from qlax.randomness import streams_of
from qlax.validation import check_types


@dataclass(frozen=True, kw_only=True)
class Ensemble:
    """Z_1, …, Z_K: K heads of one kind, each with parameters and a target of its own.

    Member k learns from r + b + d · Σ_a π_k(a) [Z_k(s′, a) − e_k(a)] with the policy π_k of its own
    values, and from each transition with probability p. The loss is  (1 / K) Σ_k m_k L_k.  The
    masks m ~ Bernoulli(p) belong to a transition: they are a function of its number in the stream
    of experience, and so the same whenever it is replayed. Q(s, a) is the mean over members.

    Members share the network, and have `hidden` layers each after it. With `MLP(hidden=())`, which
    only flattens observations, nothing is shared.

    With a prior, Z_k = f_k + β p_k, where p_k is a random function of the observation that is never
    trained: a network and layers like those of f_k, with parameters of their own. Where there are
    no data, members keep the disagreement they began with.

    References: Osband et al. (2016), arXiv 1602.04621; Osband, Aslanides and Cassirer (2018),
    arXiv 1806.03335, for the prior.
    """

    head: Head = field(default_factory=Scalar)
    """What every member is."""
    members: int = 10
    """K: at least 2."""
    hidden: tuple[int, ...] = ()
    """Widths of each member's own ReLU layers between the network and its head."""
    mask_probability: float = 1.0
    """p in (0, 1]: the probability that a member learns from a transition."""
    prior_scale: float = 0.0
    """β ≥ 0: how large the priors are, 0 for none. For heads that predict one array."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.members >= 2, "Ensemble.members", self.members, "at least 2")
        positive = all(width >= 1 for width in self.hidden)
        require(positive, "Ensemble.hidden", self.hidden, "a tuple of positive widths")
        require(
            0.0 < self.mask_probability <= 1.0,
            "Ensemble.mask_probability",
            self.mask_probability,
            "in (0, 1]",
        )
        require(self.prior_scale >= 0.0, "Ensemble.prior_scale", self.prior_scale, "0 or more")
        if isinstance(self.head, Ensemble):
            raise UsageError("Ensemble.head is an Ensemble, but must be a head of another kind.")

    def check(self, agent: Any) -> None:
        """Raise `UsageError` if priors would not be fixed."""
        streams = sorted(stream.name for stream in streams_of((agent.network, self.head)))
        if self.prior_scale and streams:
            raise UsageError(
                "Ensemble.prior_scale is not 0, but a prior must be a fixed function, and the "
                f"agent's network or head draws random numbers ({', '.join(streams)}): take other "
                "layers or another head, or prior_scale=0."
            )

    def predict(self, features: Features, num_actions: int) -> Any:
        """Return what all members predict: each array [B, K, …] instead of [B, …]."""
        return self._members(num_actions, "members")(features)

    def predict_with_prior(self, features: Features, fixed: Features, num_actions: int) -> Any:
        """Return what all members predict, their priors added.

        Args:
            features: Of the network that is trained.
            fixed: Of a network that is not.
            num_actions: A.
        """
        if isinstance(fixed, SparseFeatures):
            # Rows of random numbers: a table of zeros would be no prior.
            fixed = Dense()(fixed, SPARSE_WIDTH, name="prior_rows", hidden=True)
        learned = self.predict(features, num_actions)
        prior = jax.lax.stop_gradient(self._members(num_actions, "priors")(fixed))
        if not isinstance(learned, jax.Array):
            raise UsageError(
                f"Ensemble.prior_scale is {self.prior_scale!r}, but {type(self.head).__name__} "
                "predicts several arrays, to which no prior can be added: take prior_scale=0, or "
                "a head such as Scalar, C51 or QuantileRegression."
            )
        return learned + self.prior_scale * prior

    def member_values(self, prediction: Any) -> jax.Array:
        """Return every member's action values, shape [B, K, A]."""
        return jax.vmap(self.head.q_values, 1, 1)(prediction)

    def q_values(self, prediction: Any) -> jax.Array:
        """Return the mean of the members' action values."""
        return self.member_values(prediction).mean(1)

    def backup(
        self, reward: jax.Array, discount: jax.Array, next_prediction: Any, backup: Backup
    ) -> Any:
        """Return every member's target, each array [B, K, …].

        Args:
            reward: r, shape [B].
            discount: d, shape [B].
            next_prediction: Z_1(s′, ·), …, Z_K(s′, ·).
            backup: π_k, e_k and b_k: each array [B, K, …].
        """
        return jax.vmap(self.head.backup, (None, None, 1, 1), 1)(
            reward, discount, next_prediction, backup
        )

    def joint(self, prediction: Any, weights: jax.Array) -> Any:
        """Return every member's; weights are the same for all, [B, A], or [B, K, A]."""
        if not isinstance(self.head, JoinsFactors):
            raise UsageError(
                f"Ensemble.head is {self.head!r}, which has no method `joint`: it cannot be used "
                "where an action has several factors."
            )
        return jax.vmap(self.head.joint, (1, None if weights.ndim == 2 else 1), 1)(
            prediction, weights
        )

    def loss(self, prediction: Any, action: jax.Array, target: Any) -> Loss:
        """Return the mean loss of the members, all of which learn, shape [B]."""
        each = self._losses(prediction, action, target)
        return Loss(*(value.mean(1) for value in each))

    def masked_loss(
        self, prediction: Any, action: jax.Array, target: Any, number: jax.Array
    ) -> Loss:
        """Return the mean loss of the members, of which some learn from each transition.

        Args:
            prediction: Z_1(s, ·), …, Z_K(s, ·).
            action: The action taken, int32, shape [B].
            target: What `backup` returned.
            number: Which transition it is, uint32, shape [B].
        """
        each = self._losses(prediction, action, target)
        loss = each.loss if self.mask_probability == 1.0 else self.masks(number) * each.loss
        return Loss(loss.mean(1), each.error.mean(1), each.value.mean(1))

    def masks(self, number: jax.Array) -> jax.Array:
        """Return which members learn from the transitions of these numbers, bool, [B] → [B, K]."""
        keys = jax.vmap(jax.random.fold_in, (None, 0))(jax.random.key(0), number)
        return jax.vmap(
            lambda key: jax.random.bernoulli(key, self.mask_probability, (self.members,))
        )(keys)

    def _losses(self, prediction: Any, action: jax.Array, target: Any) -> Loss:
        """Return the losses of all members, shape [B, K] each."""
        losses: Loss = jax.vmap(self.head.loss, (1, None, 1), 1)(prediction, action, target)
        return losses

    def _members(self, num_actions: int, name: str) -> Any:
        """Return K members as one module; each draws random numbers of its own."""
        every = nn.vmap(
            _Member,
            in_axes=None,
            out_axes=1,
            axis_size=self.members,
            variable_axes={"params": 0, "intermediates": 0},
            split_rngs={True: True},
        )
        return every(self.head, self.hidden, num_actions, name=name)


class _Member(nn.Module):
    """A member's own layers and head."""

    head: Head
    hidden: tuple[int, ...]
    num_actions: int

    @nn.compact
    def __call__(self, features: Features) -> Any:
        for layer, width in enumerate(self.hidden):
            hidden = Dense()(features, width, name=f"hidden_{layer}", hidden=True)
            features = activated(hidden)
        return self.head.predict(features, self.num_actions)
