"""What a terminal of 80 columns shows of every command: no line is longer."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.tiers import in_turn

FAULTY = """
import gymnasium, numpy as np
class Faulty(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)
    def reset(self, *, seed=None, options=None):
        return np.full(2, 3.0), {}
    def step(self, action):
        return np.full(2, 3.0), 0.0, True, False, {}
gymnasium.register("Faulty-v0", Faulty)
"""


def shown(words: str, cwd: Path) -> list[str]:
    """Return the lines that `qlax` prints on a terminal of 80 × 24."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    command = subprocess.Popen(
        [sys.executable, "-m", "qlax", *words.split()],
        cwd=cwd,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment | {"TERM": "xterm"},
    )
    os.close(theirs)
    written = b""
    try:
        while part := os.read(ours, 65536):
            written += part
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    command.wait()
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode())
    return text.replace("\r", "\n").split("\n")


@pytest.mark.parametrize(
    ("words", "told"),
    in_turn(
        [
            ("--help", "qlax train MountainCar-v0"),
            ("train --help", "--checkpoint-every INT"),
            ("train MountainCar-v0 --agent.help", "--agent.memory {gru,lstm,"),
            ("eval --help", "usage: qlax eval RUN [OPTIONS]"),
            ("resume --help", "usage: qlax resume"),
            ("check --help", "usage: qlax check"),
            ("envs --help", "usage: qlax envs"),
            ("envs", "MountainCar-v0"),
            ("envs mario", "ALE/MarioBros-v5"),
            ("agents", "article_dqn"),
            ("check faulty:Faulty-v0", "widen"),
            ("train MountainCar-v0 --agent.replay none", "must be one of dyna,"),
            ("train MountianCar-v0", "Did you mean"),
        ],
        3,
    ),
)
def test_no_line_is_longer_than_the_terminal(words: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "faulty.py").write_text(FAULTY)
    lines = shown(words, tmp_path)
    assert any(told in line for line in lines), lines
    assert [line for line in lines if len(line) > 80] == []


def test_a_run_fits_the_terminal_from_its_beginning_to_its_evaluation(tmp_path: Path) -> None:
    words = "train CartPole-v1 --agent dqn_nature --steps 300 --eval-episodes 2 --out a-run"
    trained = shown(f"{words} --agent.learning-starts 50", tmp_path)
    evaluated = shown("eval a-run --episodes 2", tmp_path)
    for name in ("training", "backend", "note", "result", "time", "written", "next"):
        assert any(line.startswith(f"{name:<10}") for line in trained), name
    assert any("100%" in line and "300/300" in line for line in trained)
    assert evaluated[0].startswith("CartPole-v1: not solved: mean return ")
    assert [line for line in trained + evaluated if len(line) > 80] == []
