"""Packages of environments: what is said where one is missing or of no use, and what is listed."""

import pytest

from qlax import UsageError
from qlax.cli.environments import print_envs
from qlax.envs.opening import describe, source_of
from qlax.envs.worlds import World, families


def nowhere():
    raise OSError("libnowhere.so is not there\nand more of it")


ABSENT = World("Absent", "no_package_of_this_name", "absent", ("Absent",), nowhere)
BROKEN = World("Broken", "json", "broken", ("Broken",), nowhere)


@pytest.fixture(autouse=True)
def _worlds(monkeypatch):
    monkeypatch.setattr(families, "WORLDS", (ABSENT, BROKEN, *families.WORLDS))


def test_what_is_missing_can_be_installed():
    with pytest.raises(UsageError, match=r'^Absent-v0 needs .*: pip install "qlax\[absent\]"\.$'):
        describe("Absent-v0")


def test_what_cannot_be_used_says_why():
    said = (
        r"^Broken-v0 needs the package json, which is installed but cannot be used: "
        r"OSError: libnowhere\.so is not there\.$"
    )
    with pytest.raises(UsageError, match=said):
        describe("Broken-v0")


def test_what_can_be_trained_in_is_listed(capsys):
    pytest.importorskip("vizdoom")
    pytest.importorskip("gym_super_mario_bros")
    print_envs("")
    listed = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line}
    assert {"CartPole-v1", "VizdoomBasic-v1", "SuperMarioBros-1-1-v0"} <= listed
    assert not {"CartPole-v0", "VizdoomBasic-MultiBinary-v1", "SuperMarioBros-1-1-v3"} & listed


def test_long_episodes_and_those_all_alike_are_fewer():
    from qlax.evaluation import usual_episodes

    assert usual_episodes(source_of("CartPole-v1")) == 100
    assert usual_episodes(source_of("ALE/Pong-v5")) < 100
    assert usual_episodes(source_of("SuperMarioBros-1-1-v0")) == 1
    assert usual_episodes(source_of(lambda: None)) == 100
