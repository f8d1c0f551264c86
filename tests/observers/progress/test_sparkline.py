import pytest

from qlax.observers.progress.sparkline import LETTERS, sparkline


@pytest.mark.parametrize(
    ("values", "width", "drawn"),
    [
        ([], 5, ""),
        ([1.0], 5, "▄"),
        ([2.0, 2.0, 2.0], 5, "▄▄▄"),
        ([0.0, 7.0], 5, "▁█"),
        ([0, 1, 2, 3, 4, 5, 6, 7], 8, "▁▂▃▄▅▆▇█"),
        ([0, 2, 10, 12], 2, "▁█"),
        ([0.0, 1.0], 0, ""),
        ([-1e300, 1e300], 2, "▁█"),
    ],
)
def test_values_become_levels(values, width, drawn):
    assert sparkline(values, width) == drawn


def test_a_long_curve_is_averaged_to_the_width():
    drawn = sparkline(range(1_000), 8)
    assert drawn == "▁▂▃▄▅▆▇█"


def test_levels_may_be_letters():
    assert sparkline([0, 7], 2, LETTERS) == "_#"
