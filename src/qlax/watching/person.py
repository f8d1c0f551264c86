"""A person at the keyboard, with what an agent thinks beside."""

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from qlax.arguments import refuses_plainly, whole_number
from qlax.envs.opening import EnvLike, opened
from qlax.envs.source import Source
from qlax.errors import require
from qlax.policy import Policy
from qlax.precision import in_32_bits
from qlax.watching.keys import Keys, keys_of
from qlax.watching.layout import Layout
from qlax.watching.playing import Game, Turn, game
from qlax.watching.recording import Recorder
from qlax.watching.remote import Screen

HELP = "esc quit   tab pause   + − speed   backspace give up"
_QUIT, _PAUSE, _LEAVE = ("escape", "close"), "tab", "backspace"
_FASTER, _SLOWER = ("+", "="), ("-",)
_LOOK_EVERY = 0.005
_FASTEST = 8.0


class KeyScreen(Screen, Protocol):
    """A screen with a keyboard whose keys can be held down."""

    def held(self) -> frozenset[str]:
        """Return the names of the keys that are held down."""
        ...


class Quit(Exception):  # noqa: N818
    """The person has had enough."""


class GivenUp(Exception):  # noqa: N818
    """The person has had enough of the episode."""


@refuses_plainly
@in_32_bits
def play_by_hand(
    env: EnvLike,
    screen: KeyScreen,
    recorder_of: Callable[[Source, Game], Recorder],
    *,
    env_kwargs: Mapping[str, Any] | None = None,
    policy: Policy | None = None,
    seed: int = 0,
    episodes: int | None = None,
    fps: int | None = None,
    width: int = 600,
    waits: bool = False,
) -> Recorder:
    """Let a person play, and keep every episode as data.

    Args:
        env: What.
        screen: Where it is shown, and keys are pressed; it is closed in the end.
        recorder_of: Makes what keeps the episodes.
        env_kwargs: The environment's arguments.
        policy: Whose values stand beside the picture; None for nobody's.
        seed: Of the first episode; the others have the numbers after it.
        episodes: How many; None for no end.
        fps: Steps a second, where time goes on by itself; None for the environment's own pace.
        width: Largest width of the environment's picture.
        waits: Whether time stands still until a key is pressed, also where it would go on.

    Returns:
        What has kept the episodes.

    Raises:
        UsageError: if the environment cannot be drawn or played by hand, or not by the policy.
        EnvironmentFailure: if it fails.
    """
    seed = whole_number("seed", seed)
    width = whole_number("width", width, at_least=16)
    if episodes is not None:
        episodes = whole_number("episodes", episodes, at_least=1)
    if fps is not None:
        fps = whole_number("fps", fps)
        require(1 <= fps <= 100, "fps", fps, "from 1 to 100")
    actions = None if policy is None else policy.agent.actions
    with opened(env, env_kwargs, actions) as source, game(source, policy) as played:
        keys = keys_of(played.world, played.spec, played.names)
        labels = keys.labels(played.spec, played.names)
        recorder = recorder_of(source, played)
        pace = played.pace if fps is None else fps
        seat = _Seat(
            played,
            screen,
            Layout(played.spec, labels, width=width),
            keys,
            1.0 / pace if keys.at_once and not waits else None,
        )
        try:
            number = 0
            while episodes is None or number < episodes:
                with contextlib.suppress(GivenUp):
                    seat.episode(seed + number, recorder)
                number += 1
        except Quit:
            pass
        finally:
            screen.close()
            recorder.write()
    return recorder


class _Seat:
    """Where the person sits: the picture before, the keys at hand."""

    def __init__(
        self,
        played: Game,
        screen: KeyScreen,
        layout: Layout,
        keys: Keys,
        seconds: float | None,
    ) -> None:
        self._played, self._screen, self._layout, self._keys = played, screen, layout, keys
        self._seconds = seconds
        self._speed = 1.0

    def episode(self, seed: int, recorder: Recorder) -> None:
        """Play an episode to its end.

        Raises:
            Quit: if the person has had enough.
            GivenUp: if only of this episode.
        """
        turn = self._played.begin(seed)
        recorder.add(turn)
        action = None
        if self._seconds is not None:
            self._show(turn, "press a key to begin")
            action = self._chosen(self._wait(), turn)
        while not turn.end:
            if action is None or self._seconds is None:
                action = self._choice(turn)
            turn = self._played.take(action)
            recorder.add(turn)
            if self._seconds is not None and not turn.end:
                action = self._tick(turn, action)
        self._show(turn, f"{turn.end}: press a key for another")
        self._wait()

    def _show(self, turn: Turn, said: str = "") -> None:
        picture = self._layout.picture(turn, taken=turn.taken)
        self._screen.show(picture, said, {})

    def _wait(self) -> frozenset[str]:
        """Return the keys of the next moment in which one is pressed."""
        while True:
            pressed = self._pressed()
            if pressed:
                return frozenset(pressed) | self._screen.held()
            time.sleep(_LOOK_EVERY)

    def _choice(self, turn: Turn) -> int:
        """Return the action of the next key that stands for a legal one."""
        self._show(turn)
        while True:
            action = self._chosen(self._wait(), turn)
            if action is not None:
                return action

    def _tick(self, turn: Turn, before: int | None) -> int | None:
        """Return the action of the keys held during a step's time; idling or the last if none."""
        assert self._seconds is not None
        self._show(turn, "" if self._speed == 1.0 else f"speed ×{self._speed:g}")
        until = time.monotonic() + self._seconds / self._speed
        pressed: set[str] = set()
        while True:
            pressed |= set(self._pressed())
            if _PAUSE in pressed:
                self._show(turn, "paused: press a key to go on")
                pressed = set(self._wait()) - {_PAUSE}
                until = time.monotonic() + self._seconds / self._speed
                self._show(turn)
            left = until - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(left, _LOOK_EVERY))
        action = self._chosen(frozenset(pressed) | self._screen.held(), turn)
        if action is None:
            action = self._keys.idle if self._is_legal(self._keys.idle, turn) else before
        return action if self._is_legal(action, turn) else None

    def _chosen(self, held: frozenset[str], turn: Turn) -> int | None:
        action = self._keys.action(held)
        return action if self._is_legal(action, turn) else None

    def _is_legal(self, action: int | None, turn: Turn) -> bool:
        if action is None:
            return False
        return turn.legal is None or bool(turn.legal[action - self._played.spec.first_action])

    def _pressed(self) -> list[str]:
        """Return the keys pressed since the last call, but for those of the window itself.

        Raises:
            Quit: if that is what was pressed.
            GivenUp: likewise.
        """
        others = []
        own = frozenset().union(*self._keys.chords)
        for key in self._screen.pressed():
            if key in _QUIT:
                raise Quit
            if key in own:
                others.append(key)
            elif key == _LEAVE:
                raise GivenUp
            elif key in _FASTER or key in _SLOWER:
                times = 2.0 if key in _FASTER else 0.5
                self._speed = min(max(self._speed * times, 1 / _FASTEST), _FASTEST)
            else:
                others.append(key)
        return others
