"""Members of an ensemble: each learns as the head inside would by itself."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from qlax import (
    Agent,
    UsageError,
    bootstraps,
    explorers,
    heads,
    layers,
    memories,
    networks,
    observations,
    optimizers,
    replay,
)
from qlax.bootstraps import NextValues
from qlax.bootstraps.of_prediction import backup_of
from qlax.drivers.core import nothing_seen
from qlax.heads import Ensemble, Scalar
from qlax.heads.core import loss_of
from qlax.spaces import Box, Discrete, EnvSpec
from tests import parts
from tests.heads.predicting import ACTIONS, BATCH, DENSE, Applied, random_backup, random_params

K = 4
HEADS = [row.part for row in parts.HEADS if not isinstance(row.part, Ensemble)]
BOOTSTRAPS = [row.part for row in parts.BOOTSTRAPS]
ACTION = jnp.arange(BATCH) % ACTIONS
NUMBER = jnp.arange(BATCH, dtype=jnp.uint32)
SPACE = Box(shape=(2,), dtype="float32", low=-1.0, high=1.0)
SPEC = EnvSpec(id="Any", observation=SPACE, num_actions=ACTIONS)


def member(tree, k):
    """Return member k's part of what an ensemble predicts or is given."""
    return jax.tree.map(lambda array: array[:, k], tree)


def both(inner):
    """Return an ensemble's random prediction, and those of its members by themselves."""
    module = Applied(Ensemble(head=inner, members=K))
    params = random_params(module, DENSE)
    alone = [
        Applied(inner).apply(
            {"params": jax.tree.map(lambda p, k=k: p[k], params["params"]["members"])}, DENSE
        )
        for k in range(K)
    ]
    return module.apply(params, DENSE), alone


def equal(found, expected):
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), found, expected
    )


@pytest.mark.parametrize("inner", HEADS, ids=repr)
def test_every_member_is_the_head_inside(inner):
    ensemble = Ensemble(head=inner, members=K)
    prediction, alone = both(inner)
    backups = [random_backup(seed)[2] for seed in range(K)]
    reward, discount, _ = random_backup()
    stacked = jax.tree.map(lambda *each: jnp.stack(each, 1), *backups)
    target = ensemble.backup(reward, discount, prediction, stacked)
    values = ensemble.member_values(prediction)
    assert values.shape == (BATCH, K, ACTIONS)
    losses = []
    for k in range(K):
        equal(member(prediction, k), alone[k])
        np.testing.assert_allclose(values[:, k], inner.q_values(alone[k]), rtol=1e-4, atol=1e-5)
        own = inner.backup(reward, discount, alone[k], backups[k])
        equal(member(target, k), own)
        losses.append(inner.loss(alone[k], ACTION, own))
    equal(
        ensemble.loss(prediction, ACTION, target),
        heads.Loss(*(np.mean(each, 0) for each in zip(*losses, strict=True))),
    )
    np.testing.assert_allclose(ensemble.q_values(prediction), values.mean(1), rtol=1e-6)


@pytest.mark.parametrize("bootstrap", BOOTSTRAPS, ids=repr)
def test_every_member_has_a_policy_of_its_own(bootstrap):
    predictions = {
        name: jax.random.normal(jax.random.key(index), (BATCH, K, ACTIONS))
        for index, name in enumerate(("online_next", "target_next", "target_now"))
    }
    legal = jnp.arange(ACTIONS) != ACTION[:, None] - 1
    known = {
        "action": ACTION,
        "next_action": ACTION,
        "behaviour_next": jnp.full((BATCH, ACTIONS), 1 / ACTIONS),
        "legal_now": None,
        "legal_next": legal,
    }
    found = backup_of(bootstrap, Ensemble(members=K), **predictions, **known)
    assert found.policy.shape == (BATCH, K, ACTIONS)
    for k in range(K):
        own = bootstrap(NextValues(**{n: p[:, k] for n, p in predictions.items()}, **known))
        equal(member(found, k), own)
    single = {name: values[:, 0] for name, values in predictions.items()}
    equal(backup_of(bootstrap, Scalar(), **single, **known), member(found, 0))


# --- masks ----------------------------------------------------------------------------------------


def test_masks_are_drawn_for_every_transition_and_member():
    ensemble = Ensemble(members=8, mask_probability=0.3)
    masks = np.asarray(ensemble.masks(jnp.arange(20_000, dtype=jnp.uint32)))
    # 20,000 draws: a share is known to about √(0.3 · 0.7 / 20,000) = 0.0032.
    np.testing.assert_allclose(masks.mean(0), 0.3, atol=0.015)
    correlations = np.corrcoef(np.concatenate([masks[:-1], masks[1:]], 1).T)
    assert np.abs(correlations - np.eye(16)).max() < 0.035
    order = jnp.array([7, 3, 7], jnp.uint32)
    np.testing.assert_array_equal(ensemble.masks(order), masks[np.asarray(order)])


