"""Kinds of linear layer, which networks and heads are built from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from flax import linen as nn

from qlax.errors import require
from qlax.features import Features, SparseFeatures
from qlax.randomness import RandomStream
from qlax.validation import check_types

Init = Callable[..., Any]


@runtime_checkable
class Layer(Protocol):
    """Creates a linear layer; called inside a Flax module."""

    def __call__(
        self, features: Features, outputs: int, *, name: str, hidden: bool = False
    ) -> jax.Array:
        """Return y = W x + b.

        Sparse features get a table and no bias. It starts with zeros, as tables do, or with random
        numbers if a nonlinearity follows (`hidden`): from zeros that would never learn.

        Args:
            features: x, shape [B, …, F]: the first axis holds the environments or samples.
            outputs: Entries of y.
            name: The layer's name among the parameters.
            hidden: Whether a nonlinearity follows.

        Returns:
            y, shape [B, …, outputs].
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Dense:
    """y = W x + b.

    With `sparse` weights, each output ignores a share of its inputs at first, and the other weights
    are uniform in ± 1 / √inputs. This keeps learning from single steps stable.

    References: LeCun et al. (1998), Efficient BackProp, for `lecun`; Elsayed, Vasan and Mahmood
    (2024), arXiv 2410.14606, for `sparse`.
    """

    kernel: Literal["lecun", "sparse"] = "lecun"
    """Distribution of the first weights: `lecun`, normal with variance 1 / inputs, or `sparse`."""
    sparsity: float = 0.9
    """With `sparse`, the share of inputs that each output ignores at first; in [0, 1)."""

    def __post_init__(self) -> None:
        check_types(self)
        require(0.0 <= self.sparsity < 1.0, "Dense.sparsity", self.sparsity, "in [0, 1)")

    def __call__(
        self, features: Features, outputs: int, *, name: str, hidden: bool = False
    ) -> jax.Array:
        """Return W x + b."""
        if isinstance(features, SparseFeatures):
            return _SparseLinear(outputs, _table_init(hidden=hidden), name=name)(features)
        lecun = nn.initializers.lecun_normal()
        init = lecun if self.kernel == "lecun" else _sparse_init(self.sparsity)
        kind = _NarrowLinear if outputs < _NARROW else nn.Dense
        layer: jax.Array = kind(outputs, kernel_init=init, name=name)(features)
        return layer


@dataclass(frozen=True, kw_only=True)
class Noisy:
    """y = (W + Σ ∘ f(ε) f(ε′)ᵀ) x + b + σ ∘ f(ε),  f(x) = sign(x) √|x|,  ε and ε′ normal.

    The noise is factorised and its size is learned: where it hurts, Σ and σ shrink. In learning a
    whole batch shares one draw. In acting each environment has its own, which all quantile levels
    share. A finished policy has no noise.

    Reference: Fortunato et al. (2018), arXiv 1706.10295.
    """

    random_streams: ClassVar[tuple[RandomStream, ...]] = (
        RandomStream("noise", "learning"),
        RandomStream("own_noise", "acting"),
    )

    sigma: float = 0.5
    """Σ and σ start at sigma / √inputs; 0 or more."""

    def __post_init__(self) -> None:
        check_types(self)
        require(self.sigma >= 0.0, "Noisy.sigma", self.sigma, "0 or more")

    def __call__(
        self, features: Features, outputs: int, *, name: str, hidden: bool = False
    ) -> jax.Array:
        """Return the output with noise, or without it where there is no stream of noise."""
        layer: jax.Array = _NoisyLinear(outputs, self.sigma, hidden, name=name)(features)
        return layer


class _NarrowLinear(nn.Module):
    """W x + b with W stored as [outputs, inputs].

    With few outputs, XLA computes the gradient of W four times as fast in this layout on a CPU,
    which saves a twentieth of a small agent's step; with many outputs it is slower.
    """

    outputs: int
    kernel_init: Init

    @nn.compact
    def __call__(self, features: jax.Array) -> jax.Array:
        def transposed(key: jax.Array, shape: tuple[int, int]) -> Any:
            return self.kernel_init(key, shape[::-1]).T

        kernel = self.param("kernel", transposed, (self.outputs, features.shape[-1]))
        bias = self.param("bias", nn.initializers.zeros_init(), (self.outputs,))
        return features @ jnp.asarray(kernel).T + bias


