import functools
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import ClassVar

import gymnasium
import numpy as np
import pytest

import qlax
from qlax.cli.summary import print_summaries
from qlax.runs import checkpoint, folder
from tests.envs.test_gymnasium import Corridor
from tests.runs.small import AGENT, STEPS, arrays, assert_same_policy, untimed

ENV = "CartPole-v1"


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    path = tmp_path_factory.mktemp("unbroken") / "run"
    return qlax.train(ENV, AGENT, steps=STEPS, out=path, eval_episodes=0, checkpoint_every=100)


def broken_off(run, tmp_path, iteration):
    """Return a copy of a run as a crash after some checkpoint would have left it."""
    path = tmp_path / "broken"
    shutil.copytree(run.folder, path)
    shutil.rmtree(path / "policy")
    (path / "result.json").unlink()
    for found in checkpoint.checkpoints(path):
        if checkpoint.iteration_of(found) > iteration:
            shutil.rmtree(found)
    return path


def test_the_newest_two_checkpoints_are_kept(unbroken):
    kept = checkpoint.checkpoints(unbroken.folder)
    assert [checkpoint.iteration_of(path) for path in kept] == [300, 400]


def test_a_compiled_run_goes_on_bit_for_bit(unbroken, tmp_path):
    path = broken_off(unbroken, tmp_path, 300)
    # Lines that were written after the checkpoint, the last one cut by the crash.
    with (path / "metrics.jsonl").open("a") as file:
        file.write('{"env_steps": 4')
    resumed = qlax.resume(path)
    assert_same_policy(unbroken.folder, resumed.folder)
    assert untimed(path) == untimed(unbroken.folder)
    first, second = (
        arrays(run / "checkpoints" / "iteration-000000000400" / "state.npz")
        for run in (unbroken.folder, path)
    )
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


def test_seeds_side_by_side_go_on_bit_for_bit(tmp_path):
    options = {"seeds": [0, 1], "steps": 200, "eval_episodes": 0, "checkpoint_every": 100}
    qlax.train_seeds(ENV, AGENT, out=tmp_path / "whole", **options)
    shutil.copytree(tmp_path / "whole", tmp_path / "part")
    for seed in (0, 1):
        shutil.rmtree(tmp_path / "part" / f"seed-{seed}" / "checkpoints" / "iteration-000000000200")
    # As if the crash came between the two: only one of them has the newer checkpoint.
    shutil.copytree(
        tmp_path / "whole" / "seed-0" / "checkpoints" / "iteration-000000000200",
        tmp_path / "part" / "seed-0" / "checkpoints" / "iteration-000000000200",
    )
    qlax.resume(tmp_path / "part")
    for seed in (0, 1):
        assert_same_policy(tmp_path / "whole" / f"seed-{seed}", tmp_path / "part" / f"seed-{seed}")


def test_a_run_can_be_made_longer(unbroken, tmp_path):
    path = broken_off(unbroken, tmp_path, STEPS)
    assert qlax.resume(path, steps=STEPS + 100).result["env_steps"] == STEPS + 100
    with pytest.raises(qlax.UsageError, match="steps is 10"):
        qlax.resume(path, steps=10)


def test_a_host_run_goes_on_with_a_fresh_episode_and_all_else(tmp_path):
    path = tmp_path / "host"
    options = {"backend": "gymnasium", "eval_episodes": 0, "checkpoint_every": 100}
    qlax.train(ENV, AGENT, steps=150, out=path, **options)
    before = arrays(checkpoint.checkpoints(path)[-1] / "state.npz")
    qlax.resume(path, steps=200)
    after = arrays(checkpoint.checkpoints(path)[-1] / "state.npz")
    count = "agent/replay/count"
    assert (before[count], after[count]) == (150, 200)
    # What was remembered before the gap is remembered still ...
    np.testing.assert_array_equal(
        before["agent/replay/action"][:150], after["agent/replay/action"][:150]
    )
    # ... but the last step before it ends its episode (bit 1: terminated, bit 2: truncated),
    # and the step after it only begins the next (bit 4: valid).
    flags = after["agent/replay/flags"][:, 0]
    assert flags[149] & 3
    assert not flags[150] & 4
    assert flags[151] & 4


