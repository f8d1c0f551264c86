"""The value of each action as a picture, to stand beside the environment's own.

Bars are as long as actions are good: the best action's is whole, and another's is shorter by as
much as its value is less, on a scale that is printed below. Where the head predicts the
distribution of the return, that is drawn instead: atoms' probabilities as a histogram, quantiles as
strokes, the mean as a dark line. Below both stands the best action's value over the episode.
Pillow and NumPy draw it, in about a millisecond.
"""

import math
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from qlax.drawing import EVAL, FAINT, INK, LINE
from qlax.spaces import EnvSpec
from qlax.watching.playing import Turn
from qlax.watching.scales import Range, Spread, digits_for, ticks_of
from qlax.watching.strips import ValueStrip
from qlax.watching.text import font, shortened, width_of
from qlax.watching.thinking import Thought

WIDTH, LEAST_HEIGHT = 250, 200
"""Of a panel, in pixels."""
_PAPER, _BEST, _OTHER, _PERSON = "#ffffff", LINE, "#b8c4d0", EVAL
_MARGIN, _SMALL, _TEXT, _LEAST_STRIP, _MOST_STRIP = 10, 11, 12, 40, 120
_HEAD, _AXIS, _FOOT = 24, 17, 22
_LEAST_ROW, _MOST_ROW = 14, 40


