"""What a release is made with: sound by its own linters, and in agreement with the package."""

import itertools
import re
import tomllib

import pytest

import qlax
from tests.releasing.tools import ROOT, installed, run

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOW = ROOT / ".github/workflows/release.yml"


def test_the_version_to_cite_is_the_packages():
    (version,) = re.findall(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(), re.M)
    assert version == qlax.__version__


def test_every_dependency_says_from_which_version():
    extras = PROJECT["optional-dependencies"].values()
    for requirement in itertools.chain(PROJECT["dependencies"], *extras):
        if not requirement.startswith("qlax["):
            assert re.match(r"[\w.-]+(\[[\w,-]+\])?>=\d", requirement), requirement


def test_extras_that_the_image_names_are_there():
    text = (ROOT / "Dockerfile").read_text()
    named = {*re.search(r"EXTRAS=([\w,]+)", text)[1].split(","), "cuda"}
    assert named <= set(PROJECT["optional-dependencies"])


def test_the_lowest_python_is_the_first_that_is_tried():
    (tried,) = re.findall(r"python: \[(.*)\]", WORKFLOW.read_text())
    assert tried.split(", ")[0].strip('"') == PROJECT["requires-python"].removeprefix(">=")


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("vendor.citation-file-format", ROOT / "CITATION.cff"),
        ("vendor.github-workflows", WORKFLOW),
        ("custom.github-workflows-require-timeout", WORKFLOW),
    ],
)
def test_files_follow_their_schemas(schema, path):
    done = run(installed("check-jsonschema"), "--builtin-schema", schema, path)
    assert done.returncode == 0, done.stdout


@pytest.mark.exhaustive
def test_a_file_that_does_not_is_found(tmp_path):
    path = tmp_path / "CITATION.cff"
    path.write_text((ROOT / "CITATION.cff").read_text().replace("authors:", "writers:"))
    schema = "vendor.citation-file-format"
    assert run(installed("check-jsonschema"), "--builtin-schema", schema, path).returncode == 1


@pytest.mark.exhaustive
def test_the_workflow_gives_nothing_away():
    done = run(installed("zizmor"), "--offline", "--no-progress", WORKFLOW)
    assert done.returncode == 0, done.stdout


@pytest.mark.exhaustive
def test_the_image_is_sound():
    done = run(installed("hadolint"), ROOT / "Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")
