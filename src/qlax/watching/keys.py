"""Which keys stand for which actions, where a person plays."""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qlax.errors import UsageError
from qlax.spaces import EnvSpec
from qlax.watching.actions import attribute_of

Chord = frozenset[str]
"""Keys that are held at once."""

# By how ids begin, where names of actions do not say it: keys with actions, and what no key means.
_TABLES: dict[str, tuple[dict[str, int], int | None]] = {
    "Acrobot-": ({"left": 0, "down": 1, "right": 2}, 1),
    "MountainCar-": ({"left": 0, "down": 1, "right": 2}, 1),
    "Taxi-": ({"down": 0, "up": 1, "right": 2, "left": 3, "p": 4, "d": 5}, None),
    "LunarLander-": ({"left": 1, "up": 2, "right": 3, "down": 0}, 0),
}
# What a word in an action's name is done by.
_WORDS = {
    **{word: word for word in ("left", "right", "up", "down")},
    **{"west": "left", "east": "right", "north": "up", "south": "down"},
    **{"forward": "up", "backward": "down"},
    **dict.fromkeys(("fire", "attack", "shoot", "toggle", "jump"), "space"),
    **{"pickup": "p", "drop": "d", "done": "return", "a": "x", "b": "z"},
    **{"stick": "s", "hit": "h"},
}
_IDLE = {"none", "noop", "no-op", "nothing", "stay", "coast", "no torque", "no engine"}
_SILENT = {"move", "turn", "+", "button"}
_SIGNS = {"left": "←", "right": "→", "up": "↑", "down": "↓"}
# What pygame's numbers of keys mean that are no characters', the older version's and the newer's.
_NUMBERED = {
    **{273: "up", 274: "down", 275: "right", 276: "left"},
    **{1073741903: "right", 1073741904: "left", 1073741905: "down", 1073741906: "up"},
}
_GOES_ON = ("CartPole-",)
_MANY = string.digits + string.ascii_lowercase
# Games are often steered by these, which hands used to arrows do not find.
_ARROWS = {"up": "w", "left": "a", "down": "s", "right": "d"}


@dataclass(frozen=True)
class Keys:
    """Keys and the actions that they stand for, as the environment numbers these."""

    chords: Mapping[Chord, int]
    """Keys held at once → action."""
    idle: int | None
    """The action that no key stands for; None if there is none."""
    at_once: bool
    """Whether time goes on while no key is pressed."""

    def action(self, held: Chord) -> int | None:
        """Return the action of the keys that are held: that of as many of them as possible."""
        known = frozenset().union(*self.chords)
        meant = {_ARROWS.get(key, key) if key not in known else key for key in held}
        fitting = [chord for chord in self.chords if chord and chord <= meant]
        return self.chords[max(fitting, key=len)] if fitting else None

    def labels(self, spec: EnvSpec, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the actions' names with their keys before them."""
        fewest_last = sorted(self.chords.items(), key=lambda pair: -len(pair[0]))
        keys = {action: chord for chord, action in fewest_last}
        labels = []
        for number, name in enumerate(names):
            chord = keys.get(spec.first_action + number)
            signs = "" if chord is None else "+".join(_SIGNS.get(key, key) for key in sorted(chord))
            labels.append(name if signs in ("", name) else f"{signs}  {name}")
        return tuple(labels)


def keys_of(world: Any, spec: EnvSpec, names: tuple[str, ...]) -> Keys:
    """Return an environment's own keys, else those that its actions' names suggest, else digits.

    Args:
        world: The environment, as Gymnasium has it.
        spec: Its description.
        names: What its actions are called.

    Raises:
        UsageError: if there are more actions than keys.
    """
    if spec.factors is not None:
        raise UsageError(
            f"{spec.id} has {spec.actions}, more than there are keys: it cannot be played by hand."
        )
    first, last = spec.first_action, spec.first_action + spec.num_actions - 1
    goes_on = spec.id.startswith(_GOES_ON)
    named = [number for number, name in enumerate(names) if name in _IDLE]
    idle = named[0] + first if named else None
    own = _own(world)
    if own is not None and all(first <= action <= last for action in own.values()):
        idle = own.get(frozenset(), idle)
        return Keys(own, idle, idle is not None or goes_on)
    for begin, (table, none) in _TABLES.items():
        if spec.id.startswith(begin) and max(table.values()) < spec.num_actions:
            chords = {frozenset({key}): action for key, action in table.items()}
            return Keys(chords, none, none is not None)
    suggested = [_chord_of(name) for name in names]
    if None not in suggested and len(set(suggested)) == len(suggested):
        pairs = zip(suggested, range(first, last + 1), strict=True)
        chords = {chord: action for chord, action in pairs if chord}
        return Keys(chords, idle, idle is not None or goes_on)
    if spec.num_actions > len(_MANY):
        raise UsageError(
            f"{spec.id} has {spec.num_actions} actions, more than there are keys "
            f"({len(_MANY)}): it cannot be played by hand."
        )
    digits = {frozenset({_MANY[number]}): first + number for number in range(spec.num_actions)}
    return Keys(digits, idle, idle is not None or goes_on)


def _own(world: Any) -> dict[Chord, int] | None:
    """Return the keys that an environment's `get_keys_to_action` names, or None."""
    ask = attribute_of(world, "get_keys_to_action")
    if not callable(ask):
        return None
    try:
        given = {_chord(keys): int(action) for keys, action in ask().items()}
    except Exception:
        return None
    return given or None


def _chord(keys: Any) -> Chord:
    """Return keys as Gymnasium's tools take them: text, a character's number, or several."""
    several = keys if isinstance(keys, tuple | list | str) else (keys,)
    return frozenset(_key(key) for key in several)


def _key(key: Any) -> str:
    if isinstance(key, int) and key in _NUMBERED:
        return _NUMBERED[key]
    text = chr(key) if isinstance(key, int) else str(key)
    return {" ": "space", "\r": "return"}.get(text, text.lower())


def _chord_of(name: str) -> Chord | None:
    """Return the keys that an action's name suggests; none for idling; None if it says nothing."""
    if name in _IDLE:
        return frozenset()
    words = [word for word in name.lower().split() if word not in _SILENT]
    if not words or any(word not in _WORDS for word in words):
        return None
    return frozenset(_WORDS[word] for word in words)
