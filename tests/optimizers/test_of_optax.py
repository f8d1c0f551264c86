"""Transformations and schedules of optax in an agent."""

import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import qlax
from qlax import presets
from qlax.optimizers import Adam
from qlax.optimizers.of_optax import OfOptax
from tests.runs.small import AGENT, assert_same_policy
from tests.test_optimizers import PARAMS, ours, theirs

ENV, OPTIONS = "MountainCar-v0", {"seed": 2, "eval_episodes": 0, "progress": False}
CHAIN = optax.chain(optax.clip_by_global_norm(10.0), optax.lion(1e-4))


@pytest.mark.parametrize(
    "transform",
    [
        CHAIN,
        optax.adamw(optax.cosine_decay_schedule(0.1, 8), weight_decay=0.01),
        optax.inject_hyperparams(optax.rmsprop)(learning_rate=0.05),
        optax.contrib.muon(0.05),
    ],
    ids=["lion", "adamw", "injected", "muon"],
)
def test_steps_are_those_of_the_transformation(transform):
    """Also where steps that are none come in between."""
    expected = theirs(transform, 10)
    for void_after in ((), (3, 4)):
        found = ours(OfOptax(transform), 10, void_after)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), found, expected)
    assert not np.allclose(expected["a"], PARAMS["a"])


def test_an_agent_takes_a_transformation_wherever_an_optimizer_fits():
    made = presets.dqn().replace(optimizer=CHAIN)
    assert made.optimizer == OfOptax(CHAIN)
    assert dataclasses.replace(presets.dqn(), optimizer=CHAIN) == made
    assert hash(made) == hash(presets.dqn().replace(optimizer=CHAIN))
    assert made != presets.dqn().replace(optimizer=optax.lion(1e-4))
    assert "optimizer=optax.chain" in repr(made)
    assert presets.fitted(made, ENV).optimizer == made.optimizer
    with pytest.raises(qlax.UsageError, match=r"Agent\.optimizer is .*must be an Optimizer"):
        presets.dqn().replace(optimizer=optax.lion)


@pytest.mark.parametrize(
    ("optimizer", "kept"),
    [
        (CHAIN, {"custom": "optax.chain"}),
        (
            Adam(learning_rate=optax.cosine_decay_schedule(1e-3, 300)),
            {"custom": "optax.cosine_decay_schedule"},
        ),
    ],
    ids=["transformation", "schedule"],
)
def test_a_run_goes_on_bit_for_bit_once_the_agent_is_given_again(optimizer, kept, tmp_path):
    agent = AGENT.replace(optimizer=optimizer)
    whole = qlax.train(ENV, agent, steps=300, out=tmp_path / "whole", **OPTIONS)
    part = qlax.train(ENV, agent, steps=150, out=tmp_path / "part", **OPTIONS)
    written = json.loads((part.folder / "config.json").read_text())["agent"]["optimizer"]
    assert kept in (written, written.get("learning_rate"))
    for again in (qlax.resume, qlax.load):
        with pytest.raises(qlax.UsageError, match=rf"your own, {kept['custom']}:.*give the agent"):
            again(part.folder)
    gone_on = qlax.resume(part.folder, agent=agent, steps=300, progress=False)
    assert_same_policy(gone_on.folder, whole.folder)
    assert qlax.load(gone_on.folder, agent=agent).predict(np.zeros(2, np.float32)) in (0, 1, 2)


def test_another_agent_does_not_fit_the_checkpoint(tmp_path):
    agent = AGENT.replace(optimizer=CHAIN)
    run = qlax.train(ENV, agent, steps=100, out=tmp_path / "run", **OPTIONS)
    with pytest.raises(qlax.UsageError):
        qlax.resume(run.folder, agent=AGENT, steps=200)


def test_a_transformation_that_needs_more_than_gradients_is_refused(tmp_path):
    agent = AGENT.replace(optimizer=optax.chain(optax.sgd(0.1), optax.contrib.reduce_on_plateau()))
    with pytest.raises(qlax.UsageError, match="its update is given gradients, state"):
        qlax.train(ENV, agent, steps=100, out=tmp_path / "run", **OPTIONS)
    assert not (tmp_path / "run").exists()


def test_a_sweep_cannot_reach_the_rate_inside():
    agent = AGENT.replace(optimizer=CHAIN)
    with pytest.raises(qlax.UsageError, match=r"the rate of optax\.chain is inside of it"):
        qlax.sweep(ENV, agent, learning_rates=[0.1], seeds=[0], steps=100)


def test_a_schedule_of_optax_is_followed_update_by_update():
    schedule = optax.piecewise_constant_schedule(0.1, {2: 0.5})
    found = ours(Adam(learning_rate=schedule), 5)
    expected = theirs(optax.adam(lambda step: jnp.where(step < 2, 0.1, 0.05)), 5)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), found, expected)
