"""`qlax doctor` and `qlax cache`: what there is, what is odd, and what is removed."""

import dataclasses
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from qlax.caches import CACHES
from qlax.cli.main import run as command
from qlax.doctor import examined
from qlax.doctor.remarks import VARIABLES, remarks_on
from qlax.doctor.software import ADDS, Extra, Version
from qlax.doctor.speed import REFERENCES, Pace, reference_for

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]


@pytest.fixture(scope="module")
def found():
    return examined(with_speed=False)


def printed(words, capsys, code=0):
    assert command(words.split()) == code
    return capsys.readouterr()


def told(found, **changes):
    machine = {name: changes.pop(name) for name in list(changes) if hasattr(found.machine, name)}
    other = dataclasses.replace(found, machine=found.machine._replace(**machine), **changes)
    return " ".join(remarks_on(other, {}))


def test_what_there_is_is_said(capsys, found):
    out = printed("doctor --quick", capsys).out
    for topic in ("qlax ", "versions ", "machine ", "cores ", "memory ", "computes ", "caches "):
        assert f"\n{topic}" in f"\n{out}"
    assert "jax " in out
    assert "on cpu" in out or "on gpu" in out


def test_nothing_names_the_user(found, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("HOME", str(tmp_path / "someone"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    for words in ("doctor --quick", "doctor --quick --json", "cache", "cache --json"):
        out = printed(words, capsys).out
        assert "someone" not in out
        assert "~/.cache/qlax" in out


def test_it_can_be_read_by_programs(capsys):
    document = json.loads(printed("doctor --quick --json", capsys).out)
    assert document["speed"] is None
    assert document["machine"]["usable"] >= 1
    assert {one["package"] for one in document["versions"]} >= {"python", "jax", "jaxlib", "numpy"}
    assert all(one["fits"] for one in document["versions"])


def test_speed_is_checked():
    found = examined()
    assert found.pace.steps_per_second > 0
    assert "steps/s" in dict(found.lines())["speed"]


def test_every_extra_is_known_by_what_it_adds(found):
    extras = set(PROJECT["optional-dependencies"]) - {"dev", "film", "releasing"}
    assert extras <= set(ADDS)
    assert {one.name for one in found.extras} <= set(ADDS) | extras
    assert Extra("atari", "games", ()).command == 'pip install "qlax[atari]"'


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gpu": True, "platform": "cpu"}, "qlax[cuda]"),
        ({"failure": "no such device", "platform": None}, "no device to compute on"),
        ({"cores": 8, "usable": 2}, "2 of 8 cores"),
        ({"cores": 8, "usable": 8, "quota": 1.5}, "the time of 1.5 cores"),
        ({"cores": 2, "load": 9.0}, "9 processes"),
        ({"free": 5e8}, "0.5 GB of memory are free"),
        ({"here_free": 2e8}, "--out FOLDER"),
        ({"home_writable": False}, "XDG_CACHE_HOME"),
        ({"pace": Pace(1_000.0, 3.0, REFERENCES[0])}, "It reaches 8%"),
    ],
)
def test_what_is_odd_is_said_with_what_to_do(found, changes, words):
    assert words in told(found, **changes)


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        ([Version("optax", None, ">=0.2.4", False)], "optax is missing"),
        ([Version("jax", "0.4.1", ">=0.6", False)], 'pip install "jax>=0.6"'),
        (
            [Version("jax", "0.9.0", "", True), Version("jaxlib", "0.6.0", "", True)],
            "jax is 0.9.0 and jaxlib 0.6.0",
        ),
    ],
)
def test_versions_that_do_not_fit(found, versions, words):
    assert words in told(found, versions=versions)


