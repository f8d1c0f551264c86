"""Boards and images that an environment shows, as pictures."""

import numpy as np
import pytest

from qlax.spaces import Box, Discrete
from qlax.watching.grids import is_grid, picture_of_grid


def box(*shape, dtype="float32", low=0.0, high=1.0, **options):
    return Box(shape, dtype, low, high, **options)


@pytest.mark.parametrize(
    ("space", "answer"),
    [
        (box(10, 5), True),
        (box(10, 10, 4), True),
        (box(84, 84, dtype="uint8", high=255), True),
        (box(4, 84, 84, dtype="uint8", high=255, frames=4), True),
        (box(4, 6, frames=4), False),
        (box(2, 9), False),
        (box(6), False),
        (Discrete(9), False),
    ],
    ids=str,
)
def test_what_has_rows_and_columns_is_one(space, answer):
    assert is_grid(space) == answer


def test_an_image_is_itself():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    space = box(5, 7, 3, dtype="uint8", high=255)
    np.testing.assert_array_equal(picture_of_grid(pixels, space), pixels)
    grey = picture_of_grid(pixels[..., 0], box(5, 7, dtype="uint8", high=255))
    np.testing.assert_array_equal(grey, np.repeat(pixels[..., :1], 3, -1))


def test_of_stacked_frames_the_newest_is_shown_and_channels_may_come_first():
    frames = np.arange(4, dtype=np.uint8)[:, None, None] * np.ones((4, 5, 6), np.uint8)
    space = box(4, 5, 6, dtype="uint8", high=255, frames=4)
    assert (picture_of_grid(frames, space) == 3).all()
    first = box(3, 30, 40, dtype="uint8", high=255)
    assert picture_of_grid(np.zeros((3, 30, 40), np.uint8), first).shape == (30, 40, 3)


def test_a_board_is_darker_where_its_numbers_are_larger():
    board = np.zeros((4, 4), np.float32)
    board[1, 2] = 1.0
    board[2, 2] = 0.5
    picture = picture_of_grid(board, box(4, 4)).astype(int).sum(-1)
    assert picture[1, 2] < picture[2, 2] < picture[0, 0]
    endless = picture_of_grid(board, box(4, 4, low=-np.inf, high=np.inf)).astype(int).sum(-1)
    np.testing.assert_array_equal(endless, picture)


def test_channels_have_colours_of_their_own():
    board = np.zeros((4, 4, 12), bool)
    board[0, 0, 0] = board[0, 1, 1] = board[0, 2, 8] = True
    picture = picture_of_grid(board, box(4, 4, 12, dtype="bool"))
    colours = {tuple(picture[0, at]) for at in range(4)}
    assert len(colours) == 3  # the ninth channel has the first one's again, for there are eight
