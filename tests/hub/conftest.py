"""A hub on this machine, caches of the test's own, and a small run to push."""

import shutil

import pytest

import qlax
from tests.hub.standin import Hub
from tests.runs import small


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A finished run, one of two seeds."""
    folder = tmp_path_factory.mktemp("hub") / "run"
    settings = {"steps": 120, "eval_episodes": 5, "eval_every": 60}
    qlax.train_seeds("CartPole-v1", small.AGENT, seeds=[0, 1], out=folder, **settings)
    return folder / "seed-0"


@pytest.fixture
def run(trained, tmp_path):
    """A copy of the run, to be changed at will."""
    shutil.copytree(trained.parent, tmp_path / "run")
    return tmp_path / "run" / "seed-0"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub that is empty, where one is logged in as `me`, with caches that are empty."""
    from huggingface_hub import constants

    made = Hub()
    monkeypatch.setenv("HF_ENDPOINT", made.url)
    monkeypatch.setenv("HF_TOKEN", "hf_me")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.chdir(tmp_path)
    yield made
    made.close()


@pytest.fixture
def pushed(hub, run):
    """What is in `me/car` after the run was pushed there, without a film."""
    qlax.push(run, "hf:me/car", film=False)
    return hub.files("me/car")
