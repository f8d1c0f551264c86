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
