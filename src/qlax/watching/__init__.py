"""Agents at play, to be looked at: films, windows, pages, and a person at the keyboard.

`playing.play` yields what happens turn by turn, `panel.Panel` draws the value of each action beside
the picture, and `streaming.frames` makes both into PNGs or JPEGs with JSON, for any page.
"""
