"""The logs that are files in the run's folder: CSV and TensorBoard's events."""

import csv
import json
import math

import pytest

import qlax
from qlax import observers, optimizers
from qlax.comparing.foreign.events import scalars
from qlax.errors import Interrupted
from qlax.runs import folder
from tests.observers.logs import runs
from tests.runs import small


def events(run):
    (path,) = run.folder.glob("events.out.tfevents.*.qlax")
    return list(scalars(path))


def all_events(run):
    paths = sorted(run.folder.glob("events.out.tfevents.*.qlax"))
    return [scalar for path in paths for scalar in scalars(path)]


def table(run):
    with (run.folder / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The runs of two seeds."""
    logs = observers.CSV(), observers.TensorBoard()
    return runs.trained(tmp_path_factory.mktemp("logs") / "runs", *logs)


@pytest.fixture(scope="module")
def gone_on(both):
    """Where a run went on from, its scalars before and after, and its table."""
    logs = observers.CSV(), observers.TensorBoard()
    before = events(both[1])
    steps, run = runs.gone_back_and_on(both[1], *logs)
    return steps, before, all_events(run), run


def test_every_seed_has_every_row(both):
    for run in both[:1]:
        rows, lines = folder.read_metrics(run.folder), table(run)
        assert [int(line["env_steps"]) for line in lines] == runs.steps_of(run)
        of_tag = {}
        for scalar in events(run):
            of_tag.setdefault(scalar.tag, {})[scalar.step] = scalar.value
        for name, column in [("train/loss", "loss"), ("eval/return", "eval_return")]:
            known = {row["env_steps"]: row[column] for row in rows if row.get(column) is not None}
            assert known
            assert of_tag[name] == pytest.approx(known)
            assert {
                int(line["env_steps"]): float(line[name]) for line in lines if line[name]
            } == pytest.approx(known)
        for name in (*runs.NUMBERS[2:], "system/memory", "time/steps_per_second"):
            assert name in lines[0]
            assert name in of_tag


def test_the_outcome_is_there_too(both):
    run = both[0]
    result = json.loads((run.folder / "result.json").read_text())
    last = table(run)[-1]
    assert float(last["final/return"]) == result["eval"]["mean"]
    assert float(last["final/best_env_steps"]) == result["best"]["env_steps"]
    last_scalars = {scalar.tag: scalar for scalar in events(run)}
    assert last_scalars["final/return"].value == pytest.approx(result["eval"]["mean"])
    assert last_scalars["final/return"].step == small.STEPS


def test_tensorboard_has_settings_and_the_curve(both):
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.proto.plugin_hparams_pb2 import HParamsPluginData

    (path,) = both[0].folder.glob("events.out.tfevents.*.qlax")
    content, at, pictures, settings = path.read_bytes(), 0, [], {}
    while at < len(content):
        size = int.from_bytes(content[at : at + 8], "little")
        event = Event.FromString(content[at + 12 : at + 12 + size])
        for value in event.summary.value:
            if value.tag == "curve":
                pictures.append(value.image.encoded_image_string)
            data = HParamsPluginData.FromString(value.metadata.plugin_data.content)
            settings |= dict(data.session_start_info.hparams)
        at += size + 16
    assert pictures == [(both[0].folder / "curve.png").read_bytes()]
    assert settings["seed"].number_value == 3
    assert settings["agent.replay"].string_value == "replay.Uniform"


def test_what_is_newer_than_the_checkpoint_is_written_anew(gone_on):
    steps, before, after, run = gone_on
    lines = table(run)
    assert 0 < steps < small.STEPS
    assert [int(line["env_steps"]) for line in lines] == runs.steps_of(run)
    losses = [scalar for scalar in after if scalar.tag == "train/loss"]
    assert [scalar.step for scalar in losses] == sorted({scalar.step for scalar in losses})
    kept = [scalar for scalar in before if scalar.step <= steps]
    assert after[: len(kept)] == kept  # with its own time
    assert {scalar.step for scalar in after} == set(runs.steps_of(run))


def test_a_log_that_begins_late_has_the_start_too(tmp_path):
    run = qlax.train(
        "MountainCar-v0", small.AGENT, steps=200, eval_episodes=0, out=tmp_path / "run"
    )
    run = qlax.resume(run.folder, steps=240, observers=[observers.CSV()])
    assert [int(line["env_steps"]) for line in table(run)] == runs.steps_of(run)


def test_a_cut_off_line_or_event_is_no_hindrance(tmp_path):
    logs = observers.CSV(), observers.TensorBoard()
    run = qlax.train(
        "MountainCar-v0",
        small.AGENT,
        steps=200,
        eval_episodes=0,
        out=tmp_path / "run",
        observers=logs,
    )
    (path,) = run.folder.glob("events.out.tfevents.*.qlax")
    path.write_bytes(path.read_bytes()[:-7])
    with (run.folder / "metrics.csv").open("a") as file:
        file.write("20")
    run = qlax.resume(run.folder, steps=240, observers=[observers.CSV(), observers.TensorBoard()])
    assert [int(line["env_steps"]) for line in table(run)] == runs.steps_of(run)
    for path in run.folder.glob("events.out.tfevents.*.qlax"):
        assert list(scalars(path))


def test_a_run_that_is_interrupted_closes_its_logs(tmp_path):
    class Stop(observers.Observer):
        def report(self, event):
            if event.env_steps > 100:
                raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        qlax.train(
            "MountainCar-v0",
            small.AGENT,
            steps=200,
            eval_episodes=0,
            out=tmp_path / "run",
            observers=[observers.CSV(), observers.TensorBoard(), Stop()],
        )
    run = qlax.resume(tmp_path / "run", observers=[observers.CSV(), observers.TensorBoard()])
    assert [int(line["env_steps"]) for line in table(run)] == runs.steps_of(run)
    assert {scalar.step for scalar in all_events(run)} == set(runs.steps_of(run))


def test_a_log_that_fails_costs_the_run_nothing(tmp_path):
    class Full(observers.CSV):
        def opened(self, run):
            raise OSError("No space left on device")

    with pytest.warns(RuntimeWarning, match="The observer Full failed at `advance`"):
        run = qlax.train(
            "MountainCar-v0",
            small.AGENT,
            steps=80,
            eval_episodes=0,
            out=tmp_path / "run",
            observers=[Full()],
        )
    assert runs.steps_of(run)[-1] == 80


def test_a_run_goes_on_with_the_logs_that_it_has(tmp_path):
    logs = observers.CSV(), observers.TensorBoard()
    run = qlax.train(
        "MountainCar-v0",
        small.AGENT,
        steps=small.STEPS,
        eval_episodes=0,
        out=tmp_path / "run",
        observers=logs,
    )
    further = qlax.resume(run.folder, steps=small.STEPS + 20)
    assert [int(line["env_steps"]) for line in table(further)] == runs.steps_of(further)
    assert {scalar.step for scalar in all_events(further)} == set(runs.steps_of(further))
    alone = qlax.resume(run.folder, steps=small.STEPS + 40, logs=False)
    assert int(table(alone)[-1]["env_steps"]) == small.STEPS + 20
    assert runs.steps_of(alone)[-1] == small.STEPS + 40


def test_the_row_on_which_training_diverges_is_logged(tmp_path):
    agent = small.AGENT.replace(optimizer=optimizers.SGD(learning_rate=1e30))
    with pytest.raises(qlax.Diverged):
        qlax.train(
            "MountainCar-v0",
            agent,
            steps=small.STEPS,
            eval_episodes=0,
            out=tmp_path / "run",
            observers=[observers.CSV(), observers.TensorBoard()],
        )
    rows = folder.read_metrics(tmp_path / "run")
    with (tmp_path / "run" / "metrics.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [int(line["env_steps"]) for line in lines] == [row["env_steps"] for row in rows]
    assert rows[-1]["loss"] is None
    assert not math.isfinite(float(lines[-1]["train/loss"]))
    (path,) = (tmp_path / "run").glob("events.out.tfevents.*.qlax")
    assert max(scalar.step for scalar in scalars(path)) == rows[-1]["env_steps"]
