"""`qlax explain`."""

import json

import pytest

import qlax
from qlax.cli.main import run as qlax_command
from tests.runs.small import AGENT


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("command") / "run"
    qlax.train_seeds("MountainCar-v0", AGENT, seeds=[0, 1], steps=200, eval_episodes=0, out=out)
    return out


def test_it_says_in_words_what_is_to_be_seen(folder, capsys):
    assert qlax_command(["explain", str(folder / "seed-0"), "--episodes", "1"]) == 0
    said = capsys.readouterr().out
    assert f"in {folder / 'seed-0' / 'explanation'}:" in said
    assert (
        "value.png: What the states of MountainCar-v0 are worth. The largest action value" in said
    )


def test_as_json_it_prints_the_index(folder, tmp_path, capsys):
    words = ["explain", str(folder / "seed-1"), "--out", str(tmp_path / "out"), "--json"]
    assert qlax_command([*words, "--episodes", "1"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed.pop("folder") == str(tmp_path / "out")
    assert printed == json.loads((tmp_path / "out" / "explanation.json").read_text())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere"], "nowhere is not there."),
        (["."], "holds no policy"),
        (["{}", "--out", "x"], "holds several seeds: give one of them, such as"),
        (["{}/seed-0", "--out", "{}"], "--out is"),
        (["{}/seed-0", "--episodes", "0"], "--episodes is 0"),
    ],
)
def test_bad_words_are_refused_in_a_sentence(
    words, sentence, folder, capsys, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    assert qlax_command(["explain", *(word.format(folder) for word in words)]) == 2
    assert sentence in " ".join(capsys.readouterr().err.split())
