"""Arguments made plain, or refused at the door."""

import traceback
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

import qlax
from qlax.arguments import path_of, whole_number, whole_numbers


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), np.array(3), jnp.int32(3), 3.0])
def test_whole_numbers_become_pythons(value):
    assert type(whole_number("steps", value)) is int
    assert whole_number("steps", value) == 3


@pytest.mark.parametrize(
    "value", [None, "3", 3.5, True, np.bool_(True), np.nan, np.inf, -1, np.array([3]), 3j, [3]]
)
def test_anything_else_is_refused(value):
    with pytest.raises(qlax.UsageError, match=r"steps is .*a whole number, at least 0"):
        whole_number("steps", value)


def test_several_and_paths():
    assert whole_numbers("seeds", np.arange(2)) == [0, 1]
    assert path_of("out", "~/x") == Path.home() / "x"
    with pytest.raises(qlax.UsageError, match="out is 3"):
        path_of("out", 3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": None},
        {"seed": True},
        {"steps": "400"},
        {"steps": 1000.5},
        {"eval_episodes": "2"},
        {"checkpoint_every": 0.5},
    ],
)
def test_training_refuses_before_it_makes_a_folder(wrong, tmp_path):
    with pytest.raises(qlax.UsageError, match=next(iter(wrong))):
        qlax.train("CartPole-v1", **{"steps": 40, **wrong}, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_mistake_is_told_in_the_frame_that_made_it():
    with pytest.raises(qlax.UsageError) as refused:
        qlax.train("MountianCar-v0")
    told = traceback.format_exception(refused.value)
    assert len(refused.traceback) == 2  # this one, and that of the door
    assert "During handling" not in "".join(told)
    assert "direct cause" not in "".join(told)
    assert "There is no environment 'MountianCar-v0'. Did you mean MountainCar-v0" in told[-1]


def test_what_the_users_own_code_raised_stays_to_be_seen():
    def broken():
        raise RuntimeError("no display")

    with pytest.raises(qlax.UsageError, match="no display") as refused:
        qlax.train(broken)
    assert "in broken" in "".join(traceback.format_exception(refused.value))
