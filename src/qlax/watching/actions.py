"""What actions are called, where that is known."""

import enum
from collections.abc import Callable, Sequence
from typing import Any

from qlax.spaces import EnvSpec

# By how ids begin; the environments say nothing themselves.
_NAMES: dict[str, tuple[str, ...]] = {
    "CartPole-": ("left", "right"),
    "MountainCar-": ("left", "coast", "right"),
    "Acrobot-": ("torque −1", "no torque", "torque +1"),
    "FrozenLake": ("left", "down", "right", "up"),
    "CliffWalking": ("up", "right", "down", "left"),
    "Taxi-": ("south", "north", "east", "west", "pick up", "drop off"),
    "Blackjack-": ("stick", "hit"),
    "LunarLander-": ("no engine", "left engine", "main engine", "right engine"),
    "SuperMarioBros": ("none", "right", "right A", "right B", "right A B", "A", "left"),
    "Catch-bsuite": ("left", "stay", "right"),
}
_MINATAR = {"n": "none", "l": "left", "u": "up", "r": "right", "d": "down", "f": "fire"}


def action_names(world: Any, spec: EnvSpec) -> tuple[str, ...]:
    """Return a name for each action: what the environment calls it, or its number.

    Args:
        world: The environment, as Gymnasium has it; None to go by the id alone.
        spec: Its description.
    """
    if spec.actions is not None:
        return spec.actions.names
    known = _by_id(spec.id)
    for asked in () if world is None else (_meanings, _enumeration, _buttons, _minatar):
        if known is None:
            known = asked(world)
    if known is None or len(known) != spec.num_actions:
        return tuple(str(spec.first_action + number) for number in range(spec.num_actions))
    return tuple(known)


def _by_id(identity: str) -> Sequence[str] | None:
    name = identity.rpartition("/")[2]
    return next((names for begin, names in _NAMES.items() if name.startswith(begin)), None)


def attribute_of(world: Any, name: str) -> Any:
    """Return an attribute of an environment, wherever in its wrappers it is, or None."""
    try:
        return world.get_wrapper_attr(name)
    except AttributeError:
        return None


def _meanings(world: Any) -> Sequence[str] | None:
    """Return what Atari's environments say, and others that do as they do."""
    ask: Callable[[], Sequence[Any]] | None = attribute_of(world, "get_action_meanings")
    if not callable(ask):
        return None
    try:
        return [str(name).lower() for name in ask()]
    except Exception:
        return None


def _enumeration(world: Any) -> Sequence[str] | None:
    """Return the names of an Enum `actions`, as MiniGrid's environments have."""
    actions = attribute_of(world, "actions")
    if not (isinstance(actions, type) and issubclass(actions, enum.Enum)):
        return None
    return [member.name.lower().replace("_", " ") for member in actions]


def _buttons(world: Any) -> Sequence[str] | None:
    """Return the buttons of Doom's actions."""
    buttons, pressed = attribute_of(world, "button_map"), attribute_of(world, "game")
    if buttons is None or not hasattr(pressed, "get_available_buttons"):
        return None
    names = [
        str(button).rpartition(".")[2].lower().replace("_", " ")
        for button in pressed.get_available_buttons()
    ]
    try:
        return [
            " + ".join(name for name, held in zip(names, row, strict=False) if held) or "none"
            for row in buttons
        ]
    except TypeError:
        return None


def _minatar(world: Any) -> Sequence[str] | None:
    """Return MinAtar's letters as words."""
    played = attribute_of(world, "game")
    letters = getattr(getattr(played, "env", None), "action_map", None)
    chosen = attribute_of(world, "action_set")
    if letters is None or chosen is None:
        return None
    return [_MINATAR.get(letters[number], letters[number]) for number in chosen]
