"""MiniGrid and BabyAI: every choice of how an agent sees them, in one place.

The world is shown as the package shows it: an `image` of the 7 × 7 cells ahead, each as numbers of
its object, colour and state, and the `direction` the agent faces. The image's limits are the
package's largest numbers, where its own space says 255.

The `mission` is text, and is shown exactly: the word at each position of the sentence as a row with
a single one, all rows in a line; rows after the last word are zeros. Words and the most positions
come from the environment's mission space, every sentence of which is looked at. BabyAI's says
nothing of its sentences, so there they come from its grammar: all its words, and the longest
sentence it allows, whatever the level. An environment that never says anything has no such entry.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.wrappers import TimeLimit


class Language(NamedTuple):
    """What sentences are made of."""

    words: tuple[str, ...]
    """All words and signs, in alphabetical order."""
    positions: int
    """How many the longest sentence has."""

    def encode(self, sentence: str) -> np.ndarray:
        """Return a row for each position with a one at its word, in a line: uint8."""
        rows = np.zeros((self.positions, len(self.words)), np.uint8)
        for position, word in enumerate(_words_of(sentence)):
            rows[position, self.words.index(word)] = 1
        return rows.reshape(-1)


class Readable(gymnasium.ObservationWrapper):
    """Shows the mission as an array, and the image within its true limits."""

    def __init__(self, env: gymnasium.Env) -> None:
        super().__init__(env)
        shown: Any = env.observation_space
        self.language = language_of(shown["mission"])
        seen = {"direction": shown["direction"], "image": _image_space(shown["image"].shape)}
        size = self.language.positions * len(self.language.words)
        if self.language.positions:
            seen["mission"] = spaces.Box(0, 1, (size,), np.uint8)
        self.observation_space = spaces.Dict(seen)

    def observation(self, observation: Any) -> Any:
        """Return it with its mission encoded; without it, where there never is one."""
        shown = {name: observation[name] for name in ("direction", "image")}
        if self.language.positions:
            shown["mission"] = self.language.encode(observation["mission"])
        return shown


def preprocessed(record: Any, time_limit: int | None) -> gymnasium.Env:
    """Return the environment that a record of Gymnasium's registry names, as an agent sees it.

    Its own limit of steps, by which it scales its reward too, is told to whoever asks. BabyAI draws
    another with each episode and there is none to tell.
    """
    _silence_babyai()
    env = Readable(gymnasium.make(record, disable_env_checker=True))
    steps = time_limit or int(getattr(env.unwrapped, "max_steps", 0))
    return TimeLimit(env, steps) if steps > 0 else env


def _silence_babyai() -> None:
    """Let BabyAI print nothing of the levels that it draws and puts away.

    Its module gets a `print` of its own: the process's output is everybody's.
    """
    from minigrid.envs.babyai.core import roomgrid_level

    roomgrid_level.print = lambda *_: None  # type: ignore[attr-defined]


def language_of(missions: Any) -> Language:
    """Return the language of a mission space."""
    from minigrid.envs.babyai.core.roomgrid_level import BabyAIMissionSpace

    if isinstance(missions, BabyAIMissionSpace):
        return _grammar()
    sentences = [list(_words_of(sentence)) for sentence in _sentences(missions)]
    words = tuple(sorted(set(itertools.chain(*sentences))))
    return Language(words, max(map(len, sentences)))


def _sentences(missions: Any) -> Iterator[str]:
    """Yield every sentence of a mission space: its function of all choices of its placeholders."""
    for choice in itertools.product(*(missions.ordered_placeholders or ())):
        yield missions.mission_func(*choice)


def _grammar() -> Language:
    """Return BabyAI's language (Chevalier-Boisvert et al., 2019, arXiv 1810.08272, section 3.1)."""
    from minigrid.core.constants import COLOR_NAMES
    from minigrid.envs.babyai.core.verifier import OBJ_TYPES

    thing = [
        "a the",
        "COLOUR",
        "THING object",
        "in on",
        "front your",
        "of left right",
        "you behind",
    ]
    put = ["put", *thing, "next", "to", *thing]
    both = [*put, "and", *put]  # two of the longest of: go to, open, pick up, put next to
    either_order = [*both, "after ,", "you then", *both]
    others = ["go to", "open", "pick up", *COLOR_NAMES, *OBJ_TYPES]
    words = " ".join([*either_order, *others]).split()
    return Language(tuple(sorted(set(words) - {"COLOUR", "THING"})), len(either_order))


def _words_of(sentence: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", sentence)


def _image_space(shape: tuple[int, ...]) -> spaces.Box:
    from minigrid.core.constants import COLOR_TO_IDX, OBJECT_TO_IDX, STATE_TO_IDX

    largest = [max(numbers.values()) for numbers in (OBJECT_TO_IDX, COLOR_TO_IDX, STATE_TO_IDX)]
    high = np.broadcast_to(np.array(largest, np.uint8), shape)
    return spaces.Box(np.zeros(shape, np.uint8), high, shape, np.uint8)
