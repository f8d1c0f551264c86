"""Training that starts from a policy: what is taken over, what is fresh, and what does not fit."""

import json
import shutil

import jax
import numpy as np
import pytest

import qlax
from qlax import Agent, UsageError, explorers, heads, memories, networks, observations, replay
from qlax.drivers import CompiledDriver
from qlax.envs import spec_of
from qlax.envs.vectorised import Vectorised
from qlax.runs import checkpoint
from qlax.starting import start_from
from tests.envs.test_gymnasium import Corridor
from tests.probes import mdp

PROBE = mdp.Probe(mdp.slippery_corridor(4)._replace(time_limit=9))


def agent(**parts):
    return Agent(
        **{
            "network": networks.MLP(hidden=(8, 6)),
            "replay": replay.Uniform(capacity=64, batch_size=8),
            "explorer": explorers.EpsilonGreedy(epsilon=1.0),
            "learning_starts": 20,
            **parts,
        }
    )


def train(env, *given, **options):
    return qlax.train(env, *given, **{"eval_episodes": 0, "progress": False, **options})


@pytest.fixture(name="first", scope="module")
def _first(tmp_path_factory):
    return train(PROBE, agent(), steps=40, seed=1, out=tmp_path_factory.mktemp("first") / "run")


def leaves(tree):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]


def assert_alike(one, other):
    for ours, theirs in zip(leaves(one), leaves(other), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_run_starts_with_the_policys_parameters_on_either_driver(first, tmp_path):
    compiled = train(PROBE, agent(), steps=25, seed=2, start_from=first, out=tmp_path / "compiled")
    own = train(lambda: Corridor(), agent(), steps=25, out=tmp_path / "host")
    hosted = train(lambda: Corridor(), agent(), steps=10, start_from=own, out=tmp_path / "again")
    for run, before in ((compiled, first), (hosted, own)):
        state = checkpoint.checkpoints(run.folder)[0]
        assert state.is_dir()
        assert_alike(qlax.load(run.folder / "start").params, before.policy.params)
    # Nothing was learned in ten steps, so the policy is still the one that it started from.
    assert_alike(hosted.policy.params.network, own.policy.params.network)
    document = json.loads((compiled.folder / "config.json").read_text())
    assert document["start"] == {"from": str(first.folder), "without": []}


def test_everything_but_parameters_is_fresh(first):
    made = agent(observation=observations.Normalise())
    spec = spec_of(observation=(3,), actions=2)
    learner = qlax.Learner(made, spec, seed=4)
    for index in range(40):
        learner.act([0.1 * index, 1.0, -1.0] if index == 0 else None)
        learner.observe(1.0, [0.1 * index, 1.0, -1.0], False, False)
    policy = learner.policy
    later = qlax.Learner(made, spec, seed=5, start_from=policy)
    later.act([0.0, 0.0, 0.0])
    assert_alike(later.policy.params, policy.params)  # with the running statistics
    state = later._loop.lend()
    assert_alike(state.agent.learner.target, made.target.init(policy.params.network))
    assert (int(state.agent.learner.updates), int(state.agent.replay.count)) == (0, 0)
    assert all((leaf == 0).all() for leaf in leaves(state.agent.learner.optimizer))
    fresh = qlax.Learner(made, spec, seed=5, start_from=policy, start_without="observation")
    fresh.act([0.0, 0.0, 0.0])
    assert_alike(fresh.policy.params.network, policy.params.network)
    assert float(fresh.policy.params.stage.count) == 1.0


def test_seeds_side_by_side_start_alike(first):
    made, env = agent(), Vectorised(PROBE, 1)
    driver = CompiledDriver(made, env, side_by_side=True)
    start = start_from(first.policy)
    state = start.put_into(made, driver.init([3, 4]), side_by_side=True)
    for policy in driver.policies(state):
        assert_alike(policy.network, first.policy.params.network)
    assert_alike(driver.advance(state, 0, 2).agent.replay.count, np.int32([2, 2]))


def test_a_run_that_was_stopped_before_a_checkpoint_starts_from_the_policy_again(first, tmp_path):
    elsewhere = shutil.copytree(first.folder, tmp_path / "elsewhere")
    run = train(PROBE, agent(), steps=30, seed=2, start_from=str(elsewhere), out=tmp_path / "run")
    again = shutil.copytree(run.folder, tmp_path / "again")
    shutil.rmtree(elsewhere)
    for rest in ("checkpoints", "moments", "policy"):
        shutil.rmtree(again / rest)
    for rest in ("metrics.jsonl", "result.json"):
        (again / rest).unlink()
    resumed = qlax.resume(again, env=PROBE, progress=False)
    assert_alike(resumed.policy.params, run.policy.params)
    document = json.loads((again / "config.json").read_text())
    (again / "config.json").write_text(json.dumps({**document, "start": {"from": 3}}))
    with pytest.raises(UsageError, match="is damaged: it has start"):
        qlax.resume(again, env=PROBE)


def test_what_does_not_fit_is_named_and_may_be_left_out(first):
    policy, spec = first.policy, PROBE.spec

    def wrong(made, without=(), given=policy, env=spec):
        with pytest.raises(UsageError) as raised:
            start_from(given, without).require_fit(made, env)
        return str(raised.value)

    classes = agent(head=heads.C51(low=0.0, high=1.0, atoms=3))
    said = wrong(classes)
    assert "head: output/bias is float32[2], but must be float32[6]" in said
    assert "start_without='head'" in said
    start_from(policy, ["head"]).require_fit(classes, spec)

    wide = agent(network=networks.MLP(hidden=(8, 7)))
    said = wrong(wide)
    assert "network: dense_1/bias is float32[6], but must be float32[7]" in said
    assert "head: output/kernel is float32[2, 6], but must be float32[2, 7]" in said
    assert "start_without='network,head'" in said or "start_without='head,network'" in said
    assert "leaves nothing to start from" in wrong(wide, "head,network,observation")

    dueling = agent(head=heads.Scalar(stream=heads.Dueling(hidden=4)))
    assert "head: advantage/" in wrong(dueling)
    start_from(policy, "head").require_fit(dueling, spec)

    recurrent = agent(
        memory=memories.LSTM(size=5), replay=replay.Sequences(capacity=64, batch_size=4, length=4)
    )
    said = wrong(recurrent)
    assert "memory: lstm/" in said
    assert "head: output/kernel" in said
    start_from(policy, "memory,head").require_fit(recurrent, spec)

    normalised = agent(observation=observations.Normalise())
    unlimited = spec_of(observation=(4,), actions=2)
    plain = qlax.Learner(agent(observation=observations.Raw()), unlimited)
    plain.act(np.zeros(4))
    assert "observation: count is missing" in wrong(normalised, given=plain.policy, env=unlimited)


@pytest.mark.parametrize(
    ("given", "without", "said"),
    [
        (3, (), "start_from is 3, but must be a Policy"),
        ("nowhere", (), "nowhere holds no policy"),
        (None, "head", "nothing to start from"),
        ("nowhere", "heads", "start_without is 'heads', but must be of head, memory"),
        ("nowhere", 3, "start_without is 3, but must be several parts"),
    ],
)
def test_what_is_no_policy_is_refused(given, without, said):
    with pytest.raises(UsageError, match=said):
        start_from(given, without)


def test_nothing_is_written_if_it_does_not_fit(first, tmp_path):
    wide = agent(network=networks.MLP(hidden=(9,)))
    with pytest.raises(UsageError, match="do not fit"):
        train(PROBE, wide, steps=10, start_from=first, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
