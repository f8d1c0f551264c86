"""`qlax film`, `qlax watch` and `qlax play`."""

import json
import re
import shutil
import threading
import time
import urllib.request

import pytest
from PIL import Image

import qlax
from qlax.cli.main import run as exit_code_of
from qlax.watching.recording import read_plays
from tests.watching.agents import small, untrained


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a run of a few steps, with policies of its course."""
    out = tmp_path_factory.mktemp("films") / "run"
    qlax.train("CartPole-v1", small(), steps=60, eval_episodes=0, out=out)
    shutil.rmtree(out / "moments", ignore_errors=True)
    shutil.rmtree(out / "best", ignore_errors=True)
    rows = [{"format": 1, "env_steps": step} for step in range(6, 61, 6)]
    rows[3]["eval_return"], rows[9]["eval_return"] = 11.5, 33.0
    (out / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for steps in (0, 12, 24, 36, 48, 60):
        untrained("CartPole-v1", small()).save(out / "moments" / f"{steps:012}")
    return out


def test_a_film_is_made_in_the_runs_folder_and_told_of(run, capsys):
    assert exit_code_of(["film", str(run), "--seconds", "1"]) == 0
    assert (run / "film.mp4").stat().st_size > 1000
    said = capsys.readouterr().out
    assert said.startswith(f"{run / 'film.mp4'}: 1 second.\nreturn ")


def test_a_film_of_learning_has_scenes_with_captions(run, tmp_path, capsys):
    words = ["--learning", "--seconds", "3", "--out", str(tmp_path / "l.gif"), "--json"]
    assert exit_code_of(["film", str(run), *words]) == 0
    said = json.loads(capsys.readouterr().out)
    captions = [scene["caption"].rpartition(": ")[2] for scene in said["scenes"]]
    assert captions == [
        "before training",
        "after 24 steps of 60, mean return 11.5",
        "after 60 steps, mean return 33",
    ]
    with Image.open(tmp_path / "l.gif") as picture:
        assert 2 <= picture.n_frames <= 90
        assert picture.size == (610, 266)  # 360 × 240 beside a panel of 250, below a caption


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--best"], "has no best/"),
        (["--best", "--learning"], "--learning ends with the last policy"),
        (["--out", "film.mov"], "--out is 'film.mov', but must end in one of .mp4, .webp, .gif."),
        (["--fps", "60"], "--fps is 60, but must be from 1 to 50."),
        (["--seconds", "0"], "--seconds is 0.0, but must be a finite number greater than 0."),
        (["--episodes", "0"], "--episodes is 0, but must be a whole number, at least 1."),
        (["--width", "3"], "--width is 3, but must be a whole number, at least 16."),
        (["--env", "MountainCar-v0"], "but the policy was trained for"),
    ],
)
def test_what_cannot_be_filmed_is_refused(run, tmp_path, monkeypatch, capsys, words, sentence):
    monkeypatch.chdir(tmp_path)
    before = sorted(run.iterdir())
    assert exit_code_of(["film", str(run), *words]) == 2
    assert sentence in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert sorted(run.iterdir()) == before


def test_a_run_that_kept_nothing_of_its_training_is_refused(run, tmp_path, capsys):
    copy = shutil.copytree(run, tmp_path / "copy")
    shutil.rmtree(copy / "moments")
    assert exit_code_of(["film", str(copy), "--learning"]) == 2
    assert "has kept no policies of its training" in capsys.readouterr().err


def test_a_run_is_watched_on_a_page_where_there_is_no_display(run, capsys, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    code = []
    words = ["watch", str(run), "--fps", "1000", "--json"]
    playing = threading.Thread(target=lambda: code.append(exit_code_of(words)))
    playing.start()
    said = ""
    while "http" not in said:
        said += capsys.readouterr().err
        time.sleep(0.05)
    assert "There is no display for a window, so the play is at http://127.0.0.1:" in said
    address = re.search(r"127.0.0.1:\d+", said)[0]
    with urllib.request.urlopen(f"http://{address}/play", timeout=30) as stream:
        shown = json.loads(stream.readline().removeprefix(b"data: "))
        assert shown["values"]["actions"] == ["left", "right"]
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"http://{address}/ask", b'"quit"', headers)
        urllib.request.urlopen(request, timeout=30).close()
        playing.join(30)
    assert code == [0]
    assert json.loads(capsys.readouterr().out) == {"returns": []}


def test_what_cannot_be_watched_is_refused(run, tmp_path, capsys):
    assert exit_code_of(["watch", str(run), "--best"]) == 2
    assert "has no best/" in capsys.readouterr().err
    assert exit_code_of(["watch", str(tmp_path), "--page"]) == 2
    assert "holds no policy" in capsys.readouterr().err
    assert exit_code_of(["watch", str(run), "--page", "--fps", "0"]) == 2
    assert "--fps is 0" in capsys.readouterr().err


def test_playing_by_hand_needs_a_display(capsys, monkeypatch, tmp_path):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert exit_code_of(["play", "CartPole-v1", "--out", str(tmp_path / "new")]) == 2
    assert "There is no display for a window" in capsys.readouterr().err
    assert exit_code_of(["play", "CartPoel-v1"]) == 2
    assert "CartPole-v1" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_person_plays_in_a_window(run, capsys, monkeypatch, tmp_path):
    pygame = pytest.importorskip("pygame")
    pygame.display.quit()
    monkeypatch.setenv("DISPLAY", ":99")  # which is not looked at
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")

    def press():
        while not (pygame.display.get_init() and pygame.display.get_surface()):
            time.sleep(0.05)
        for key in (pygame.K_RIGHT, pygame.K_LEFT, pygame.K_F1, pygame.K_ESCAPE):
            time.sleep(0.3)
            pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key, unicode="", mod=0))

    pressing = threading.Thread(target=press)
    pressing.start()
    words = ["--agent-run", str(run), "--out", str(tmp_path / "new"), "--seed", "7", "--wait"]
    assert exit_code_of(["play", "CartPole-v1", *words, "--json"]) == 0
    pressing.join()
    said = json.loads(capsys.readouterr().out)
    assert said["folder"] == str(tmp_path / "new")
    assert [(one["seed"], one["steps"]) for one in said["episodes"]] == [(7, 2)]
    described, (episode,) = read_plays(tmp_path / "new")
    assert described["beside"] == str(run)
    assert episode.actions.tolist() == [1, 0]
    assert episode.q_values.shape == (2, 2)
