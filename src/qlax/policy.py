"""A finished policy: what training leaves for use."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlax import config
from qlax._version import __version__
from qlax.agent import Agent
from qlax.errors import UsageError
from qlax.runs.arrays import load_arrays, save_arrays
from qlax.runs.folder import POLICY, read_json, replacing, write_json
from qlax.spaces import EnvSpec

_ARRAYS, _DESCRIPTION = "params.npz", "policy.json"


@dataclass(frozen=True)
class Policy:
    """The greedy policy of a trained agent.

    >>> policy = qlax.load("runs/MountainCar-v0/dqn/seed-0")
    >>> action = policy.predict(observation)
    """

    agent: Agent
    """The agent it came from."""
    spec: EnvSpec
    """The environment it was trained for."""
    params: Any
    """Parameters of its network."""

    def q_values(self, observation: Any) -> np.ndarray:
        """Return action values, shape [A], or [B, A] for a batch of observations."""
        array, is_batch = self._as_batch(observation)
        values = np.asarray(self._apply(self.params, array))
        return values if is_batch else values[0]

    def predict(self, observation: Any) -> Any:
        """Return the best action as the environment numbers it.

        Args:
            observation: One observation, or a batch with one more axis in front.

        Returns:
            An int for one observation, an int64 array of shape [B] for a batch.

        Raises:
            UsageError: if the observation has another shape.
        """
        array, is_batch = self._as_batch(observation)
        actions = self.best_actions(array).astype(np.int64) + self.spec.first_action
        return actions if is_batch else int(actions[0])

    def best_actions(self, observations: Any) -> np.ndarray:
        """Return actions numbered from zero, int32 of shape [B], as `HostEnv.step` takes them.

        Args:
            observations: A batch as `HostEnv` shows it, with discrete states numbered from zero.
        """
        return np.asarray(self._best(self.params, observations))

    def save(self, path: str | Path) -> None:
        """Write the policy as a folder of arrays and JSON."""
        with replacing(Path(path)) as aside:
            aside.mkdir(parents=True)
            save_arrays(aside / _ARRAYS, self.params)
            description = {
                "qlax": __version__,
                "agent": config.to_json(self.agent),
                "env": config.to_json(self.spec),
            }
            write_json(aside / _DESCRIPTION, description)

    def _as_batch(self, observation: Any) -> tuple[np.ndarray, bool]:
        shape = self.spec.observation.shape
        array = np.asarray(observation)
        is_batch = array.ndim == len(shape) + 1
        if array.shape[is_batch:] != shape:
            raise UsageError(
                f"The observation has shape {array.shape}, but {self.spec.id} has observations of "
                f"shape {shape}: give one of them, or a batch with one more axis in front."
            )
        array = array if is_batch else array[None]
        if self.spec.first_state:
            array = array - self.spec.first_state
        return array.astype(self.spec.observation.dtype, copy=False), is_batch

    @functools.cached_property
    def _apply(self) -> Any:
        return jax.jit(lambda params, x: self.agent.q_values(params, self.spec, x))

    @functools.cached_property
    def _best(self) -> Any:
        return jax.jit(
            lambda params, x: jnp.argmax(self.agent.q_values(params, self.spec, x), -1).astype(
                jnp.int32
            )
        )


def load(path: str | Path, agent: Agent | None = None) -> Policy:
    """Read a policy from a run's folder or from the policy's own.

    Args:
        path: Where it is.
        agent: The agent it was trained with: needed only if it has parts of your own, since no
            code is ever loaded from a file.

    Raises:
        UsageError: if there is no policy, or it is damaged or was made by another agent.
    """
    folder = Path(path)
    if (folder / POLICY).is_dir():
        folder = folder / POLICY
    if not (folder / _DESCRIPTION).is_file():
        raise UsageError(f"{path} holds no policy: there is no {POLICY}/{_DESCRIPTION} in it.")
    description = read_json(folder / _DESCRIPTION)
    try:
        spec_document, agent_document = description["env"], description["agent"]
    except (KeyError, TypeError):
        raise UsageError(f"{folder / _DESCRIPTION} does not describe a policy.") from None
    spec = config.from_json(spec_document, "policy")
    agent = agent or config.from_json(agent_document, "policy")
    shape = jax.ShapeDtypeStruct((1, *spec.observation.shape), spec.observation.dtype)
    like = jax.eval_shape(lambda x: agent.init_params(jax.random.key(0), spec, x), shape)
    return Policy(agent, spec, load_arrays(folder / _ARRAYS, like))
