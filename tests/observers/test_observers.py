"""What observers are told, what they may do, and what their faults do not do."""

import json

import pytest

import qlax
from qlax import observers
from qlax.runs import checkpoint, folder
from tests.runs import small


class Recorder(observers.Observer):
    """Keeps every event."""

    def __init__(self):
        self.events = []

    def begin(self, event):
        self.events.append(("begin", event))

    def note(self, topic, text):
        self.events.append(("note", text))

    def advance(self, env_steps):
        self.events.append(("advance", env_steps))

    def report(self, event):
        self.events.append(("report", event))

    def checkpoint(self, event):
        self.events.append(("checkpoint", event))

    def evaluation(self, event):
        self.events.append(("evaluation", event))

    def end(self, event):
        self.events.append(("end", event))

    def failure(self, error):
        self.events.append(("failure", error))

    def named(self, name):
        return [event for kind, event in self.events if kind == name]


def trained(out, *watching, env="MountainCar-v0", **options):
    settings = {"steps": small.STEPS, "eval_episodes": 2, **options}
    return qlax.train(env, small.AGENT, out=out, observers=watching, **settings)


def test_events_come_in_order_and_hold_what_was_written(tmp_path):
    recorder = Recorder()
    run = trained(tmp_path / "run", recorder)
    (begin,) = recorder.named("begin")
    assert begin.plan.steps == small.STEPS
    assert begin.spec.id == "MountainCar-v0"
    assert begin.env_steps == 0
    assert begin.members[0].folder == run.folder
    rows = [dict(report.rows[0]) for report in recorder.named("report")]
    assert rows == folder.read_metrics(run.folder)
    assert [report.env_steps for report in recorder.named("report")] == [
        row["env_steps"] for row in rows
    ]
    saved = recorder.named("checkpoint")
    assert [event.env_steps for event in saved] == [80, 160, 240, 320, 400]
    assert saved[-1].path == checkpoint.checkpoints(run.folder)[-1]
    *during, evaluated = recorder.named("evaluation")
    assert evaluated.is_final
    assert evaluated.evaluation.as_json() == run.result["eval"]
    with_evaluation = [row for row in rows if row.get("eval_return") is not None]
    assert [event.env_steps for event in during] == [row["env_steps"] for row in with_evaluation]
    assert not any(event.is_final for event in during)
    (ended,) = recorder.named("end")
    assert ended.result == json.loads((run.folder / "result.json").read_text())
    kinds = [kind for kind, _ in recorder.events if kind != "advance"]
    assert kinds[0] == "begin"
    assert kinds[-2:] == ["evaluation", "end"]
    assert "failure" not in kinds


def test_seeds_side_by_side_are_reported_together(tmp_path):
    recorder = Recorder()
    qlax.train_seeds(
        "MountainCar-v0",
        small.AGENT,
        seeds=[3, 5],
        steps=80,
        eval_episodes=0,
        out=tmp_path / "runs",
        observers=[recorder],
    )
    report = recorder.named("report")[-1]
    assert [member.seed for member in report.members] == [3, 5]
    losses = [row["loss"] for row in report.rows]
    assert report.mean["loss"] == pytest.approx(sum(losses) / 2)
    assert [event.member.seed for event in recorder.named("end")] == [3, 5]


def test_seeds_on_the_host_begin_one_after_another(tmp_path):
    recorder = Recorder()
    qlax.train_seeds(
        "MountainCar-v0",
        small.AGENT,
        seeds=[0, 1],
        steps=80,
        eval_episodes=0,
        backend="gymnasium",
        out=tmp_path / "runs",
        observers=[recorder],
    )
    assert [event.is_first for event in recorder.named("begin")] == [True, False]
    assert [event.members[0].seed for event in recorder.named("begin")] == [0, 1]
    assert [event.seeds for event in recorder.named("begin")] == [2, 2]


def test_a_resumed_run_says_where_it_goes_on(tmp_path):
    run = trained(tmp_path / "run", eval_episodes=0)
    recorder = Recorder()
    qlax.resume(run.folder, steps=small.STEPS + 40, observers=[recorder])
    assert recorder.named("begin")[0].env_steps == small.STEPS
    assert recorder.named("advance")[0] == small.STEPS


class Stopping(observers.Observer):
    """Asks to stop at a step."""

    def __init__(self, at):
        self.at = at

    def report(self, event):
        return "enough" if event.env_steps >= self.at else None


@pytest.mark.parametrize("backend", ["jax", "gymnasium"])
def test_an_observer_may_end_training_with_a_reason(backend, tmp_path):
    run = trained(tmp_path / "run", Stopping(100), backend=backend)
    assert run.result["stopped"] == "enough"
    assert run.result["env_steps"] == 100
    assert run.result["eval"]["episodes"] == 2
    assert checkpoint.iteration_of(checkpoint.checkpoints(run.folder)[-1]) == 100
    assert qlax.resume(run.folder).result["env_steps"] == small.STEPS


@pytest.mark.parametrize("event", ["note", "advance", "report", "checkpoint", "evaluation", "end"])
def test_what_an_observer_raises_is_told_with_its_name_and_loses_nothing(event, tmp_path):
    class Broken(Recorder):
        pass

    def fail(self, *given):
        raise ConnectionError("the server is gone")

    setattr(Broken, event, fail)
    agent = small.AGENT.replace(time_limit=900)  # which is worth a note
    broken, sound = Broken(), Recorder()
    message = rf"Broken failed at `{event}` .* ConnectionError: the server is gone"
    with pytest.warns(RuntimeWarning, match=message) as told:
        run = qlax.train(
            "MountainCar-v0",
            agent,
            steps=small.STEPS,
            eval_episodes=2,
            out=tmp_path / "run",
            observers=[broken, sound],
        )
    assert [warning.filename for warning in told] == [__file__]
    assert run.result["env_steps"] == small.STEPS
    assert len(sound.named("report")) == len(folder.read_metrics(run.folder))
    assert len(broken.named("end")) == (event != "end")


def test_an_observer_that_cannot_begin_is_refused_before_anything_is_written(tmp_path):
    class Broken(observers.Observer):
        def begin(self, event):
            raise ImportError("no module named 'logger'")

    with pytest.raises(qlax.UsageError, match=r"Broken cannot begin: ImportError: no module"):
        trained(tmp_path / "run", Broken())
    assert not (tmp_path / "run").exists()


def test_an_essential_observer_ends_training(tmp_path):
    class Essential(observers.Observer):
        is_essential = True

        def report(self, event):
            raise OSError("no room")

    recorder = Recorder()
    with pytest.raises(OSError, match="no room") as raised:
        trained(tmp_path / "run", Essential(), recorder)
    assert recorder.named("failure") == [raised.value]


def test_what_is_no_observer_is_refused(tmp_path):
    with pytest.raises(qlax.UsageError, match=r"observers holds <function .*but must hold"):
        trained(tmp_path / "run", lambda event: event)
    with pytest.raises(qlax.UsageError, match=r"observers holds 3"):
        trained(tmp_path / "run", 3)
    assert not (tmp_path / "run").exists()


def test_nothing_is_printed_without_an_observer(tmp_path, capfd):
    trained(tmp_path / "run")
    assert capfd.readouterr() == ("", "")


def test_failures_are_told(tmp_path):
    recorder = Recorder()
    agent = small.AGENT.replace(optimizer=qlax.optimizers.SGD(learning_rate=1e30))
    with pytest.raises(qlax.Diverged) as raised:
        qlax.train("MountainCar-v0", agent, steps=400, out=tmp_path / "run", observers=[recorder])
    assert recorder.named("failure") == [raised.value]
