"""Logs at services, by their own packages, without a network."""

import json
import os
import subprocess
import sys

import pytest

import qlax
from qlax import observers
from qlax.errors import Interrupted
from qlax.runs import folder
from tests.observers.logs import offline, runs
from tests.runs import small


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """Where everything is written: nothing is sent."""
    here = tmp_path_factory.mktemp("services")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        patch.setenv("WANDB_MODE", "offline")
        patch.setenv("WANDB_DIR", str(here))
        patch.setenv("TRACKIO_DIR", str(here / "trackio"))
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        yield here


@pytest.fixture(scope="module")
def made(local):
    """Runs of two seeds, of which the first went on for longer, and its first result."""
    first, second = runs.trained(local / "runs" / "two", *logs(local))
    further = qlax.resume(first.folder, steps=small.STEPS + 40, observers=logs(local))
    return first, second, further


def logs(local):
    return (
        observers.WandB("tested", tags=("quick",)),
        observers.Trackio("tested"),
        observers.MLflow("tested", tracking_uri=(local / "mlruns").as_uri()),
    )


def id_of(run, service):
    return json.loads((run.folder / "logs.json").read_text())[service]["id"]


def evaluations(run, until=small.STEPS):
    rows = folder.read_metrics(run.folder)
    known = {row["env_steps"]: row.get("eval_return") for row in rows}
    return {steps: value for steps, value in known.items() if value is not None and steps <= until}


def test_wandb(local, made):
    for run in made[:2]:
        first, *_ = sorted(local.glob(f"wandb/offline-run-*/run-{id_of(run, 'wandb')}.wandb"))
        said, rows, summary, exit_code = offline.run_of(first)
        assert (said.project, said.run_group) == ("tested", "two")
        assert said.display_name == f"two/{run.folder.name}"
        assert list(said.tags) == ["quick"]
        config = {item.key: json.loads(item.value_json) for item in said.config.update}
        assert config["agent.replay.capacity"] == 200
        assert config["seed"] == run.result["seed"]
        returns = {step: row["eval/return"] for step, row in rows.items() if "eval/return" in row}
        assert returns == pytest.approx(evaluations(run))
        assert set(runs.NUMBERS) <= summary.keys()
        assert summary["final/return"] == run.result["eval"]["mean"]
        assert summary["curve/path"].endswith(".png")
        assert exit_code == 0
    further = made[2]
    *_, newest = sorted(local.glob(f"wandb/offline-run-*/run-{id_of(further, 'wandb')}.wandb"))
    steps = sorted(offline.run_of(newest)[1])
    assert steps == [step for step in runs.steps_of(further) if step > small.STEPS]


def test_trackio(made):
    from trackio.sqlite_storage import SQLiteStorage

    for run in made[1:]:
        name = f"two/{run.folder.name}"
        rows = SQLiteStorage.get_logs("tested", name)
        assert [row["step"] for row in rows if "train/updates" in row] == runs.steps_of(run)
        returns = {row["step"]: row["eval/return"] for row in rows if "eval/return" in row}
        assert returns == pytest.approx(evaluations(run, until=run.result["env_steps"]))
        assert rows[-1]["final/return"] == run.result["eval"]["mean"]
        assert "curve" in rows[-1]
        config = SQLiteStorage.get_run_config("tested", name)
        assert config["agent.replay.capacity"] == 200
        assert config["_Group"] == "two"


def test_mlflow(local, made):
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=(local / "mlruns").as_uri())
    for run in made[1:]:
        found = client.get_run(id_of(run, "mlflow"))
        assert found.info.run_name == f"two/{run.folder.name}"
        assert found.info.status == "FINISHED"
        assert found.data.tags["group"] == "two"
        assert found.data.params["agent.replay.capacity"] == "200"
        assert found.data.metrics["final/return"] == run.result["eval"]["mean"]
        history = client.get_metric_history(found.info.run_id, "train/updates")
        assert [metric.step for metric in history] == runs.steps_of(run)
        history = client.get_metric_history(found.info.run_id, "eval/return")
        returns = {metric.step: metric.value for metric in history}
        assert returns == pytest.approx(evaluations(run, until=run.result["env_steps"]))
        files = {file.path for file in client.list_artifacts(found.info.run_id)}
        assert files == {"config.json", "curve.png", "result.json"}