# From this many outputs on a kernel is stored as [inputs, outputs].
_NARROW = 16


class _SparseLinear(nn.Module):
    """w · φ for a 0/1 vector φ: the sum of the active rows."""

    outputs: int
    init: Init

    @nn.compact
    def __call__(self, features: SparseFeatures) -> jax.Array:
        rows = self.param("kernel", self.init, (features.size, self.outputs))
        return jnp.asarray(rows)[features.indices].sum(-2)


class _NoisyLinear(nn.Module):
    """Mean and deviation of every weight, and noise for each input and each output."""

    outputs: int
    sigma: float
    hidden: bool

    @nn.compact
    def __call__(self, features: Features) -> jax.Array:
        sparse = isinstance(features, SparseFeatures)
        inputs = features.size if isinstance(features, SparseFeatures) else features.shape[-1]
        active = features.indices.shape[-1] if isinstance(features, SparseFeatures) else inputs
        spread = nn.initializers.constant(self.sigma / active**0.5)
        within = _uniform_init(1.0 / inputs**0.5)
        init = _table_init(hidden=self.hidden) if sparse else within
        mean = self.param("kernel", init, (inputs, self.outputs))
        deviation = self.param("kernel_deviation", spread, (inputs, self.outputs))
        noise = self._noise(features, inputs)
        if isinstance(features, SparseFeatures):
            steady: jax.Array = jnp.asarray(mean)[features.indices].sum(-2)
            if noise is None:
                return steady
            at, out = noise
            # [B, k] noise of the active rows, whether it is one row of noise or one a sample.
            picked = jnp.take_along_axis(
                jnp.broadcast_to(at, (features.indices.shape[0], inputs)), features.indices, -1
            )
            rows = jnp.asarray(deviation)[features.indices]
            return steady + out * (rows * picked[..., None]).sum(-2)
        bias = self.param("bias", within, (self.outputs,))
        bias_deviation = self.param("bias_deviation", spread, (self.outputs,))
        if noise is not None and noise[0].size == inputs:
            # One draw for the whole batch: noisy weights are one product, noisy outputs two.
            at, out = noise
            mean = mean + deviation * jnp.outer(at, out)
            bias, noise = bias + bias_deviation * out.reshape(-1), None
        output: jax.Array = features @ mean + bias
        if noise is None:
            return output
        at, out = noise
        return output + out * ((features * at) @ deviation + bias_deviation)

    def _noise(self, features: Features, inputs: int) -> tuple[jax.Array, jax.Array] | None:
        """Return f(ε′) of the inputs and f(ε) of the outputs, or None without a stream of it.

        Shapes are [B, 1, …, F] and [B, 1, …, outputs], or [1, F] and [1, outputs] for a draw that
        the batch shares. Inner axes, such as quantile levels, never have a draw each: a layer has
        one set of weights, and noise that differs between levels would average out in their mean.
        """
        if self.has_rng("own_noise"):
            shape = (features.indices if isinstance(features, SparseFeatures) else features).shape
            key, rows = self.make_rng("own_noise"), (shape[0], *(1 for _ in shape[1:-1]))
        elif self.has_rng("noise"):
            key, rows = self.make_rng("noise"), (1,)
        else:
            return None
        drawn = jax.random.normal(key, (*rows, inputs + self.outputs))
        shaped = jnp.sign(drawn) * jnp.sqrt(jnp.abs(drawn))
        return shaped[..., :inputs], shaped[..., inputs:]


def _table_init(*, hidden: bool) -> Init:
    return nn.initializers.normal(1.0) if hidden else nn.initializers.zeros_init()


def _uniform_init(limit: float) -> Init:
    def init(key: jax.Array, shape: tuple[int, ...], dtype: Any = jnp.float32) -> jax.Array:
        return jax.random.uniform(key, shape, dtype, -limit, limit)

    return init


def _sparse_init(sparsity: float) -> Init:
    def init(key: jax.Array, shape: tuple[int, ...], dtype: Any = jnp.float32) -> jax.Array:
        inputs = shape[0]
        value_key, order_key = jax.random.split(key)
        limit = 1.0 / inputs**0.5
        weights = jax.random.uniform(value_key, shape, dtype, -limit, limit)
        rank = jnp.argsort(jnp.argsort(jax.random.uniform(order_key, shape), 0), 0)
        return jnp.where(rank >= int(sparsity * inputs), weights, 0.0)

    return init