def test_checkpoints_come_when_they_are_due_whatever_reports_do(tmp_path):
    run = qlax.train(
        ENV, AGENT, steps=400, out=tmp_path / "r", checkpoint_every=133, eval_episodes=0
    )
    kept = [checkpoint.iteration_of(path) for path in checkpoint.checkpoints(run.folder)]
    assert kept == [399, 400]
    assert [row["env_steps"] for row in folder.read_metrics(run.folder)] == list(range(4, 401, 4))


@pytest.mark.parametrize("damage", ["cut", "empty", "missing"])
def test_a_damaged_checkpoint_is_named_and_so_is_the_one_before(unbroken, tmp_path, damage):
    path = broken_off(unbroken, tmp_path, STEPS)
    newest = checkpoint.checkpoints(path)[-1]
    file = newest / "state.npz"
    content = file.read_bytes()
    file.unlink()
    if damage != "missing":
        file.write_bytes(content[: len(content) // 2] if damage == "cut" else b"")
    with pytest.raises(qlax.UsageError, match=r"iteration-000000000400.*iteration-000000000300"):
        qlax.resume(path, steps=STEPS + 10)
    shutil.rmtree(newest)
    assert qlax.resume(path, steps=STEPS + 10).result["env_steps"] == STEPS + 10


def test_a_checkpoint_of_another_agent_is_refused(unbroken, tmp_path):
    path = broken_off(unbroken, tmp_path, STEPS)
    other = AGENT.replace(replay=qlax.replay.Uniform(capacity=100, batch_size=8, n_step=2))
    with pytest.raises(qlax.UsageError, match=r"is sound, but .* another agent's") as refused:
        qlax.resume(path, agent=other, steps=STEPS + 10)
    assert "elsewhere" not in str(refused.value)


def test_a_run_in_another_environment_says_which_differs(tmp_path):
    small = qlax.train(ENV, AGENT, steps=100, eval_episodes=0, out=tmp_path / "id")
    with pytest.raises(qlax.UsageError, match=r"env is 'MountainCar-v0', but must be the run"):
        qlax.resume(small.folder, env="MountainCar-v0")
    make = functools.partial(gymnasium.make, ENV)
    run = qlax.train(make, AGENT, steps=40, eval_episodes=0, out=tmp_path / "r")
    other = functools.partial(gymnasium.make, "MountainCar-v0")
    said = r"MountainCar-v0, which shows Box\(shape=\(2,\).* has 3 .*which showed Box\(shape=\(4,\)"
    with pytest.raises(qlax.UsageError, match=said) as refused:
        qlax.resume(run.folder, env=other, steps=80)
    assert "delete" not in str(refused.value)
    assert qlax.resume(run.folder, env=make, steps=80).result["env_steps"] == 80


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(qlax.UsageError, match="is not a run of qlax"):
        qlax.resume(tmp_path)
    with pytest.raises(qlax.UsageError, match="holds no policy"):
        qlax.load(tmp_path)


def test_writing_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "result.json"
    folder.write_json(path, {"old": True})
    with pytest.raises(ValueError, match="not JSON compliant"):
        folder.write_json(path, {"new": float("nan")})
    assert folder.read_json(path) == {"old": True}
    assert [entry.name for entry in tmp_path.iterdir()] == ["result.json"]


def command(*words, cwd):
    return subprocess.Popen(
        [sys.executable, "-m", "qlax", *words],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for_progress(path, rows):
    for _ in range(600):
        if len(folder.read_metrics(path)) >= rows:
            return
        time.sleep(0.1)
    raise AssertionError(f"{path} made no progress")


LONG = [
    *("train", ENV, "--steps", "400000", "--checkpoint-every", "4000", "--eval-episodes", "0"),
    # Schedules that end with the run would differ in a run of another length.
    *("--agent.optimizer.learning-rate", "0.001"),
]


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path):
    process = command(*LONG, "--out", "run", cwd=tmp_path)
    wait_for_progress(tmp_path / "run", 3)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Go on with: qlax resume run" in output
    assert "Traceback" not in output
    saved = checkpoint.iteration_of(checkpoint.checkpoints(tmp_path / "run")[-1])
    rows = folder.read_metrics(tmp_path / "run")
    between = rows[-1]["env_steps"] - rows[-2]["env_steps"]
    # Stopped at once, between two reports or at one: nothing reported is not saved.
    assert 0 <= saved - rows[-1]["env_steps"] < between


def test_a_killed_run_goes_on_from_a_whole_checkpoint_as_if_never_stopped(tmp_path):
    process = command(*LONG, "--out", "killed", cwd=tmp_path)
    wait_for_progress(tmp_path / "killed", 6)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    newest = checkpoint.iteration_of(checkpoint.checkpoints(tmp_path / "killed")[-1])
    steps = newest + 2_000
    # The same run, never killed and only as long; its plan must agree on when to report.
    shutil.copytree(tmp_path / "killed", tmp_path / "whole")
    shutil.rmtree(tmp_path / "whole" / "checkpoints")
    for name in ("killed", "whole"):
        config = folder.read_json(tmp_path / name / "config.json")
        folder.write_json(tmp_path / name / "config.json", config | {"steps": steps})
        qlax.resume(tmp_path / name)
    assert_same_policy(tmp_path / "killed", tmp_path / "whole")
    assert untimed(tmp_path / "killed") == untimed(tmp_path / "whole")


class Heard(Corridor):
    """Remembers what it was seeded with."""

    seeds: ClassVar[list[int]] = []

    def reset(self, *, seed=None, options=None):
        if seed is not None:
            self.seeds.append(seed)
        return super().reset(seed=seed, options=options)


def test_seeds_that_stopped_together_go_on_in_different_episodes(tmp_path):
    heard = []
    for seed in (0, 1):
        options = {"seed": seed, "eval_episodes": 0}
        qlax.train(Heard, AGENT, steps=60, out=tmp_path / str(seed), **options)
        Heard.seeds.clear()
        qlax.resume(tmp_path / str(seed), env=Heard, steps=70)
        heard.append(list(Heard.seeds))
    assert heard[0] != heard[1]


def test_ctrl_c_after_training_says_that_it_was_saved(tmp_path):
    class Stopped(Corridor):
        steps = 0

        def step(self, action):
            Stopped.steps += 1
            if Stopped.steps > 60:  # in the evaluation
                raise KeyboardInterrupt
            return super().step(action)

    with pytest.raises(qlax.Interrupted, match=r"qlax\.resume"):
        qlax.train(Stopped, AGENT, steps=60, out=tmp_path / "run")
    Stopped.steps = -1_000
    assert qlax.resume(tmp_path / "run", env=Stopped).result["eval"]["mean"] == 6.0


def test_the_summary_tells_how_fast_the_new_steps_were(unbroken, tmp_path, capsys):
    path = broken_off(unbroken, tmp_path, STEPS)
    run = qlax.resume(path, steps=STEPS + 100)
    print_summaries(run, quiet=False)
    told = capsys.readouterr().out
    rate = 100 / run.result["train_seconds"]
    assert (
        f"the last 100 steps in {run.result['train_seconds']:.1f} s ({rate:,.0f} steps/s)" in told
    )


def test_writing_needs_nothing_of_what_lies_beside(tmp_path):
    crowded = tmp_path / "lr0.001"
    crowded.mkdir()
    (crowded / "gone").symlink_to("nowhere")
    folder.write_json(crowded / "result.json", {"new": True})
    assert folder.read_json(crowded / "result.json") == {"new": True}


def test_what_a_crash_left_of_a_checkpoint_goes_with_the_next(tmp_path):
    rest = tmp_path / "checkpoints" / ".iteration-000000000001.77.part"
    rest.mkdir(parents=True)
    for iteration in (10, 20, 30):
        checkpoint.save_checkpoint(tmp_path, {"weight": np.zeros(2)}, iteration)
    names = [path.name for path in sorted((tmp_path / "checkpoints").iterdir())]
    assert names == ["iteration-000000000020", "iteration-000000000030"]
