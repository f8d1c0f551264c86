"""A disk that is really full: a tmpfs of a few hundred kilobytes."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import qlax
from qlax.cli.main import run as exit_code_of
from qlax.observers import Observer
from tests.runs.small import AGENT, STEPS, assert_same_policy


@pytest.fixture(name="disk")
def _disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", place], check=True)


class Fills(Observer):
    """Fills a disk at an event of a run, and leaves some bytes."""

    def __init__(self, disk: Path, event: str, leave: int = 0) -> None:
        self.ballast = disk / "ballast"
        self.leave = leave
        setattr(self, event, self.fill)

    def fill(self, _: object) -> None:
        if self.ballast.exists():
            return
        with self.ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                file.truncate(file.tell() - self.leave)


@pytest.fixture(scope="module", name="whole")
def _whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run as it goes where there is room."""
    out = tmp_path_factory.mktemp("whole") / "run"
    return train(out).folder


def train(out: Path, *observers: Observer) -> qlax.Run:
    return qlax.train(
        "MountainCar-v0", AGENT, steps=STEPS, eval_episodes=1, out=out, observers=observers
    )


@pytest.mark.parametrize(
    ("event", "leave", "lost", "safe"),
    [
        ("checkpoint", 0, "metrics.jsonl", "iteration-000000000080 is safe"),
        ("checkpoint", 8192, "checkpoints/iteration-000000000160", "iteration-000000000080"),
        ("begin", 0, "config.json", None),
        ("advance", 8192, "checkpoints/iteration-000000000080", "Nothing was saved before it"),
    ],
)
@pytest.mark.filterwarnings("ignore:The (best policy|policy of this moment) is not kept")
def test_a_full_disk_says_which_file_and_how_to_go_on(
    event: str, leave: int, lost: str, safe: str | None, disk: Path, whole: Path
) -> None:
    filling = Fills(disk, event, leave)
    with pytest.raises(qlax.DiskFull) as failure:
        train(disk / "a run", filling)
    said = str(failure.value)
    assert f"{disk}/a run/{lost} was not written (it takes " in said
    if safe is not None:
        assert safe in said
        assert f"go on with qlax.resume('{disk}/a run')" in said
        filling.ballast.unlink()
        qlax.resume(disk / "a run")
        assert_same_policy(disk / "a run", whole)
        rows = [(path / "metrics.jsonl").read_text() for path in (disk / "a run", whole)]
        assert rows[0].count("\n") == rows[1].count("\n")


def test_a_policy_without_room_is_saved_once_there_is(disk: Path, whole: Path) -> None:
    class AtTheEnd(Fills):
        def checkpoint(self, event: qlax.observers.Checkpointed) -> None:
            if event.env_steps == STEPS:
                self.fill(event)

    filling = AtTheEnd(disk, "unused")
    with pytest.raises(qlax.DiskFull, match=r"run/policy was not written .*000000000400 is safe"):
        train(disk / "run", filling)
    filling.ballast.unlink()
    assert qlax.resume(disk / "run").result["resumed_at"] == STEPS
    assert_same_policy(disk / "run", whole)


def test_a_curve_without_room_costs_nothing_else(disk: Path, whole: Path) -> None:
    class OnceEvaluated(Fills):
        def evaluation(self, event: qlax.observers.Evaluated) -> None:
            if event.is_final:
                self.fill(event)

    with pytest.warns(RuntimeWarning, match=r"LearningCurve failed.*curve\.png was not written"):
        run = train(disk / "run", OnceEvaluated(disk, "unused"))
    assert_same_policy(run.folder, whole)
    assert run.result["eval"] is not None


def test_the_command_line_says_it_with_the_command(
    disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (disk / "ballast").write_bytes(bytes(2**20 - 24 * 1024))
    words = ["train", "MountainCar-v0", "--steps", "400", "--out", str(disk / "a run"), "--quiet"]
    assert exit_code_of([*words, "--agent.network.hidden", "32", "--eval-episodes", "0"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("qlax: The disk is full: ")
    assert f"go on with `qlax resume '{disk}/a run'`." in said


def test_a_film_without_room_names_no_run(disk: Path, whole: Path) -> None:
    (disk / "ballast").write_bytes(bytes(2**20 - 4096))
    policy = qlax.load(whole)
    with pytest.raises(qlax.DiskFull, match=r"play\.gif was not written"):
        qlax.film(policy, disk / "play.gif", seconds=2.0)
    assert [path.name for path in disk.iterdir()] == ["ballast"]