def test_a_masked_member_adds_no_loss():
    ensemble = Ensemble(head=Scalar(loss_function="squared"), members=K, mask_probability=0.5)
    prediction = jax.random.normal(jax.random.key(0), (BATCH, K, ACTIONS))
    target = jnp.zeros((BATCH, K))
    found = loss_of(ensemble, prediction, ACTION, target, NUMBER)
    error = -np.asarray(prediction)[np.arange(BATCH), :, ACTION]
    masks = np.asarray(ensemble.masks(NUMBER))
    assert 0 < masks.sum() < masks.size
    np.testing.assert_allclose(found.loss, (masks * error**2 / 2).mean(1), rtol=1e-5)
    np.testing.assert_allclose(found.error, error.mean(1), rtol=1e-5)
    everybody = Ensemble(head=Scalar(loss_function="squared"), members=K)
    every = loss_of(everybody, prediction, ACTION, target, NUMBER)
    np.testing.assert_allclose(every.loss, (error**2 / 2).mean(1), rtol=1e-5)


def numbers_drawn(part, num_envs=3, steps=9):
    """Return what was seen first in the transitions of many batches, and their numbers."""
    agent = agent_of(Ensemble(members=2), replay=part, num_envs=num_envs)
    timestep = nothing_seen(SPEC, num_envs)
    state = agent.init(jax.random.key(0), SPEC, timestep)
    learner, memory = state.learner, state.replay
    for step in range(1, steps + 1):
        shown = jnp.full((num_envs, 2), float(step)).at[:, 1].set(jnp.arange(num_envs))
        following = timestep.replace(observation=shown)
        taken, _ = agent.experience(state.actor, timestep, jnp.zeros(num_envs, int), following)
        learner, memory = agent.remember(learner, memory, taken)
        timestep = following
    shown, numbers = [], []
    for seed in range(40):
        batch, _ = part.sample(memory, jax.random.key(seed), 0.9, next_action=False)
        seen = getattr(batch, "seen", None)
        now = batch.now.observation if seen is None else seen.observation[:-1].reshape(-1, 2)
        shown.append(np.asarray(now))
        numbers.append(np.asarray(batch.number))
    return np.concatenate(shown), np.concatenate(numbers)


@pytest.mark.parametrize(
    "part",
    [
        replay.Uniform(capacity=60, batch_size=8),
        replay.Prioritised(capacity=60, batch_size=8, importance=1.0),
        replay.Sequences(capacity=60, batch_size=2, length=3),
    ],
    ids=repr,
)
def test_a_transition_has_one_number_however_often_it_is_drawn(part):
    shown, numbers = numbers_drawn(part)
    expected = shown[:, 0] * 3 + shown[:, 1]
    np.testing.assert_array_equal(numbers, np.where(shown[:, 0] == 0, numbers, expected))
    assert len(np.unique(numbers)) > 15


# --- priors ---------------------------------------------------------------------------------------


def agent_of(head, **changed):
    return Agent(
        **{
            "network": networks.MLP(hidden=(8,)),
            "head": head,
            "observation": observations.Raw(),
            "replay": replay.Uniform(capacity=64, batch_size=6),
            **changed,
        }
    )


def test_a_prior_is_added_and_never_trained():
    with_prior = agent_of(Ensemble(members=K, hidden=(6,), prior_scale=3.0), num_envs=4)
    without = with_prior.replace(head=Ensemble(members=K, hidden=(6,)))
    shown = jax.random.normal(jax.random.key(1), (4, 2))
    timestep = nothing_seen(SPEC, 4).replace(observation=shown)
    state = with_prior.init(jax.random.key(0), SPEC, timestep)
    before = state.learner.params["params"]
    assert before["prior_network"]["dense_0"]["bias"].shape == (8,)
    assert before["priors"]["hidden_0"]["kernel"].shape == (K, 6, 8)

    def values(agent, params):
        params = with_prior.acting_params(state.learner).replace(network={"params": params})
        return np.asarray(agent.predict(params, SPEC, shown)[0])

    prior = {"dense_0": before["prior_network"]["dense_0"], "members": before["priors"]}
    total = values(with_prior, before)
    expected = values(without, before) + 3.0 * values(without, prior)
    np.testing.assert_allclose(total, expected, rtol=1e-4, atol=1e-5)
    assert values(without, prior).std(1).min() > 0.01  # members disagree

    learner, memory = state.learner, state.replay
    for _ in range(3):
        taken, _ = with_prior.experience(state.actor, timestep, jnp.zeros(4, int), timestep)
        learner, memory = with_prior.remember(learner, memory, taken._replace(reward=jnp.ones(4)))
        learner, memory, _ = with_prior.learn(learner, memory, state.actor.clock)
    after = learner.params["params"]
    for name in ("prior_network", "priors"):
        equal(after[name], before[name])
    for name in ("dense_0", "members"):
        moved = jax.tree.map(lambda a, b: float(np.abs(a - b).max()), after[name], before[name])
        assert max(jax.tree.leaves(moved)) > 0.0