def test_a_machine_as_it_should_be_has_nothing_odd(found):
    healthy = {
        "cores": 4,
        "usable": 4,
        "quota": None,
        "load": 0.1,
        "free": 8e9,
        "gpu": False,
        "here_free": 9e9,
        "home_writable": True,
    }
    pace = Pace(REFERENCES[0].steps_per_second, 3.0, REFERENCES[0])
    assert told(found, **healthy, pace=pace, caches=()) == ""


def test_only_what_was_measured_is_a_reference():
    assert reference_for("AMD EPYC 9B14", "cpu") == REFERENCES[0]
    assert reference_for("AMD EPYC 9B14", "gpu") is None
    assert reference_for("Apple M7", "cpu") is None
    assert not Pace(10.0, 1.0, None).is_slow


@pytest.mark.parametrize("name", ["JAX_DISABLE_JIT", "JAX_ENABLE_X64"])
def test_variables_are_told_of(name, monkeypatch, capsys):
    monkeypatch.setenv(name, "1")
    assert f"{name} is set: {VARIABLES[name][:20]}" in printed("doctor --quick", capsys).out


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Return qlax's cache folder with a program, a hub's run, and what is none of qlax's."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    home = tmp_path / "qlax"
    (home / "programs").mkdir(parents=True)
    (home / "programs" / "jit_step-1a2b-cache").write_bytes(b"x" * 1_000)
    (home / "hub" / "someone--car").mkdir(parents=True)
    (home / "hub" / "someone--car" / "config.json").write_text("{}")
    (home / "mine.txt").write_text("a file of the user's")
    (tmp_path / "other" / "inside").mkdir(parents=True)
    (tmp_path / "other" / "inside" / "kept").write_text("not qlax's")
    (home / "hub" / "link").symlink_to(tmp_path / "other")
    return home


def test_the_cache_is_shown(cache, capsys):
    rows = json.loads(printed("cache --json", capsys).out)["caches"]
    assert {row["name"]: row["bytes"] for row in rows} == {"programs": 1_000, "hub": 2}


def test_clearing_removes_what_is_qlaxs_alone(cache, tmp_path, capsys):
    out = printed("cache clear", capsys).out
    assert "programs  1 files removed" in out
    assert not list(cache.rglob("*cache"))
    assert not (cache / "hub" / "someone--car").exists()
    assert (cache / "mine.txt").exists()
    assert (tmp_path / "other" / "inside" / "kept").exists()
    assert (cache / "hub" / "link").is_symlink()


def test_one_cache_can_be_cleared(cache, capsys):
    document = json.loads(printed("cache clear programs --json", capsys).out)
    assert document == {"cleared": [{"name": "programs", "files": 1, "bytes": 1_000}]}
    assert (cache / "hub" / "someone--car" / "config.json").exists()


def test_a_cache_that_is_a_link_is_left_alone(cache, tmp_path, capsys):
    (cache / "programs" / "jit_step-1a2b-cache").unlink()
    (cache / "programs").rmdir()
    (cache / "programs").symlink_to(tmp_path / "other")
    printed("cache clear", capsys)
    assert (tmp_path / "other" / "inside" / "kept").exists()


def test_there_may_be_nothing_to_clear(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "nowhere"))
    assert "0 files removed" in printed("cache clear", capsys).out
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [("cache empty", "`qlax cache clear`"), ("cache clear program", "Did you mean programs")],
)
def test_what_cannot_be_cleared(words, said, cache, capsys):
    assert said in " ".join(printed(words, capsys, 2).err.split())
    assert (cache / "programs" / "jit_step-1a2b-cache").exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything is writable for root")
def test_a_cache_that_cannot_be_written_to(tmp_path, monkeypatch, found):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    tmp_path.chmod(0o500)
    assert "cannot be written to" in told(found)


def test_programs_are_kept_where_the_cache_says(tmp_path):
    script = (
        "import jax; from qlax.compilation import keep_compiled_programs; "
        "keep_compiled_programs(); print(jax.config.jax_compilation_cache_dir)"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(tmp_path / "qlax" / CACHES[0].name)
