"""Words put right, or refused with the option that is meant."""

from pathlib import Path

import pytest

from qlax.cli.main import run
from qlax.cli.words import whole_numbers
from qlax.errors import UsageError
from qlax.runs.folder import require_free
from qlax.wording import mean_of, significant


@pytest.mark.parametrize(
    ("words", "right"),
    [
        (["train", "E", "--steps", "1e5"], ["train", "E", "--steps", "100000"]),
        (["train", "E", "--steps=2.5e3"], ["train", "E", "--steps=2500"]),
        (["train", "E", "--steps", "1000.5"], ["train", "E", "--steps", "1000.5"]),
        (["train", "1e5", "--out", "1e5"], ["train", "1e5", "--out", "1e5"]),
    ],
)
def test_numbers_with_an_exponent_are_whole_numbers(words: list[str], right: list[str]) -> None:
    assert whole_numbers(words) == right


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["trian", "MountainCar-v0"], "train"),
        (["train", "MountainCar-v0", "--lr", "1"], "--agent.optimizer.learning-rate"),
        (["train", "MountainCar-v0", "--gamma=0.9"], "--agent.discount"),
        (["train", "MountainCar-v0", "--batch_size", "3"], "--agent.replay.batch-size"),
    ],
)
def test_familiar_names_lead_to_ours(
    words: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    assert f"Did you mean {meant}?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("mean", "std", "count", "text"),
    [(0.803, 0.4, 100, "0.803"), (-0.06, 0.95, 100, "-0.060"), (-99.04, 8.0, 100, "-99.0")],
)
def test_a_mean_has_the_digits_its_error_leaves(
    mean: float, std: float, count: int, text: str
) -> None:
    assert mean_of(mean, std, count) == text


def test_a_small_spread_keeps_two_digits() -> None:
    assert (significant(0.397), significant(12.34), significant(0.0)) == ("0.40", "12.3", "0.0")


def test_a_folder_of_seeds_is_refused_with_its_seeds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a b" / "seed-3" / "policy").mkdir(parents=True)
    assert run(["eval", str(tmp_path / "a b")]) == 2
    assert f"give one of '{tmp_path}/a b/seed-3'" in capsys.readouterr().err


def test_an_ordinary_folder_is_not_a_run_to_go_on_with(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(UsageError) as refused:
        require_free(tmp_path)
    assert "resume" not in str(refused.value)
