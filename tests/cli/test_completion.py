"""How words go on: the answers, and the scripts driven in the shells themselves."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qlax.cli.completion import gathering, known
from qlax.cli.completion.answers import answers
from qlax.cli.completion.scripts import SCRIPTS
from qlax.cli.main import run as exit_code_of


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache folder in which everything has been gathered."""
    path = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(path))
        known.path().parent.mkdir(parents=True)
        gathering.main()
    return path


@pytest.fixture
def place(cache, tmp_path, monkeypatch):
    """A folder with two runs, one with a blank in its name, and a folder without any."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.chdir(tmp_path)
    for name in ("runs/CartPole-v1/dqn/seed-0", "runs/with blank", "elsewhere/run"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "config.json").write_text("{}")
    (tmp_path / "empty").mkdir()
    return tmp_path


def words_after(line):
    return [one.word for one in answers(line.split(" "))]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tr", ["train"]),
        ("frobnicate ", []),
        ("train MountainC", ["MountainCar-v0", "MountainCarContinuous-v0"]),
        ("train mountaincar-", ["MountainCar-v0"]),
        ("train CartPole-v1 --agent rain", ["rainbow"]),
        ("train CartPole-v1 --agent=rain", ["--agent=rainbow"]),
        ("train CartPole-v1 --backend gymn", ["gymnax", "gymnasium"]),
        ("train CartPole-v1 --ba", ["--backend"]),
        ("train CartPole-v1 --backend gymnax --ba", []),
        ("train CartPole-v1 --seeds 3 ", []),
        ("train CartPole-v1 --agent.memory l", ["lstm"]),
        ("train CartPole-v1 --agent.memory no", ["none"]),
        ("train CartPole-v1 --agent.policy ", ["online", "target"]),
        ("train CartPole-v1 --agent.discount ", []),
        ("train CartPole-v1 --agent.disc", ["--agent.discount"]),
        (
            "train CartPole-v1 --agent.replay prioritised --agent.replay.imp",
            [
                "--agent.replay.importance",
                "--agent.replay.importance.start",
                "--agent.replay.importance.end",
                "--agent.replay.importance.steps",
                "--agent.replay.importance.begin",
            ],
        ),
        ("train CartPole-v1 --agent drqn --agent.memory.s", ["--agent.memory.size"]),
        ("train CartPole-v1 --agent dqn --agent.memory.s", []),
        ("eval runs/C", ["runs/CartPole-v1/dqn/seed-0"]),
        ("eval e", ["elsewhere/", "empty/"]),
        ("eval elsewhere/", ["elsewhere/run"]),
        ("eval runs/CartPole-v1/dqn/seed-0 --env Acro", ["Acrobot-v1"]),
        ("train CartPole-v1 --out e", ["elsewhere/", "empty/"]),
        ("completion ", ["bash", "zsh", "fish"]),
    ],
)
def test_words_go_on_as_they_may(line, expected, place):
    assert words_after(line) == expected


def test_every_command_and_agent_is_known(place):
    from qlax import presets
    from qlax.cli.commands import COMMANDS

    assert words_after("") == list(COMMANDS)
    assert words_after("train CartPole-v1 --agent ") == list(presets.AGENTS)
    assert {"--help", "--json", "--agent.", "--env."} <= set(words_after("train CartPole-v1 --"))


def test_an_answer_imports_neither_jax_nor_the_parser(place):
    code = (
        "import sys; from qlax.cli.entry import main\n"
        "main(['__complete', 'fish', 'train', 'MountainCar-'])\n"
        "sys.exit(str(sorted({'jax', 'numpy', 'tyro', 'rich'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("MountainCar-v0\t\n", "[]\n")


@pytest.mark.parametrize("written", [None, "", "[]", '{"key": 3}', "{"])
def test_without_a_sound_cache_commands_are_known_and_the_rest_is_gathered(
    written, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    begun = []
    monkeypatch.setattr(subprocess, "Popen", lambda words, **_: begun.append(words))
    if written is not None:
        known.path().parent.mkdir()
        known.path().write_text(written)
    assert words_after("res") == ["resume"]
    assert words_after("resume ru --st") == ["--steps", "--step-timeout"]
    assert words_after("train Mount") == []
    assert [words[-1] for words in begun] == ["qlax.cli.completion.gathering"]  # and once only


def test_what_is_known_of_another_qlax_is_used_until_it_is_gathered_anew(
    cache, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    known.path().parent.mkdir()
    document = json.loads((cache / "qlax" / "completion.json").read_text())
    document |= {"key": "older", "environments": ["Older-v0"]}
    known.path().write_text(json.dumps(document))
    begun = []
    monkeypatch.setattr(subprocess, "Popen", lambda words, **_: begun.append(words))
    assert words_after("train Old") == ["Older-v0"]
    assert len(begun) == 1


def test_a_cache_folder_that_cannot_be_made_does_no_harm(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert words_after("res") == ["resume"]


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_command_prints_the_script_of_a_shell(shell, place, capsys):
    assert exit_code_of(["completion", shell]) == 0
    assert capsys.readouterr().out == SCRIPTS[shell]


def driven(shell, *words, **options):
    """Return what a shell that has our `qlax` prints, or skip where there is no such shell."""
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [shell, *words],
        capture_output=True,
        text=True,
        env=os.environ | {"PATH": path},
        check=False,
        **options,
    )
    return done.stdout.splitlines()


LINES = {
    "qlax tr": ["train"],
    "qlax train MountainCar-": ["MountainCar-v0"],
    "qlax eval runs/C": ["runs/CartPole-v1/dqn/seed-0"],
    "qlax train CartPole-v1 --agent.memory l": ["lstm"],
    "qlax eval e": ["elsewhere/", "empty/"],
}


@pytest.mark.parametrize("line", LINES)
def test_bash_offers_the_words(line, place):
    script = f"{SCRIPTS['bash']}COMP_LINE=$1; COMP_POINT=${{#1}}; _qlax qlax\n"
    shown = 'printf "%s\\n" "${COMPREPLY[@]}"'
    assert driven("bash", "--norc", "-c", script + shown, "bash", line) == LINES[line]


def test_bash_gets_what_follows_its_word_breaks_and_escapes(place):
    script = f"{SCRIPTS['bash']}COMP_LINE=$1; COMP_POINT=${{#1}}; _qlax qlax\n"
    shown = 'printf "%s\\n" "${COMPREPLY[@]}"'
    run = ("bash", "--norc", "-c", script + shown, "bash")
    assert driven(*run, "qlax train CartPole-v1 --backend=gymnas") == ["gymnasium"]
    assert driven(*run, "qlax eval runs/w") == ["runs/with\\ blank"]
    assert driven(*run, "qlax eval runs/with\\ b") == ["runs/with\\ blank"]


@pytest.mark.parametrize("line", LINES)
def test_fish_offers_the_words(line, place):
    command = f'{SCRIPTS["fish"]}complete -C "{line}"'
    shown = driven("fish", "--no-config", "-c", command)
    assert [one.partition("\t")[0] for one in shown] == LINES[line]


BEGUN = """
autoload -Uz compinit && compinit -u -D
source script.zsh
probe() { zle complete-word; print -r -- "$BUFFER" > made.part; mv made.part made }
zle -N probe
bindkey '^I' probe
"""
ZSH = """
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "source begun.zsh; print ready to go"
until zpty -r z heard && [[ "$heard" == *'ready to go'$'\\r'* ]]; do :; done
zpty -w -n z "$1"$'\\t'
repeat 3000; do [[ -e made ]] && break; sleep 0.02; done
zpty -d z
cat made
"""


@pytest.mark.parametrize(
    ("line", "made"),
    [
        ("qlax tr", "qlax train "),
        ("qlax train MountainCar-", "qlax train MountainCar-v0 "),
        ("qlax eval runs/C", "qlax eval runs/CartPole-v1/dqn/seed-0 "),
        ("qlax eval em", "qlax eval empty/"),
    ],
)
def test_zsh_completes_the_line(line, made, place):
    (place / "script.zsh").write_text(SCRIPTS["zsh"])
    (place / "begun.zsh").write_text(BEGUN)
    assert driven("zsh", "-f", "-c", ZSH, "zsh", line, timeout=120) == [made]
