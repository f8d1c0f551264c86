"""The page: a policy as JSON, operations and worlds in JavaScript, and what it was tried with."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any

import jax
import jinja2
import markupsafe
import numpy as np

from qlax._version import __version__
from qlax.errors import UsageError
from qlax.exporting.acting import Acting, Port, acting
from qlax.exporting.program import Operand, Program, Rows, Value
from qlax.exporting.samples import batches
from qlax.policy import Policy
from qlax.spaces import Box

_SCRIPTS = "runtime.js", "worlds.js", "app.js"
_EPISODES = 5
"""Rows of the batches that the page tries: each is an episode of a step a batch."""


@dataclass(frozen=True)
class World:
    """An environment that `worlds.js` plays."""

    script: str
    """Its class there."""
    observation: tuple[int, ...]
    actions: int
    settings: tuple[str, ...] = ()
    """Arguments of the environment that it knows."""


_CARTPOLE = World("CartPole", (4,), 2, ("sutton_barto_reward",))
WORLDS = {
    "CartPole-v0": _CARTPOLE,
    "CartPole-v1": _CARTPOLE,
    "MountainCar-v0": World("MountainCar", (2,), 3, ("goal_velocity",)),
    "Acrobot-v1": World("Acrobot", (6,), 3),
}
"""What is played, by Gymnasium's id of it."""

NOT_PLAYED = frozenset({"convolution", "pool"})
"""Operations that `runtime.js` lacks: no classic shows images."""


def world_of(acting: Acting) -> tuple[World, dict[str, Any]]:
    """Return the world that a policy is to play, and the settings that it was trained with.

    Raises:
        UsageError: if it is none that a page can play.
    """
    policy = acting.policy
    name = policy.environment_id
    if name not in WORLDS:
        shown = policy.spec.id if name is None else name
        known = ", ".join(WORLDS)
        raise UsageError(
            f"{shown} cannot be played in a page, for which its dynamics are written in "
            f"JavaScript: those of {known} are. Take another format, or film the policy by "
            "qlax film."
        )
    world = WORLDS[name]
    space, kwargs = policy.spec.observation, dict(policy.origin.kwargs if policy.origin else {})
    kwargs.pop("render_mode", None)
    unknown = sorted(set(kwargs) - set(world.settings))
    same = isinstance(space, Box) and space.shape == world.observation
    if unknown or not same or policy.spec.num_actions != world.actions:
        what = f"with {', '.join(unknown)}" if unknown else "as it was wrapped in training"
        raise UsageError(
            f"{name} {what} cannot be played in a page, which has it as Gymnasium makes it: take "
            "another format."
        )
    return world, kwargs


def page_of(own: Acting) -> str:
    """Return the page.

    Raises:
        UsageError: if the environment cannot be played, or the network does what scripts cannot.
    """
    world, settings = world_of(own)
    policy = own.policy
    shown = acting(policy, ["values"])
    program = shown.program()
    for operation in program.operations:
        if operation.kind in NOT_PLAYED:
            raise UsageError(
                f"The agent computes a {operation.kind} of images, which a page cannot: take "
                "another format."
            )
    document = {
        "world": world.script,
        "settings": settings,
        "first_action": policy.spec.first_action,
        "time_limit": policy.spec.time_limit or 1_000,
        "policy": _document(shown, program),
        "tried": _tried(shown),
    }
    text = json.dumps(document, separators=(",", ":"), allow_nan=False).replace("</", "<\\/")
    folder = resources.files("qlax.exporting.page")
    scripts = "\n".join((folder / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        (folder / "page.html").read_text(encoding="utf-8")
    )
    return template.render(
        title=f"{policy.spec.id} by qlax",
        subtitle=_subtitle(policy),
        document=markupsafe.Markup(text),
        scripts=markupsafe.Markup(scripts),
    )


def _subtitle(policy: Policy) -> str:
    return (
        f"{repr(policy).strip('<>')}. Exported by qlax {__version__}; plays here, in your browser."
    )


def _document(acting: Acting, program: Program) -> dict[str, Any]:
    """Return operations and constants for a single observation."""
    constants: dict[str, Any] = {}
    names: dict[Any, str] = {}

    def name_of(operand: Operand) -> str:
        if isinstance(operand, Value):
            return operand.name
        array = np.ascontiguousarray(operand) if operand.ndim else operand
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in names:
            names[key] = f"c{len(names)}"
            constants[names[key]] = {
                "shape": list(array.shape),
                "dtype": array.dtype.name,
                "bytes": base64.b64encode(array.tobytes()).decode(),
            }
        return names[key]

    steps = [
        {
            **{key: _plain(value) for key, value in operation.settings.items()},
            "kind": operation.kind,
            "inputs": [name_of(one) for one in operation.inputs],
            "output": operation.output.name,
            "shape": [
                size.each if isinstance(size, Rows) else size for size in operation.output.shape
            ],
            "dtype": operation.output.dtype.name,
        }
        for operation in program.operations
    ]
    outputs = [
        {**_port(port), "value": name_of(made)}
        for port, made in zip(acting.outputs, program.outputs, strict=True)
    ]
    inputs = [
        {**_port(port), "value": value.name}
        for port, value in zip(acting.inputs, program.inputs, strict=True)
    ]
    return {"inputs": inputs, "steps": steps, "outputs": outputs, "constants": constants}


def _port(port: Port) -> dict[str, Any]:
    return {
        "name": port.name,
        "shape": list(port.shape),
        "dtype": port.traced_dtype.name,
        "first": port.first,
    }


def _plain(setting: Any) -> Any:
    """Return a setting as JSON can say it; −∞, which fills up, as the least number."""
    if isinstance(setting, tuple):
        return [_plain(one) for one in setting]
    if isinstance(setting, float) and not np.isfinite(setting):
        return float(np.sign(setting)) * float(np.finfo(np.float32).max)
    return setting


def _tried(acting: Acting) -> list[list[dict[str, Any]]]:
    """Return episodes of observations, with the actions and values of the policy."""
    episodes: list[list[dict[str, Any]]] = [[] for _ in range(_EPISODES)]
    for inputs, outputs in _answers(acting):
        for row, episode in enumerate(episodes):
            given = {
                port.name: array[row].tolist()
                for port, array in zip(acting.inputs, inputs, strict=True)
                if not (port.name.startswith("memory") and episode)  # its own, after the first
            }
            found = {
                port.name: array[row].tolist()
                for port, array in zip(acting.outputs, outputs, strict=True)
            }
            episode.append({"inputs": given, "action": found["action"], "values": found["values"]})
    return episodes


def _answers(acting: Acting) -> Iterator[tuple[list[np.ndarray], list[np.ndarray]]]:
    """Yield what goes into the policy and what comes out, the memory carried along."""
    run = jax.jit(acting.function)
    memories = [at for at, port in enumerate(acting.inputs) if port.name.startswith("memory")]
    state: list[np.ndarray] = []
    for given in batches(acting):
        inputs = list(given)
        for place, array in zip(memories, state, strict=False):
            inputs[place] = array
        outputs = acting.outside([np.asarray(one) for one in run(*acting.inside(inputs))])
        state = outputs[-len(memories) :] if memories else []
        yield inputs, outputs
