"""A Q-network whose hidden units and features are looked at while it predicts."""

from typing import Any

import jax
import jax.numpy as jnp

from qlax.activations import UNITS
from qlax.maths.representation import dormant
from qlax.q_network import FEATURES, Evaluator

THRESHOLD = 0.025
"""τ: a unit is dormant whose outputs are this share of its layer's mean in size, or less."""
_UNTRAINED = ("prior_network", "priors")
_MEMBERS = "members"


class Watching(Evaluator):
    """An evaluator that keeps what the layers of its network answer."""

    def __init__(self, *_: Any) -> None:
        self._calls: list[Any] = []
        self._is_unrolled = False

    def activity(self) -> list[jax.Array]:
        """Return the mean output in size of each hidden unit, [units] for each layer.

        The mean is over all but the last axis: states, pixels, levels of quantiles.
        """
        layers = []
        for path, outputs in self._found(UNITS):
            if not any(name in path for name in _UNTRAINED):
                # Members of an ensemble have layers of their own, along the first axis.
                each = outputs if _MEMBERS in path else outputs[None]
                layers += [jnp.abs(one).mean(range(one.ndim - 1)) for one in each]
        return layers

    def features(self) -> jax.Array | None:
        """Return what the head reads of each state, [M, F]; None if that is sparse."""
        found = [outputs for _, outputs in self._found(FEATURES)]
        return found[0] if found else None

    def unroll(self, observation: Any, memory: Any, first: jax.Array) -> tuple[Any, Any]:
        """Return predictions of observations in order, [T, B, …], and the memory after."""
        self._is_unrolled = True
        return super().unroll(observation, memory, first)

    def _apply(self, *inputs: Any) -> tuple[Any, Any]:
        applied: tuple[Any, Any]
        applied, seen = self.network.apply(
            self.params, self.stage, *inputs, rngs=self.random, mutable=["intermediates"]
        )
        self._calls.append(seen.get("intermediates", {}))
        return applied

    def _found(self, name: str) -> list[tuple[list[str], jax.Array]]:
        """Return what layers left under a name, and the path to each, in what is learned from.

        A batch of transitions shows s and then s′; one of sequences, perhaps, what only warms up
        the memory, and then what is learned from.
        """
        call = self._calls[-1 if self._is_unrolled else 0]
        found = []
        for place, leaf in jax.tree_util.tree_flatten_with_path(call)[0]:
            path = [str(getattr(step, "key", "")) for step in place]
            if name in path:
                found.append((path, leaf))
        return found


def dormant_share(activity: list[jax.Array]) -> jax.Array:
    """Return which share of all hidden units is dormant, in [0, 1].

    Args:
        activity: The mean output in size of each unit, [units] for each layer.
    """
    return jnp.concatenate([dormant(layer, THRESHOLD) for layer in activity]).mean()
