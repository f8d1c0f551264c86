"""Logs by their names, and what is said of those that cannot be."""

import importlib.util

import pytest

import qlax
from qlax import observers
from qlax.cli.main import run as exit_code_of
from qlax.observers.logs import LOGS, logs_of


def test_logs_have_names_and_the_packages_they_need_are_extras():
    assert [type(log) for log in logs_of("csv, tensorboard,csv")] == [
        observers.CSV,
        observers.TensorBoard,
    ]
    for name, kind in LOGS.items():
        assert kind.service == name


@pytest.mark.parametrize("words", ["tensorbord", "csv,", "", "CSV"])
def test_other_names_are_refused(words):
    with pytest.raises(qlax.UsageError, match="must be one or more of tensorboard, wandb"):
        logs_of(words)
    with pytest.raises(qlax.UsageError, match="Did you mean tensorboard"):
        logs_of("tensorbord")


def _nowhere(monkeypatch, missing):
    """Let a package be missing."""
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == missing else there(name)
    )


@pytest.mark.parametrize("name", [name for name in LOGS if name != "csv"])
def test_a_missing_package_is_named_with_what_installs_it(monkeypatch, name):
    _nowhere(monkeypatch, LOGS[name].packages[0])
    with pytest.raises(qlax.UsageError, match=rf"pip install 'qlax\[{name}\]'"):
        LOGS[name]()


def test_nothing_is_written_then(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    _nowhere(monkeypatch, "tensorboardX")
    assert exit_code_of(["train", "CartPole-v1", "--log", "csv,tensorboard"]) == 2
    assert "needs tensorboardX, which is not installed" in capsys.readouterr().err
    assert exit_code_of(["train", "CartPole-v1", "--log", "excel"]) == 2
    assert "--log is 'excel', but must be" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
