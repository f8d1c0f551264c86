"""Files of a run that was stored are read; those of an older or a newer format are refused."""

import json
import shutil

import numpy as np
import pytest

import qlax
from qlax.runs import checkpoint, folder
from tests.formats.store import AGENT, HERE, STEPS


@pytest.fixture(name="run")
def _run(tmp_path):
    return shutil.copytree(HERE / "stored", tmp_path / "run")


@pytest.fixture(name="older")
def _older(tmp_path):
    return shutil.copytree(HERE / "older", tmp_path / "older")


def test_a_stored_policy_is_read():
    policy = qlax.load(HERE / "stored")
    assert policy.agent == AGENT
    assert (policy.spec.id, policy.spec.num_actions) == ("CartPole-v1", 2)
    shown = np.array([[0.1, -0.2, 0.03, 0.4], [0.0, 1.0, 0.0, -1.0]], np.float32)
    values = [[0.3705645, 2.4450431], [0.0270086, 0.0287019]]
    np.testing.assert_allclose(policy.q_values(shown), values, atol=1e-5)


def test_a_stored_run_is_gone_on_with(run):
    before = folder.read_metrics(run)
    assert [row["env_steps"] for row in before] == list(range(1, STEPS + 1))
    assert folder.read_config(run)["backend"] == "gymnax"  # which had CartPole then
    gone_on = qlax.resume(run, steps=STEPS + 10)
    assert gone_on.result["backend"] == "jax"
    assert gone_on.result["env_steps"] == STEPS + 10
    assert gone_on.result["updates"] == STEPS + 10 - 9
    after = folder.read_metrics(run)
    assert after[:STEPS] == before
    assert [row["env_steps"] for row in after[STEPS:]] == list(range(STEPS + 1, STEPS + 11))


OLDER = r"has an older format than qlax .* reads \(0 instead of 1\): train again\."


def test_an_older_run_is_refused_with_what_to_do(older):
    with pytest.raises(qlax.UsageError, match=rf"config\.json {OLDER}"):
        qlax.resume(older, steps=STEPS + 10)
    with pytest.raises(qlax.UsageError, match=rf"policy {OLDER}"):
        qlax.load(older)
    with pytest.raises(qlax.UsageError, match=rf"metrics\.jsonl {OLDER}"):
        folder.read_metrics(older)


def test_an_older_checkpoint_is_refused_with_what_to_do(run, older):
    shutil.rmtree(run / "checkpoints")
    shutil.copytree(older / "checkpoints", run / "checkpoints")
    with pytest.raises(qlax.UsageError, match=rf"iteration-000000000040 {OLDER}"):
        qlax.resume(run, steps=STEPS + 10)


FILES = {
    "config": "config.json",
    "checkpoint": "checkpoints/iteration-000000000040/checkpoint.json",
    "policy": "policy/policy.json",
}


@pytest.mark.parametrize("kind", FILES)
def test_what_a_newer_qlax_wrote_is_refused_with_what_to_do(run, kind):
    path = run / FILES[kind]
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    with pytest.raises(qlax.UsageError, match=r"has format 99 .* newer qlax .* --upgrade qlax"):
        qlax.load(run) if kind == "policy" else qlax.resume(run, steps=STEPS + 10)


def test_who_wrote_an_older_file_is_named(run):
    path = run / "config.json"
    document = json.loads(path.read_text()) | {"format": 0, "versions": {"qlax": "0.0.7"}}
    path.write_text(json.dumps(document))
    with pytest.raises(qlax.UsageError, match=r"`pip install qlax==0\.0\.7`, or train again"):
        qlax.resume(run, steps=STEPS + 10)


@pytest.mark.parametrize("number", [None, "1", 1.5, True, [1], -1])
def test_a_number_that_is_none_is_refused(run, number):
    path = run / "policy" / "policy.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": number}))
    with pytest.raises(qlax.UsageError, match="older format"):
        qlax.load(run)


def test_every_line_of_metrics_has_the_number():
    lines = (HERE / "stored" / "metrics.jsonl").read_text().splitlines()
    assert {json.loads(line)["format"] for line in lines} == {1}


def test_checkpoints_are_found_without_their_number():
    (found,) = checkpoint.checkpoints(HERE / "stored")
    assert checkpoint.iteration_of(found) == STEPS