def test_mlflow_that_cannot_be_reached_ends_the_run_before_anything_is_written(local, tmp_path):
    log = observers.MLflow(tracking_uri="nowhere://at-all")
    with pytest.raises(qlax.UsageError, match="The log mlflow cannot be written"):
        qlax.train("MountainCar-v0", small.AGENT, steps=40, out=tmp_path / "run", observers=[log])
    assert not (tmp_path / "run").exists()


@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # SQLAlchemy's, of MLflow
def test_mlflow_where_it_writes_by_default(tmp_path, monkeypatch):
    from mlflow import MlflowClient

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    run, _ = runs.trained(tmp_path / "runs" / "two", observers.MLflow())
    found = MlflowClient().get_run(id_of(run, "mlflow"))
    assert found.data.metrics["final/return"] == run.result["eval"]["mean"]
    assert (tmp_path / "mlflow.db").is_file() or (tmp_path / "mlruns").is_dir()


@pytest.mark.exhaustive
def test_what_is_done_again_after_an_older_checkpoint_is_not_logged_twice(local):
    _, run = runs.trained(local / "runs" / "again", *logs(local))
    before = json.loads((run.folder / "logs.json").read_text())
    _, run = runs.gone_back_and_on(run, *logs(local))
    assert json.loads((run.folder / "logs.json").read_text()) == before


def trained_with_wandb(here, **settings):
    """Return what the command says where W&B has these settings and no others."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("WANDB_")
    }
    return subprocess.run(
        [
            *(sys.executable, "-m", "qlax", "train", "MountainCar-v0", "--steps", "40"),
            *("--eval-episodes", "0", "--out", "run", "--log", "wandb", "--quiet"),
        ],
        cwd=here,
        env={**environment, "NETRC": str(here / "none"), "HOME": str(here), **settings},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.exhaustive
def test_wandb_without_a_login_is_offline_and_says_so(tmp_path):
    done = trained_with_wandb(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "W&B has no login: the run is written to the folder wandb" in done.stderr
    assert done.stdout == "run\n"
    assert len(list(tmp_path.glob("wandb/offline-run-*/run-*.wandb"))) == 1


@pytest.mark.exhaustive
def test_wandb_with_a_login_but_no_network_ends_the_run_before_anything_is_written(tmp_path):
    nobody = {"WANDB_BASE_URL": "http://127.0.0.1:9", "WANDB_API_KEY": 40 * "a"}
    done = trained_with_wandb(tmp_path, **nobody)
    assert done.returncode == 2
    assert "The log wandb cannot be written: " in done.stderr
    assert "WANDB_MODE=offline writes it to the folder wandb." in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.exhaustive
def test_a_run_that_is_interrupted_is_marked_so(local):
    from mlflow import MlflowClient

    class Stop(observers.Observer):
        def report(self, event):
            if event.env_steps > 100:
                raise KeyboardInterrupt

    out = local / "runs" / "stopped"
    with pytest.raises(Interrupted):
        qlax.train(
            *("MountainCar-v0", small.AGENT),
            steps=200,
            eval_episodes=0,
            out=out,
            observers=[*logs(local), Stop()],
        )
    kept = json.loads((out / "logs.json").read_text())
    (path,) = local.glob(f"wandb/offline-run-*/run-{kept['wandb']['id']}.wandb")
    said, rows, _, exit_code = offline.run_of(path)
    assert (said.display_name, said.run_group) == ("stopped", "")
    assert exit_code == 130
    client = MlflowClient(tracking_uri=(local / "mlruns").as_uri())
    assert client.get_run(kept["mlflow"]["id"]).info.status == "KILLED"
    assert {name: one["env_steps"] for name, one in kept.items()} == dict.fromkeys(
        ("wandb", "trackio", "mlflow"), max(rows)
    )
