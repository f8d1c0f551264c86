"""Explanations as folders."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import qlax
from qlax.errors import UsageError
from tests.runs.small import AGENT


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("explain") / "run"
    return qlax.train("MountainCar-v0", AGENT, steps=400, eval_episodes=0, out=out)


@pytest.fixture(scope="module")
def explanation(run):
    return qlax.explain(run, episodes=3)


def test_every_picture_is_there_as_png_svg_and_numbers(run, explanation):
    index = json.loads((run.folder / "explanation" / "explanation.json").read_text())
    assert explanation.folder == run.folder / "explanation"
    assert [entry["name"] for entry in index["pictures"]] == [one.name for one in explanation]
    there = {path.name for path in explanation.folder.iterdir()}
    listed = {name for entry in index["pictures"] for name in entry["files"].values()}
    assert there == listed | {"explanation.json"}
    for entry, picture in zip(index["pictures"], explanation, strict=True):
        with Image.open(picture.png) as image:
            assert image.width >= 600
        assert "<svg" in picture.svg.read_text()
        with np.load(picture.data) as archive:
            assert set(archive.files) == set(entry["arrays"])
        assert picture.caption.endswith(".")


def test_a_notebook_shows_the_pictures_with_their_captions(explanation):
    shown = explanation._repr_html_()
    assert shown.count('src="data:image/png;base64,') == len(explanation.pictures)
    assert "The largest action value, max Q" in shown
    assert repr(explanation).startswith("<Explanation of MountainCar-v0 in ")


def test_the_values_drawn_are_those_of_the_policy(run, explanation):
    with np.load(explanation["value"].data) as drawn:
        points = np.stack(np.meshgrid(drawn["x"], drawn["y"]), -1).reshape(-1, 2)
        q_values = run.policy.q_values(points).reshape(drawn["q_values"].shape)
        np.testing.assert_allclose(drawn["q_values"], q_values, rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(drawn["actions"], drawn["q_values"].argmax(-1))
        assert len(drawn["trajectory_lengths"]) == 3
        assert drawn["trajectory_lengths"].max() <= 200  # those beyond the time limit are left out


def test_an_older_explanation_is_replaced_and_nothing_else_is(run, explanation, tmp_path):
    again = qlax.explain(run.folder, episodes=1)
    assert [picture.name for picture in again] == [picture.name for picture in explanation]
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds other files, such as mine\.txt"):
        qlax.explain(run, tmp_path)
    (again.folder / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="give another folder"):
        qlax.explain(run)
    (again.folder / "mine.txt").unlink()


def test_a_policy_alone_is_explained_into_a_folder_that_is_given(run, tmp_path):
    with pytest.raises(UsageError, match="which has no folder of its own: give out="):
        qlax.explain(run.policy)
    found = qlax.explain(run.policy, tmp_path / "new" / "folder", episodes=1)
    assert found["policy"].png.is_file()
    with pytest.raises(UsageError, match="There is no picture 'no such'"):
        found["no such"]


def test_what_is_no_run_is_refused_and_nothing_is_written(run, tmp_path):
    with pytest.raises(UsageError, match="holds no policy"):
        qlax.explain(tmp_path)
    with pytest.raises(UsageError, match="CartPole-v1 shows"):
        qlax.explain(run, tmp_path / "out", "CartPole-v1")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="must be a folder"):
        qlax.explain(run, tmp_path / "file")
    with pytest.raises(UsageError, match="episodes is 0"):
        qlax.explain(run, tmp_path / "out", episodes=0)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_best_policy_of_the_training_is_explained_on_demand(tmp_path):
    run = qlax.train(
        "CartPole-v1", AGENT, steps=400, eval_episodes=0, eval_every=100, out=tmp_path / "run"
    )
    explanation = qlax.explain(run, best=True, episodes=1)
    assert explanation.folder == run.folder / "explanation-best"
    assert explanation.as_json()["policy"] == "best"
    with pytest.raises(UsageError, match="best is True, but must be False"):
        qlax.explain(run.policy, tmp_path / "out", best=True)
    without = qlax.train(
        "CartPole-v1", AGENT, steps=100, eval_episodes=0, eval_every=0, out=tmp_path / "without"
    )
    with pytest.raises(UsageError, match="has no best/"):
        qlax.explain(without, best=True)


def test_moments_of_the_training_are_side_by_side(run, explanation):
    with np.load(explanation["moments"].data) as drawn:
        steps, values = drawn["steps"], drawn["values"]
        points = np.stack(np.meshgrid(drawn["x"], drawn["y"]), -1).reshape(-1, 2)
        assert (steps[0], steps[-1], len(steps)) == (0, 400, 5)
        for number, value in zip(steps, values, strict=True):
            policy = qlax.load(run.folder / "moments" / f"{number:012d}")
            q_values = policy.q_values(points).max(-1).reshape(value.shape)
            np.testing.assert_allclose(value, q_values, rtol=1e-5, atol=1e-5)


def test_a_moment_that_is_damaged_keeps_no_other_from_being_shown(run, tmp_path):
    copied = tmp_path / "run"
    shutil.copytree(run.folder, copied)
    (copied / "moments" / f"{400:012d}" / "params.npz").write_bytes(b"PK")
    explanation = qlax.explain(copied, episodes=1)
    assert 400 not in explanation["moments"].facts["steps"]
    shutil.rmtree(copied / "moments")
    again = qlax.explain(copied, episodes=1)
    assert "moments" not in [picture.name for picture in again]
