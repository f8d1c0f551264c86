"""`qlax envs`: the worlds, what runs them, what would add others, and the ids a text finds."""

import gymnasium
import pytest

from qlax.cli import environments
from qlax.envs import worlds
from qlax.envs.opening import source_of
from qlax.envs.select import backend_for
from qlax.errors import UsageError
from tests.cli.test_command import run

ABSENT = worlds.World(
    title="Submarine [deep]",
    package="package_that_nobody_has",
    extra="submarine",
    begins=("Submarine/",),
    register=tuple,
    examples=("Submarine/Dive-v0",),
)


@pytest.fixture(name="with_absent")
def _with_absent(monkeypatch):
    """A world that is not installed among those that are."""
    monkeypatch.setattr(environments, "WORLDS", (*worlds.WORLDS, ABSENT))


@pytest.fixture(name="unused_registry")
def _unused_registry(monkeypatch):
    """Forget what other tests registered: EnvPool's ids, all once one is asked for, and own."""
    for name in [name for name in gymnasium.registry if name.startswith(("EnvPool/", "tests/"))]:
        monkeypatch.delitem(gymnasium.registry, name)


def printed(capsys, search=None):
    environments.print_envs(search)
    return capsys.readouterr().out


def test_worlds_are_listed_with_what_runs_them_in_few_lines(tmp_path):
    done = run("envs", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) < 40
    assert "\x1b" not in done.stdout
    (line,) = [line for line in lines if line.startswith("bsuite")]
    assert line.split()[1:4] == ["4", "jax", "Catch-bsuite"]
    (line,) = [line for line in lines if line.startswith("Classic control")]
    assert "gymnasium, jax" in line
    assert "CartPole-v1" in line


@pytest.mark.usefixtures("with_absent")
def test_what_is_not_installed_comes_with_the_command_that_adds_it(capsys):
    (line,) = [line for line in printed(capsys).splitlines() if "Submarine" in line]
    assert line.startswith("Submarine [deep]")
    assert 'pip install "qlax[submarine]"' in line
    assert line.rstrip().endswith("Submarine/Dive-v0")


@pytest.mark.usefixtures("with_absent")
def test_a_text_may_find_nothing_but_what_could_be_installed(capsys):
    lines = printed(capsys, "subMARINE").splitlines()
    assert [line.split()[0] for line in lines if line] == ["not", "Submarine"]


def test_a_text_finds_all_ids_with_it(capsys):
    lines = printed(capsys, "car-").splitlines()
    (line,) = [line for line in lines if line.startswith("MountainCar-v0")]
    assert line.split() == ["MountainCar-v0", "jax", "-110"]
    assert all("car-" in line.lower() for line in lines[1:])


def test_ids_of_gymnax_alone_are_found(capsys):
    lines = printed(capsys, "misc").splitlines()
    own = {name for name in worlds.GYMNAX.ids if name.endswith("-misc")}
    assert {line.split()[0] for line in lines[1:]} == own
    assert {line.split()[1] for line in lines[1:]} == {"gymnax"}
    assert all(backend_for(source_of(name)).name == "gymnax" for name in own)
    with pytest.raises(UsageError, match=r"Did you mean FourRooms-misc\?"):
        printed(capsys, "FourRoms-misc")


@pytest.mark.usefixtures("unused_registry")
def test_a_text_finds_all_ids_of_a_world(capsys):
    lines = printed(capsys, "babyai").splitlines()
    found = {line.split()[0] for line in lines[1:]}
    known = {name for name in gymnasium.registry if name.startswith(("MiniGrid-", "BabyAI-"))}
    assert found <= known
    for name in known - found:
        kind, _, version = name.rpartition("-v")
        assert f"{kind}-v{int(version) + 1}" in known, "only what has a newer version is left out"


@pytest.mark.usefixtures("unused_registry")
def test_what_no_world_knows_is_among_the_others(capsys, monkeypatch):
    made = gymnasium.envs.registration.EnvSpec("Mine-v2", entry_point="my_worlds:Mine")
    old = gymnasium.envs.registration.EnvSpec("Mine-v1", entry_point="my_worlds:Mine")
    monkeypatch.setitem(gymnasium.registry, "Mine-v2", made)
    monkeypatch.setitem(gymnasium.registry, "Mine-v1", old)
    (line,) = [line for line in printed(capsys).splitlines() if line.startswith("Others")]
    assert line.split()[:2] == ["Others", "1"]
    assert [line.split()[0] for line in printed(capsys, "mine-").splitlines()[1:]] == ["Mine-v2"]


@pytest.mark.usefixtures("unused_registry")
def test_of_continuous_actions_those_are_offered_that_a_grid_does_for(capsys):
    (line,) = printed(capsys, "pendulum").splitlines()[1:]
    assert line.split() == ["Pendulum-v1", "jax"]
    with pytest.raises(UsageError, match="no environment with 'humanoid-v' in its id"):
        printed(capsys, "humanoid-v")


@pytest.mark.parametrize("world", worlds.WORLDS, ids=lambda world: world.title)
def test_examples_are_ids_that_can_be_made(world):
    assert world.examples
    for name in world.examples:
        assert world.has(name)
        if world.is_installed:
            worlds.register(name)
            assert name in gymnasium.registry or name in world.ids
            assert backend_for(source_of(name)).opens(source_of(name))
