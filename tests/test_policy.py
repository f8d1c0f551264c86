"""A finished policy whose agent has a memory: it must be asked in turn."""

import jax.numpy as jnp
import numpy as np
import pytest

import qlax
from qlax import Agent, UsageError, explorers, memories, networks, observations, optimizers, replay
from qlax.envs import TimeStep
from tests.probes.recall import Recall
from tests.tiers import in_turn


def agent(memory):
    return Agent(
        network=networks.MLP(hidden=(16,)),
        memory=memory,
        explorer=explorers.EpsilonGreedy(epsilon=1.0),
        replay=replay.Sequences(capacity=4_000, batch_size=32, length=4),
        optimizer=optimizers.Adam(learning_rate=5e-3),
        observation=observations.Normalise(),
        discount=0.9,
        num_envs=4,
        learning_starts=200,
    )


@pytest.fixture(
    scope="module",
    name="run",
    params=in_turn([memories.LSTM(size=16), memories.GRU(size=16)], 2),
    ids=repr,
)
def _run(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("recall") / "run"
    return qlax.train(Recall(), agent(request.param), steps=8_000, out=path, eval_episodes=30)


def episode(sign):
    """Return what is shown until the choice."""
    return [np.array(shown, np.float32) for shown in ([sign, 0], [0, 1 / 3], [0, 2 / 3])]


def test_what_was_shown_only_once_is_remembered(run):
    """Without a memory half of the episodes would be right."""
    assert run.result["eval"]["returns"] == [1.0] * 30


def test_the_memory_must_be_asked_in_turn(run):
    for ask in (run.policy.predict, run.policy.q_values):
        with pytest.raises(UsageError, match=r"has a memory.*policy\.actor\(\)"):
            ask(episode(1.0)[0])


def test_an_actor_remembers_and_forgets_with_a_new_episode(run):
    actor = qlax.load(run.folder).actor()
    for sign in (1.0, -1.0, -1.0, 1.0, 1.0):
        taken = [actor.act(shown, first=at == 0) for at, shown in enumerate(episode(sign))]
        assert taken[-1] == (sign > 0)


def test_without_a_first_step_nothing_is_forgotten(run):
    """The same observations after different pasts: values differ unless the past is dropped."""
    policy = run.policy
    params, spec = policy.params, policy.spec
    fresh = policy.agent.memory.init(1)
    lived = fresh
    for shown in episode(-1.0):
        first = jnp.array([False])
        _, lived = policy.agent.values(params, spec, shown[None], lived, first)
    now = episode(1.0)[1][None]

    def values(memory, *, first):
        return np.asarray(policy.agent.values(params, spec, now, memory, jnp.array([first]))[0])

    assert np.abs(values(lived, first=False) - values(fresh, first=False)).max() > 1e-3
    np.testing.assert_allclose(values(lived, first=True), values(fresh, first=False), atol=1e-6)


def test_environments_side_by_side_have_a_memory_each(run):
    """Two actors of one environment are one actor of two."""
    signs = (1.0, -1.0)
    together = run.policy.actor(2)
    alone = [run.policy.actor() for _ in signs]
    for at in range(3):
        shown = np.stack([episode(sign)[at] for sign in signs])
        no, first = np.zeros(2, bool), np.full(2, at == 0)
        taken = together(TimeStep(shown, np.zeros(2, np.float32), no, no, first))
        assert taken.dtype == np.int32
        expected = [actor.act(one, first=at == 0) for actor, one in zip(alone, shown, strict=True)]
        assert taken.tolist() == expected
    assert taken.tolist() == [1, 0]


def test_an_actor_of_several_environments_does_not_act_in_one(run):
    with pytest.raises(UsageError, match="num_envs is 2"):
        run.policy.actor(2).act(episode(1.0)[0])
    with pytest.raises(UsageError, match="a batch"):
        run.policy.actor().act(np.stack(episode(1.0)))


def test_evaluating_again_gives_the_same_returns(run):
    loaded = qlax.load(run.folder)
    assert qlax.evaluate(loaded, Recall(), episodes=30).returns == run.result["eval"]["returns"]


def test_an_actor_without_a_memory_is_the_policy_itself(tmp_path):
    run = qlax.train(
        "CartPole-v1",
        Agent(network=networks.MLP(hidden=(8,)), learning_starts=50),
        steps=100,
        out=tmp_path / "run",
        eval_episodes=0,
    )
    shown = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    no = np.zeros(20, bool)
    taken = run.policy.actor(20)(TimeStep(shown, np.zeros(20, np.float32), no, no, no))
    np.testing.assert_array_equal(taken, run.policy.predict(shown))
    actor = run.policy.actor()
    assert [actor.act(one) for one in shown] == taken.tolist()
