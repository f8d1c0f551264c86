"""`qlax train ENV --from RUN`."""

import json

import pytest

from qlax.cli.main import run

TRAIN = ("train", "CartPole-v1", "--eval-episodes", "0", "--agent.network.hidden", "4")


def test_a_run_starts_from_another(tmp_path, capsys):
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    assert run([*TRAIN, "--steps", "5", "--out", first]) == 0
    capsys.readouterr()
    words = ("--steps", "5", "--from", first, "--from-without", "head", "--out", second)
    assert run([*TRAIN, *words]) == 0
    shown = capsys.readouterr()
    assert f"from {first}: CartPole-v1, MLP, Scalar, without its head" in " ".join(
        (shown.out + shown.err).split()
    )
    document = json.loads((tmp_path / "second" / "config.json").read_text())
    assert document["start"] == {"from": first, "without": ["head"]}
    other = ["train", "Acrobot-v1", *TRAIN[2:], "--steps", "5", "--out", str(tmp_path / "third")]
    assert run([*other, "--from", first]) == 2
    said = capsys.readouterr().err
    assert "--from is <Policy for CartPole-v1" in said
    assert "Leave out what does not fit, --from-without network,head" in said.replace(
        "observation,", ""
    ).replace(",observation", "")
    assert not (tmp_path / "third").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "nowhere"), "nowhere holds no policy"),
        (
            ("--from-without", "head"),
            "--from-without is given, but nothing to start from: give --from",
        ),
        (("--from", "nowhere", "--from-without", "tail"), "--from-without is 'tail', but must be"),
    ],
)
def test_mistakes_are_named_by_their_options(words, said, capsys):
    assert run([*TRAIN, *words]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
