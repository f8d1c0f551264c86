"""`qlax.pull` and `qlax.load("hf:…")`: whatever a hub holds, it is data, or it is refused."""

import io
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

import qlax
from qlax import DiskFull, UsageError
from qlax.cli.main import run as exit_code_of

# The client's own way of uploading a large file.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

OBSERVATION = np.array([0.1, -0.2, 0.05, 0.0], np.float32)


def below(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def nothing_is_left(folder):
    """Return whether there is neither a folder nor a part of one."""
    return not folder.exists() and not list(folder.parent.glob(f".{folder.name}*"))


def test_a_pulled_run_is_the_one_that_was_pushed(hub, run, pushed, tmp_path):
    folder = qlax.pull("hf:me/car", tmp_path / "back")
    assert below(folder) == {*pushed, "hub.json"} - {".gitattributes"}
    for name in below(folder) - {"hub.json"}:
        assert (folder / name).read_bytes() == pushed[name]
        assert not (folder / name).is_symlink()
    policy = qlax.load(folder)
    expected = qlax.load(run).q_values(OBSERVATION)
    np.testing.assert_array_equal(policy.q_values(OBSERVATION), expected)
    origin = json.loads((folder / "hub.json").read_text())
    commit = hub.repositories["me/car"].commits[-1][0]
    assert origin == {"hub": hub.url, "repo": "me/car", "revision": None, "commit": commit}


def test_load_takes_an_address_and_keeps_what_it_fetched(hub, run, pushed):
    expected = qlax.load(run).q_values(OBSERVATION)
    np.testing.assert_array_equal(qlax.load("hf:me/car").q_values(OBSERVATION), expected)
    hub.asked.clear()
    qlax.load("hf:me/car")
    assert [path for _, path, _ in hub.asked] == ["/api/models/me/car"]


def test_a_commit_that_was_fetched_needs_no_hub(hub, run, pushed, monkeypatch):
    commit = hub.repositories["me/car"].commits[-1][0]
    qlax.load(f"hf:me/car@{commit}")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub.asked.clear()
    assert qlax.load(f"hf:me/car@{commit}").spec.id == "CartPole-v1"
    assert hub.asked == []


def test_revisions_are_pinned(hub, run, pushed, tmp_path):
    repository = hub.repositories["me/car"]
    old = repository.commits[-1][0]
    repository.tags["v1"] = old
    repository.commit({**pushed, "README.md": b"newer"})
    for revision in ("v1", old):
        folder = qlax.pull(f"hf:me/car@{revision}", tmp_path / revision)
        origin = json.loads((folder / "hub.json").read_text())
        assert (origin["revision"], origin["commit"]) == (revision, old)
        assert (folder / "README.md").read_bytes() == pushed["README.md"]
    newest = qlax.pull("hf:me/car", tmp_path / "newest")
    assert (newest / "README.md").read_bytes() == b"newer"
    with pytest.raises(UsageError, match="hf:me/car has no revision 'v2'"):
        qlax.pull("hf:me/car@v2", tmp_path / "v2")
    assert nothing_is_left(tmp_path / "v2")


def test_a_folder_with_the_same_commit_stays(hub, pushed, tmp_path):
    folder = qlax.pull("hf:me/car", tmp_path / "back")
    before = (folder / "config.json").stat()
    assert qlax.pull("hf:me/car", tmp_path / "back") == folder
    assert (folder / "config.json").stat() == before
    hub.repositories["me/car"].commit({**pushed, "README.md": b"newer"})
    with pytest.raises(UsageError, match="exists already: give another `out`"):
        qlax.pull("hf:me/car", tmp_path / "back")
    assert (folder / "README.md").read_bytes() == pushed["README.md"]


def test_a_folder_that_is_taken_is_refused_before_anything_is_asked(hub, pushed, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.tex").write_text("x")
    hub.asked.clear()
    with pytest.raises(UsageError, match="exists already"):
        qlax.pull("hf:me/car", tmp_path / "taken")
    assert hub.asked == []


@pytest.mark.parametrize(
    "name",
    [
        "run.py",
        "policy/__init__.py",
        "policy/params.pkl",
        "pytorch_model.bin",
        ".github/workflows/ci.yml",
        "policy/../../evil.json",
        "/etc/passwd",
        "explanation/value.svg",
        "explanation/../config.json",
        "config.json ",
        "CONFIG.JSON",
        "hub.json",
        "checkpoints/iteration-000000000100/state.npz",
        "x" * 500,
    ],
)
def test_a_repository_with_anything_but_data_is_refused(hub, pushed, tmp_path, name):
    hub.make("me/odd", {**pushed, name: b"import os"})
    hub.asked.clear()
    with pytest.raises(UsageError) as refused:
        qlax.pull("hf:me/odd", tmp_path / "odd")
    assert repr(name[:200]) in str(refused.value)
    assert "not among the data of a run" in str(refused.value)
    assert len(hub.asked) == 1
    assert nothing_is_left(tmp_path / "odd")
    with pytest.raises(UsageError, match="not among the data"):
        qlax.load("hf:me/odd")


def archive(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, data in members.items():
            made.writestr(name.replace("__", "."), data)
    return file.getvalue()


def of_objects():
    file = io.BytesIO()
    np.savez(file, **{"network/params/output/bias": np.array([print], object)})
    return file.getvalue()


STRANGE = {
    "pickle for arrays": ("policy/params.npz", pickle.dumps({"a": 1})),
    "objects in arrays": ("policy/params.npz", of_objects()),
    "code among arrays": ("policy/params.npz", archive(a__py=b"import os")),
    "no policy": ("policy/policy.json", b"[]"),
    "other JSON": ("config.json", b"{'a': 1}"),
    "no JSON": ("result.json", b"\xff\xfe"),
    "deep JSON": ("result.json", b"[" * 100_000),
    "no rows": ("metrics.jsonl", b'{"env_steps": 1}\nimport os\n'),
    "rows that are none": ("metrics.jsonl", b"[1]\n"),
    "no picture": ("curve.png", b"<svg onload='x()'/>"),
    "another picture": ("curve.png", b"GIF89a" + bytes(100)),
    "no film": ("replay.mp4", b"#!/bin/sh\n" + bytes(100)),
    "no text": ("README.md", b"\xff\xfe\x00\x80"),
}


@pytest.mark.parametrize(("name", "data"), STRANGE.values(), ids=STRANGE.keys())
def test_a_file_that_is_not_what_its_name_says_is_refused(hub, pushed, tmp_path, name, data):
    hub.make("me/odd", {**pushed, name: data})
    with pytest.raises(UsageError) as refused:
        qlax.pull("hf:me/odd", tmp_path / "odd")
    assert name in str(refused.value)
    assert "not kept" in str(refused.value)
    assert nothing_is_left(tmp_path / "odd")


@pytest.mark.parametrize("name", ["config.json", "policy/policy.json", "policy/params.npz"])
def test_a_repository_without_a_run_is_refused(hub, pushed, tmp_path, name):
    hub.make("me/part", {one: data for one, data in pushed.items() if one != name})
    with pytest.raises(UsageError, match=f"hf:me/part is no run of qlax: it has no {name}"):
        qlax.pull("hf:me/part", tmp_path / "part")
    hub.make("me/empty", {})
    with pytest.raises(UsageError, match="no run of qlax"):
        qlax.load("hf:me/empty")


def test_a_policy_that_does_not_fit_its_arrays_is_refused(hub, pushed, tmp_path):
    document = json.loads(pushed["policy/policy.json"])
    document["agent"]["network"]["hidden"] = [9]
    changed = json.dumps(document).encode()
    hub.make("me/odd", {**pushed, "policy/policy.json": changed})
    with pytest.raises(UsageError, match=r"hf:me/odd is not kept: .*another agent's"):
        qlax.pull("hf:me/odd", tmp_path / "odd")
    assert nothing_is_left(tmp_path / "odd")


def test_a_file_that_is_too_large_is_not_fetched(hub, pushed, tmp_path):
    hub.make("me/large", {**pushed, "README.md": bytes(1_000_001)})
    hub.asked.clear()
    with pytest.raises(UsageError, match=r"README\.md of 1,000,001 bytes.*1,000,000 at most"):
        qlax.pull("hf:me/large", tmp_path / "large")
    assert len(hub.asked) == 1


def test_other_bytes_than_were_listed_are_refused(hub, pushed, tmp_path):
    hub.faults["resolve"] = "wrong"
    with pytest.raises(UsageError, match="with other bytes than it lists"):
        qlax.pull("hf:me/car", tmp_path / "back")
    assert nothing_is_left(tmp_path / "back")


def test_files_that_came_whole_are_not_fetched_again(hub, pushed, tmp_path, monkeypatch):
    from huggingface_hub import file_download

    monkeypatch.setattr(file_download, "time", _Impatient)
    hub.faults["policy/params.npz"] = "cut"
    with pytest.raises(UsageError, match="does not answer, or broke off"):
        qlax.pull("hf:me/car", tmp_path / "back")
    assert nothing_is_left(tmp_path / "back")
    hub.faults.clear()
    hub.asked.clear()
    folder = qlax.pull("hf:me/car", tmp_path / "back")
    assert (folder / "policy/params.npz").read_bytes() == pushed["policy/params.npz"]
    fetched = {path.rpartition("/")[2] for verb, path, _ in hub.asked if verb == "GET"}
    assert "config.json" not in fetched
    assert "params.npz" in fetched


def test_a_broken_connection_goes_on_where_it_was(hub, pushed, tmp_path, monkeypatch):
    from huggingface_hub import constants, file_download

    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 64)
    monkeypatch.setattr(file_download, "time", _Impatient)
    hub.faults["policy/params.npz"] = "cut once"
    folder = qlax.pull("hf:me/car", tmp_path / "back")
    assert (folder / "policy/params.npz").read_bytes() == pushed["policy/params.npz"]
    assert [asked for _, path, asked in hub.asked if path.endswith("policy/params.npz") and asked]


class _Impatient:
    """Time in which nobody waits."""

    @staticmethod
    def sleep(_):
        pass


@pytest.mark.parametrize("action", ["pull", "load"])
@pytest.mark.parametrize(
    ("settings", "token", "said"),
    [
        (None, "hf_me", r"There is no hf:me/gone at http.*your token does not open it"),
        (None, None, r"There is no hf:me/gone at http.*or it is private.*hf auth login"),
        ({"private": True}, None, r"There is no hf:me/gone at http.*or it is private"),
        ({"private": True}, "hf_guest", "your token does not open it"),
        ({"gated": True}, "hf_guest", "hf:me/gone asks for consent"),
        ({}, "hf_old", "does not accept your token"),
    ],
)
def test_what_cannot_be_had(hub, pushed, monkeypatch, tmp_path, action, settings, token, said):
    if settings is not None:
        hub.make("me/gone", pushed, **settings)
    monkeypatch.delenv("HF_TOKEN")
    if token is not None:
        monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(UsageError, match=said):
        getattr(qlax, action)("hf:me/gone")
    assert not (tmp_path / "runs").exists()


def test_a_hub_that_does_not_answer(hub, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    for words in (["pull", "hf:me/car"], ["watch", "hf:me/car"], ["film", "hf:me/car"]):
        assert exit_code_of(words) == 2
        told = capsys.readouterr().err
        assert "hf:me/car cannot be reached: http://127.0.0.1:9 does not answer" in told
        assert "Traceback" not in told
    assert list(Path().iterdir()) == []


def test_a_hub_that_is_mute(hub, pushed, monkeypatch, tmp_path):
    from qlax.hub import listing

    monkeypatch.setattr(listing, "SECONDS", 0.2)
    hub.faults["/api/models"] = "mute"
    with pytest.raises(UsageError, match="does not answer"):
        qlax.pull("hf:me/car", tmp_path / "back")
    assert nothing_is_left(tmp_path / "back")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("html", "does not answer as a hub does"),
        (500, "has failed, with status 500"),
        (429, "after too many questions"),
        (418, "refuses it, with status 418"),
    ],
)
def test_a_hub_that_fails(hub, pushed, tmp_path, fault, said):
    hub.faults["/api/models"] = fault
    with pytest.raises(UsageError, match=said):
        qlax.pull("hf:me/car", tmp_path / "back")
    assert nothing_is_left(tmp_path / "back")


def test_a_full_disk_leaves_nothing(hub, pushed, monkeypatch, tmp_path):
    import errno
    import shutil

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(DiskFull, match="back was not written"):
        qlax.pull("hf:me/car", tmp_path / "back")
    assert nothing_is_left(tmp_path / "back")


def test_ctrl_c_leaves_nothing(hub, pushed, monkeypatch, tmp_path):
    from qlax.hub import pulling

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(pulling, "require_data", stopped)
    with pytest.raises(KeyboardInterrupt):
        qlax.pull("hf:me/car", tmp_path / "back")
    assert nothing_is_left(tmp_path / "back")


def test_without_the_package_it_is_said_what_to_install(hub, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UsageError, match=r"pip install 'qlax\[hub\]'"):
        qlax.pull("hf:me/car")
