"""Films as files."""

import numpy as np
import pytest
from PIL import Image

from qlax import UsageError
from qlax.watching.film_file import write_film

SUFFIXES = [".mp4", ".webp", ".gif"]


def pictures(count):
    for number in range(count):
        pixels = np.full((21, 31, 3), 10 * number, np.uint8)
        yield Image.fromarray(pixels)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_one_picture_is_a_film_too(tmp_path, suffix):
    write_film(tmp_path / f"f{suffix}", pictures(1), 10)
    assert (tmp_path / f"f{suffix}").stat().st_size > 0


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_film_that_fails_half_way_leaves_the_old_one(tmp_path, suffix):
    path = tmp_path / f"f{suffix}"
    path.write_text("old")

    def failing():
        yield from pictures(3)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_film(path, failing(), 10)
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [(path.name, "old")]


def test_a_folder_that_cannot_be_made_is_told_of(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write_film(tmp_path / "file" / "f.gif", pictures(1), 10)