class Panel:
    """Draws what a policy thinks, turn after turn; scales follow what has been seen."""

    def __init__(self, spec: EnvSpec, names: tuple[str, ...], height: int = 300) -> None:
        """Prepare a panel.

        Args:
            spec: The environment's description.
            names: What actions are called, [A].
            height: In pixels; it is at least `LEAST_HEIGHT`.
        """
        self.size = WIDTH, max(height, LEAST_HEIGHT)
        self._spec, self._names = spec, names
        self._spread, self._differences, self._range = Spread(), Spread(), Range()
        self._digits = 2
        self._last: tuple[Thought, int | None] | None = None
        room = self.size[1] - _HEAD - _AXIS - _LEAST_STRIP - 2 * _FOOT
        self._rows = max(1, min(len(names), room // _LEAST_ROW))
        self._row = min(_MOST_ROW, room // self._rows)
        left = room - self._rows * self._row
        self._strip = ValueStrip(WIDTH - 2 * _MARGIN, min(_LEAST_STRIP + left, _MOST_STRIP))
        widest = max(width_of(name, _TEXT, bold=True) for name in names)
        self._label = math.ceil(min(widest, 100.0)) + 15
        self._left = _MARGIN + self._label
        self._right = WIDTH - _MARGIN - 54

    def draw(self, turn: Turn, taken: int | None = None) -> Image.Image:
        """Return the picture of a turn, in RGB.

        Args:
            turn: What to draw; without a thought, what was thought last stands there, faintly.
            taken: The action that somebody else takes, as the environment numbers it, to be marked.
        """
        if turn.step == 0:
            self._strip.clear()
            self._spread, self._differences, self._range = Spread(), Spread(), Range()
        fresh = turn.thought is not None
        if turn.thought is not None:
            self._last = turn.thought, turn.action
            self._strip.add(float(turn.thought.q_values.max()))
        picture = Image.new("RGB", self.size, _PAPER)
        drawing = ImageDraw.Draw(picture)
        drawing.line((0, 0, 0, self.size[1]), fill="#e3e8ed")
        self._head(drawing, thinks=self._last is not None)
        if self._last is not None:
            thought, _ = self._last
            shown = self._shown(thought)
            low, high = self._differences.of(thought.q_values[thought.legal])
            self._digits = digits_for((high - low) / 2)
            if thought.returns is None:
                self._bars(drawing, thought, shown, faint=not fresh)
            else:
                self._distributions(picture, drawing, thought, shown, faint=not fresh)
            self._labels(drawing, thought, shown, taken, faint=not fresh)
            self._history(picture, drawing)
        else:
            self._keys(drawing, turn, taken)
        self._foot(drawing, turn)
        return picture

    def _shown(self, thought: Thought) -> list[int]:
        """Return which actions have a row: all, or where they are too many the best."""
        if self._rows == len(self._names):
            return list(range(self._rows))
        return sorted(np.argsort(-thought.q_values, kind="stable")[: self._rows].tolist())

    def _top(self, row: int) -> int:
        return _HEAD + row * self._row

    def _head(self, drawing: ImageDraw.ImageDraw, *, thinks: bool) -> None:
        if not thinks:
            drawing.text((_MARGIN, 5), "actions", font=font(_SMALL), fill=FAINT)
            return
        has_returns = self._last is not None and self._last[0].returns is not None
        title = "Z(s, a)" if has_returns else "Q(s, a)"
        drawing.text((_MARGIN, 5), title, font=font(_SMALL), fill=FAINT)
        what = "return of each action" if has_returns else "value of each action"
        hidden = len(self._names) - self._rows
        what = f"best {self._rows} of {len(self._names)}" if hidden else what
        drawing.text((WIDTH - _MARGIN, 5), what, font=font(_SMALL), fill=FAINT, anchor="ra")

    def _bars(
        self, drawing: ImageDraw.ImageDraw, thought: Thought, shown: list[int], *, faint: bool
    ) -> None:
        values = thought.q_values
        held = values[thought.legal]
        if thought.members is not None:
            held = np.append(held, thought.members[:, thought.legal])
        low, high = self._spread.of(held)
        wide = self._right - self._left
        for row, action in enumerate(shown):
            top, bottom = self._top(row) + 2, self._top(row) + self._row - 3
            if not thought.legal[action]:
                continue
            share = max((float(values[action]) - low) / (high - low), 0.0)
            colour = _OTHER if action not in thought.marked else FAINT if faint else _BEST
            end = self._left + max(round(share * wide), 1)
            drawing.rectangle((self._left, top, end, bottom), fill=colour)
            if thought.members is not None:
                for value in thought.members[:, action]:
                    at = self._left + round((float(value) - low) / (high - low) * wide)
                    if self._left <= at <= self._right:
                        drawing.line((at, top, at, bottom), fill=INK)
        self._axis(drawing, low, high, len(shown))

    def _distributions(
        self,
        picture: Image.Image,
        drawing: ImageDraw.ImageDraw,
        thought: Thought,
        shown: list[int],
        *,
        faint: bool,
    ) -> None:
        assert thought.returns is not None
        low, high = self._range.of(thought.returns, thought.legal)
        wide = self._right - self._left
        edges = np.linspace(low, high, wide + 1)
        heights = thought.returns.columns(edges)[shown]  # [rows, wide], 0 to 1
        for row, action in enumerate(shown):
            if not thought.legal[action]:
                continue
            top, bottom = self._top(row) + 2, self._top(row) + self._row - 3
            tall = bottom - top + 1
            best = action in thought.marked
            colour = FAINT if faint and best else _BEST if best else "#8fa1b3"
            filled = np.arange(tall, 0, -1)[:, None] <= np.ceil(heights[row] * tall)[None]
            mask = Image.fromarray((filled * 255).astype(np.uint8))
            picture.paste(colour, (self._left, top), mask)
            drawing.line((self._left, bottom + 1, self._right, bottom + 1), fill="#e3e8ed")
            at = self._left + round((float(thought.q_values[action]) - low) / (high - low) * wide)
            if self._left <= at <= self._right:
                drawing.line((at, top, at, bottom), fill=INK)
        self._axis(drawing, low, high, len(shown))

    def _axis(self, drawing: ImageDraw.ImageDraw, low: float, high: float, rows: int) -> None:
        top = self._top(rows) + 1
        drawing.line((self._left, top, self._right, top), fill=FAINT)
        for place, anchor, text in zip(
            (self._left, self._right), ("la", "ra"), ticks_of(low, high), strict=True
        ):
            drawing.text((place, top + 2), text, font=font(10), fill=FAINT, anchor=anchor)

    def _labels(
        self,
        drawing: ImageDraw.ImageDraw,
        thought: Thought,
        shown: list[int],
        taken: int | None,
        *,
        faint: bool,
    ) -> None:
        for row, action in enumerate(shown):
            middle = self._top(row) + self._row // 2
            best = action in thought.marked
            legal = bool(thought.legal[action])
            colour = FAINT if faint or not legal else INK
            name = shortened(self._names[action], _TEXT, self._label - 14, bold=best)
            place = (_MARGIN + 12, middle)
            drawing.text(place, name, font=font(_TEXT, bold=best), fill=colour, anchor="lm")
            value = significant(float(thought.q_values[action]), self._digits) if legal else "–"
            place = (WIDTH - _MARGIN, middle)
            drawing.text(place, value, font=font(_TEXT, bold=best), fill=colour, anchor="rm")
            chosen = taken is not None and self._is_of(taken, action)
            if best or chosen:
                _mark(drawing, middle, _PERSON if chosen else FAINT if faint else _BEST)

    def _is_of(self, taken: Any, row: int) -> bool:
        return row in self._spec.places(taken - self._spec.first_action)

    def _keys(self, drawing: ImageDraw.ImageDraw, turn: Turn, taken: int | None) -> None:
        """Write the actions alone, where nobody thinks anything of them."""
        for row, name in enumerate(self._names[: self._rows]):
            middle = self._top(row) + self._row // 2
            chosen = taken is not None and self._is_of(taken, row)
            legal = turn.legal is None or bool(turn.legal[row])
            text = shortened(name, _TEXT, WIDTH - 2 * _MARGIN - 12, bold=chosen)
            place, colour = (_MARGIN + 12, middle), INK if legal else FAINT
            drawing.text(place, text, font=font(_TEXT, bold=chosen), fill=colour, anchor="lm")
            if chosen:
                _mark(drawing, middle, _PERSON)

    def _history(self, picture: Image.Image, drawing: ImageDraw.ImageDraw) -> None:
        strip = self._strip.picture()
        top = self.size[1] - _FOOT - strip.height
        drawing.text((_MARGIN, top - 15), "max Q so far", font=font(10), fill=FAINT)
        picture.paste(strip, (_MARGIN, top))
        texts = " to ".join(ticks_of(*self._strip.limits))
        drawing.text((WIDTH - _MARGIN, top - 15), texts, font=font(10), fill=FAINT, anchor="ra")

    def _foot(self, drawing: ImageDraw.ImageDraw, turn: Turn) -> None:
        place = self.size[1] - _FOOT + 5
        step = f"step {turn.step:,}" + (f", {turn.end}" if turn.end else "")
        drawing.text((_MARGIN, place), step, font=font(_TEXT), fill=INK)
        total = f"return {turn.total:.6g}".replace("-", "−")
        right = (WIDTH - _MARGIN, place)
        drawing.text(right, total, font=font(_TEXT, bold=True), fill=INK, anchor="ra")


def _mark(drawing: ImageDraw.ImageDraw, middle: int, colour: str) -> None:
    corners = (_MARGIN, middle - 5), (_MARGIN, middle + 5), (_MARGIN + 7, middle)
    drawing.polygon(corners, fill=colour)


def significant(value: float, digits: int) -> str:
    """Return a value with so many digits behind the point, or fewer: in about seven letters."""
    if abs(value) >= 999_999.5:
        return f"{value:.1e}".replace("-", "−")
    before = len(f"{abs(value):.0f}")
    text = f"{value:.{max(0, min(digits, 6 - before))}f}"
    if not text.strip("-0."):
        text = text.lstrip("-")  # there is no zero below zero
    return text.replace("-", "−")
