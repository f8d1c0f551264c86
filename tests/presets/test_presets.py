"""Named agents."""

import pytest

from qlax import Agent, UsageError, presets


@pytest.mark.parametrize("name", presets.AGENTS)
def test_a_name_makes_an_ordinary_agent(name):
    agent = presets.AGENTS[name]()
    assert type(agent) is Agent
    assert agent == presets.AGENTS[name]()
    assert agent.replace(discount=0.5).discount == 0.5
    assert presets.resolve("NoSuchEnv-v0", name).agent == agent


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UsageError, match=r"no agent 'dqm'\. Did you mean dqn"):
        presets.resolve("CartPole-v1", "dqm")


def test_an_agent_is_taken_as_it_is():
    agent = Agent(discount=0.5)
    chosen = presets.resolve("MountainCar-v0", agent)
    assert chosen.agent is agent
    assert not chosen.tuned


def test_a_tuned_agent_says_so():
    assert presets.resolve("MountainCar-v0").tuned
    assert not presets.resolve("NoSuchEnv-v0").tuned
    assert not presets.resolve(lambda: None).tuned


@pytest.mark.parametrize(
    "name", ["c51", "m_iqn", "noisy_dqn", "rainbow", "r2d2", "pqn", "stream_q"]
)
def test_an_environments_settings_leave_the_idea_alone(name):
    general, tuned = presets.AGENTS[name](), presets.resolve("MountainCar-v0", name).agent
    assert tuned != general
    assert tuned.bootstrap == general.bootstrap
    assert tuned.memory == general.memory
    for part in ("network", "head", "replay", "optimizer"):
        assert type(getattr(tuned, part)) is type(getattr(general, part))
    if hasattr(general.head, "stream"):
        assert tuned.head.stream == general.head.stream
    if hasattr(general.replay, "priority"):
        assert tuned.replay.priority == general.replay.priority


def test_tables_are_not_given_what_networks_are():
    assert presets.resolve("CartPole-v1", "q_table").agent == presets.q_table()
    assert presets.resolve("MountainCar-v0", "q_table").agent == presets.q_table()


def test_the_articles_agents_stay_as_they_were_published():
    for env in ("CartPole-v1", "MountainCar-v0"):
        assert presets.resolve(env, "article_dqn").agent == presets.article_dqn()


def test_agents_without_a_replay_train_longer():
    steps = {name: presets.resolve("CartPole-v1", name).steps for name in ("dqn", "pqn")}
    assert steps["pqn"] > steps["dqn"]


def test_where_noise_explores_only_the_beginning_is_random():
    explorer = presets.resolve("CartPole-v1", "noisy_dqn").agent.explorer
    assert (explorer.epsilon.start, explorer.epsilon.end) == (1.0, 0.0)
