"""The board as a process: its address, its start and its end."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psutil
import pytest

import qlax
from qlax.board.serving import USUAL_PORT, listener
from qlax.errors import UsageError
from tests.runs.small import AGENT

from .browser import free_port
from .folders import run_folder


@pytest.fixture
def board(tmp_path):
    """Start boards, and end them."""
    started = []

    def start(*words, folder=tmp_path, **options):
        command = [sys.executable, "-m", "qlax", "board", str(folder), *map(str, words)]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, **options)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def address_of(process):
    line = process.stdout.readline()
    return line[line.index("http://") :].split()[0].rstrip(".")


def read(address):
    with urllib.request.urlopen(address, timeout=20) as answer:
        return answer.read()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_until_it_is_ended_even_with_a_page_open(board, tmp_path, stop):
    run_folder(tmp_path / "a")
    process = board("--port", free_port())
    address = address_of(process)
    assert b"qlax board" in read(address)
    assert len(json.loads(read(f"{address}/api/runs"))["runs"]) == 1
    with urllib.request.urlopen(f"{address}/api/events", timeout=20) as events:
        assert events.readline().startswith(b"retry")
        process.send_signal(stop)
        assert process.wait(20) == 0
    out, err = process.communicate()
    assert out == "The board is closed.\n"
    assert err == ""


@pytest.mark.exhaustive
@pytest.mark.parametrize("seconds", [0.0, 1.0, 5.0])
def test_agents_at_play_end_with_it(board, tmp_path, seconds):
    out = tmp_path / "car"
    qlax.train("MountainCar-v0", AGENT, steps=200, eval_episodes=0, out=out)
    process = board("--port", free_port())
    address = address_of(process)
    (run,) = json.loads(read(f"{address}/api/runs"))["runs"]
    with urllib.request.urlopen(f"{address}/api/runs/{run['id']}/play", timeout=60):
        time.sleep(seconds)
        players = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert process.communicate() == ("The board is closed.\n", "")
    assert not psutil.wait_procs(players, 20)[1]


def test_the_next_port_is_taken_and_said_unless_one_was_asked_for(board, tmp_path):
    with listener("127.0.0.1", None) as taken:
        port = taken.getsockname()[1]
        with listener("127.0.0.1", None) as next_one:
            assert USUAL_PORT <= port < next_one.getsockname()[1]
        process = board("--port", port)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out) == (2, "")
        assert "--port" in err
        assert f"{port}, but something listens there already" in err
    with listener("127.0.0.1", None):
        process = board()
        assert "(the usual port is taken)" in process.stdout.readline()


def test_its_address_as_json(board, tmp_path):
    process = board("--port", free_port(), "--json")
    said = json.loads(process.stdout.readline())
    assert said["folder"] == str(tmp_path)
    assert b"qlax board" in read(said["address"])


def test_another_host_is_warned_of(board, tmp_path):
    process = board("--port", free_port(), "--host", "0.0.0.0")
    address = address_of(process)
    assert b"qlax board" in read(address)
    request = urllib.request.Request(address, headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError, match="421"):
        urllib.request.urlopen(request, timeout=20)
    process.send_signal(signal.SIGINT)
    assert "everyone who can reach 0.0.0.0" in process.communicate(timeout=20)[1]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--port", "0"], "--port is 0, but must be from 1 to 65535."),
        (["--port", "99999"], "--port is 99999, but must be from 1 to 65535."),
        (["--host", "no.such.host.invalid"], "must be an address of this machine"),
        (["--host", "192.0.2.1"], "must be an address of this machine"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(board, words, says):
    process = board(*words)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (2, "")
    assert says in " ".join(err.split())


def test_the_folder_must_be_there_but_for_the_usual_one(board, tmp_path):
    process = board(folder=tmp_path / "nowhere")
    assert process.wait(30) == 2
    assert "is not there: give the folder of some runs." in " ".join(process.stderr.read().split())
    process = board("--port", free_port(), folder="runs", cwd=tmp_path)
    address = address_of(process)
    assert json.loads(read(f"{address}/api/runs"))["runs"] == []
    run_folder(tmp_path / "runs" / "a")
    time.sleep(0.6)
    assert len(json.loads(read(f"{address}/api/runs"))["runs"]) == 1


def test_the_port_is_free_again_at_once():
    port = free_port()
    for _ in range(2):
        with listener("127.0.0.1", port) as listening:
            assert listening.getsockname()[1] == port
    with pytest.raises(UsageError, match=r"host is '256\.1\.1\.1'"):
        listener("256.1.1.1", None)


def test_neither_jax_nor_numpy_is_needed_to_begin():
    code = "import sys, qlax.board.serving; print({'jax', 'numpy', 'PIL'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"
