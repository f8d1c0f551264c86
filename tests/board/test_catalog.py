"""The list of runs, kept up to date."""

import json
import shutil

from qlax.board.catalog import Catalog
from qlax.runs.lock import locked

from .folders import lines, row, run_folder, settled


def names(changes):
    return sorted(entry["name"] for entry in changes.changed)


def test_runs_of_every_kind_are_listed(tmp_path):
    run_folder(tmp_path / "a" / "seed-0")
    run_folder(tmp_path / "b", ended=False, seed=3, steps=4_000)
    run_folder(tmp_path / "c", ended=False, failure={"kind": "Diverged", "message": "loss\nmore"})
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "config.json").write_text("{")
    several = run_folder(tmp_path / "e" / "seed-1").parent
    (several / "config.json").write_text('{"format": 1, "seeds": [1]}')
    catalog = Catalog(tmp_path)
    found = catalog.since()
    by_name = {entry["name"]: entry for entry in found.changed}
    assert sorted(by_name) == ["a/seed-0", "b", "c", "e/seed-1"]
    assert by_name["a/seed-0"]["status"] == "finished"
    assert by_name["a/seed-0"]["score"] == {"kind": "final", "mean": 480, "std": 3, "episodes": 100}
    assert by_name["b"]["status"] == "unfinished"
    assert (by_name["b"]["done"], by_name["b"]["steps"]) == (2_000, 4_000)
    assert by_name["b"]["score"] == {
        "kind": "training",
        "mean": 14.5,
        "std": None,
        "episodes": None,
    }
    assert by_name["c"]["failure"] == "Diverged: loss"
    (damaged,) = found.damaged
    assert damaged["name"] == "d"
    assert damaged["why"].startswith("config.json is damaged")
    assert len({entry["id"] for entry in found.changed}) == 4
    assert by_name["a/seed-0"]["group"] == by_name["e/seed-1"]["group"]


def test_what_changes_is_told_and_nothing_else(tmp_path):
    run_folder(tmp_path / "a")
    growing = run_folder(tmp_path / "b", ended=False)
    catalog = Catalog(tmp_path)
    first = catalog.since()
    settled()
    assert catalog.since(first.revision).changed == []
    with (growing / "metrics.jsonl").open("a") as file:
        file.write(lines([row(20, eval_return=77.0)]))
    run_folder(tmp_path / "new" / "deep" / "c")
    settled()
    second = catalog.since(first.revision)
    assert names(second) == ["b", "new/deep/c"]
    assert next(entry for entry in second.changed if entry["name"] == "b")["score"]["mean"] == 77.0
    with locked(growing):
        settled()
        (entry,) = catalog.since(second.revision).changed
        assert (entry["name"], entry["status"]) == ("b", "running")
    shutil.rmtree(tmp_path / "a")
    settled()
    last = catalog.since(second.revision)
    assert last.gone == [entry["id"] for entry in first.changed if entry["name"] == "a"]


def test_a_run_that_is_mended_or_damaged_changes_sides(tmp_path):
    folder = run_folder(tmp_path / "a")
    catalog = Catalog(tmp_path)
    first = catalog.since()
    text = (folder / "config.json").read_text()
    (folder / "config.json").write_text(text[:50])
    settled()
    second = catalog.since(first.revision)
    assert (len(second.gone), len(second.damaged)) == (1, 1)
    (folder / "config.json").write_text(text)
    settled()
    third = catalog.since(second.revision)
    assert (names(third), third.damaged, third.gone) == (["a"], [], [])


def test_links_are_not_followed(tmp_path):
    outside = run_folder(tmp_path / "outside" / "secret")
    root = tmp_path / "runs"
    inside = run_folder(root / "a")
    (root / "link").symlink_to(outside)
    (root / "b").mkdir()
    (root / "b" / "config.json").symlink_to(outside / "config.json")
    (inside / "failure.json").symlink_to(outside / "result.json")
    catalog = Catalog(root)
    found = catalog.since()
    assert found.changed == []
    assert {entry["name"] for entry in found.damaged} == {"link", "b", "a"}
    (inside / "failure.json").unlink()
    settled()
    assert names(catalog.since()) == ["a"]


def test_files_of_other_people_do_no_harm(tmp_path):
    config = json.loads((run_folder(tmp_path / "a") / "config.json").read_text())
    odd = {
        "spec": [],
        "env": {"custom": "a function"},
        "env_kwargs": 3,
        "agent": {},
        "fitted": None,
        "versions": "x",
    }
    for name, value in odd.items():
        folder = run_folder(tmp_path / name)
        (folder / "config.json").write_text(json.dumps(config | {name: value}))
        (folder / "result.json").write_text(json.dumps({"eval": name, "env_steps": name}))
    (run_folder(tmp_path / "list") / "result.json").write_text("[]")
    (run_folder(tmp_path / "short", rows=0, ended=False) / "metrics.jsonl").unlink()
    found = Catalog(tmp_path).since()
    assert len(found.changed) + len(found.damaged) == 3 + len(odd)
    json.dumps(found, allow_nan=False)
