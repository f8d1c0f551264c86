"""A commit comes to the same bytes wherever it is built, and what is built works by itself."""

import hashlib
import os
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import qlax
from tests.releasing.tools import ROOT, committed, run

pytestmark = pytest.mark.exhaustive


@pytest.fixture(name="built", scope="module")
def _built(tmp_path_factory):
    """Two builds of one commit, in folders of other names and ages, by users of other habits."""
    for needed in ("build", "twine"):
        pytest.importorskip(needed)
    first = committed(tmp_path_factory.mktemp("first") / "qlax")
    second = tmp_path_factory.mktemp("second") / "another-name"
    run("git", "clone", "--quiet", first, second)
    environment = {name: found for name, found in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    os.utime(second / "src/qlax/__init__.py", (1, 10**9))
    (second / "src/qlax/__init__.py").chmod(0o600)
    run("git", "config", "core.fileMode", "false", cwd=second)
    folders = []
    for clone, mask, zone in ((first, 0o022, "UTC"), (second, 0o077, "Asia/Tokyo")):
        folder = tmp_path_factory.mktemp("dist")
        done = run(
            *(clone / "tools/build.sh", folder),
            cwd=clone,
            env=environment | {"TZ": zone},
            umask=mask,
        )
        assert done.returncode == 0, done.stderr
        folders.append(folder)
    return folders


def test_two_builds_are_the_same(built):
    hashes = [
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        for folder in built
    ]
    assert set(hashes[0]) == {
        f"qlax-{qlax.__version__}-py3-none-any.whl",
        f"qlax-{qlax.__version__}.tar.gz",
    }
    assert hashes[0] == hashes[1]


def test_what_is_built_has_all_of_the_package_and_nothing_else(built):
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "src/qlax").stdout
    own = {name.removeprefix("src/") for name in listed.split() if (ROOT / name).exists()}
    (wheel,) = built[0].glob("*.whl")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert inside == own
    (source,) = built[0].glob("*.tar.gz")
    with tarfile.open(source) as archive:
        assert {name.partition("/")[2] for name in archive.getnames()} >= {
            *(f"src/{name}" for name in own),
            *("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff"),
        }


def test_the_wheel_works_where_nothing_else_is_installed(built):
    (wheel,) = built[0].glob("*.whl")
    done = run("tools/check_wheel.sh", wheel, sys.executable)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"qlax {qlax.__version__}" in done.stdout


def test_what_is_not_committed_is_not_built(tmp_path):
    clone = committed(tmp_path / "qlax")
    (clone / "src/qlax/half_done.py").write_text("")
    done = run("tools/build.sh", tmp_path / "dist", cwd=clone)
    assert done.returncode == 2
    assert "not committed" in done.stderr
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize("words", [[], ["nowhere.whl"]])
def test_a_wheel_has_to_be_given(words):
    done = run("tools/check_wheel.sh", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "usage: tools/check_wheel.sh WHEEL [PYTHON]\n"