@pytest.mark.parametrize("network", [networks.Table(), networks.MLP(hidden=(8,))], ids=repr)
@pytest.mark.parametrize("memory", [None, memories.GRU(size=8)], ids=repr)
def test_a_prior_is_a_function_of_the_observation_whatever_comes_after(network, memory):
    spec = EnvSpec(id="Any", observation=Discrete(5), num_actions=2)
    agent = agent_of(
        Ensemble(members=3, prior_scale=1.0),
        network=network,
        memory=memory,
        replay=replay.Sequences(capacity=64, batch_size=2, length=4),
        num_envs=5,
    )
    timestep = nothing_seen(spec, 5).replace(observation=jnp.arange(5), first=jnp.ones(5, bool))
    state = agent.init(jax.random.key(0), spec, timestep)
    params = agent.acting_params(state.learner)
    silent = dict(params.network["params"])
    silent["members"] = jax.tree.map(jnp.zeros_like, silent["members"])
    prior, _ = agent.predict(
        params.replace(network={"params": silent}),
        spec,
        timestep.observation,
        state.actor.memory,
        timestep.first,
    )
    assert prior.shape == (5, 3, 2)
    assert float(prior.std((0, 1)).min()) > 0.05


class Torso(nn.Module):
    """A network of a user's own."""

    @nn.compact
    def __call__(self, x):
        return nn.Dense(7)(x)


def test_the_prior_of_a_network_of_ones_own_has_parameters_of_its_own():
    agent = agent_of(Ensemble(members=3, prior_scale=1.0), network=Torso())
    params = agent.init_params(jax.random.key(0), SPEC, jnp.zeros((1, 2)))["params"]
    learned, fixed = params["network"], params["prior_network"]["network"]
    assert jax.tree.map(jnp.shape, learned) == jax.tree.map(jnp.shape, fixed)
    assert float(jnp.abs(learned["Dense_0"]["kernel"] - fixed["Dense_0"]["kernel"]).max()) > 0.01


def test_members_draw_noise_of_their_own():
    noisy = Scalar(stream=heads.Plain(layer=layers.Noisy(sigma=1.0)))
    agent = agent_of(Ensemble(head=noisy, members=3))
    shown = jnp.ones((2, 2))
    timestep = nothing_seen(SPEC, 1)
    state = agent.init(jax.random.key(0), SPEC, timestep)
    params = agent.acting_params(state.learner)
    quiet, _ = agent.predict(params, SPEC, shown)
    noise = np.asarray(agent.predict(params, SPEC, shown, key=jax.random.key(3))[0] - quiet)
    assert len(np.unique(noise[..., 0].round(5))) == 6  # two environments, three members


# --- what does not go together --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Ensemble(head=Ensemble()), "Ensemble.head is an Ensemble, but must be a head of"),
        (
            lambda: agent_of(Ensemble(prior_scale=1.0), network=networks.MLP(layer=layers.Noisy())),
            r"prior must be a fixed function, and .* draws random numbers \(noise, own_noise\)",
        ),
        (
            lambda: agent_of(Scalar(), explorer=explorers.FollowMember()),
            "FollowMember follows a member of an ensemble, which Scalar is not: take heads.Ens",
        ),
        (
            lambda: agent_of(Ensemble(), replay=replay.Latest(), optimizer=optimizers.TraceSGD()),
            "TraceSGD has one error δ and one eligibility trace, but every member of Ensemble",
        ),
        (
            lambda: agent_of(
                Ensemble(),
                replay=replay.Sequences(
                    capacity=64, batch_size=2, length=4, lambda_return=replay.LambdaReturn()
                ),
            ),
            "LambdaReturn makes one return of a sequence, but Ensemble learns",
        ),
        (
            lambda: agent_of(
                Ensemble(),
                explorer=explorers.FollowMember(),
                bootstrap=bootstraps.ExpectedSarsa(),
            ),
            "ExpectedSarsa needs action probabilities, which FollowMember cannot give",
        ),
        (
            lambda: agent_of(Ensemble(head=heads.FQF(), prior_scale=1.0)).init(
                jax.random.key(0), SPEC, nothing_seen(SPEC, 1)
            ),
            "FQF predicts several arrays, to which no prior can be added",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(make, sentence):
    with pytest.raises(UsageError, match=sentence):
        make()
