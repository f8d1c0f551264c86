"""Named agents."""

import gymnasium
import numpy as np
import pytest

import qlax
from qlax import Agent, UsageError, memories, networks, presets
from qlax.explorers import OneStep
from qlax.layers import Noisy
from qlax.observations import Pixels, ScaleToBounds
from qlax.presets.fitting import images, published, toy_text
from qlax.replay import Rollout
from qlax.rewards import Clipped


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


@pytest.mark.parametrize("env", toy_text.TABLE_STEPS)
def test_where_states_are_numbered_nothing_is_repeated_or_summed(env):
    for name in ("dqn", "rainbow", "q_table"):
        chosen = presets.resolve(env, name)
        assert chosen.tuned
        assert chosen.agent.replay.n_step == 1
        assert chosen.agent.explorer.duration == OneStep()


def test_the_table_learns_the_best_way_along_the_cliff(tmp_path):
    run = qlax.train("CliffWalking-v1", "q_table", out=tmp_path / "run", eval_episodes=1)
    assert run.result["eval"]["returns"] == [-13.0]


def test_the_articles_agents_stay_as_they_were_published():
    for env in ("CartPole-v1", "MountainCar-v0"):
        assert presets.resolve(env, "article_dqn").agent == presets.article_dqn()


def test_agents_without_a_replay_train_longer():
    steps = {name: presets.resolve("CartPole-v1", name).steps for name in ("dqn", "pqn")}
    assert steps["pqn"] > steps["dqn"]


def test_who_learns_from_every_step_once_explores_longer():
    explorers = {
        name: presets.resolve("Taxi-v4", name).agent.explorer for name in ("dqn", "stream_q")
    }
    assert explorers["stream_q"].epsilon.steps == 10 * explorers["dqn"].epsilon.steps
    assert explorers["stream_q"].epsilon.end == presets.stream_q().explorer.epsilon.end


def test_agents_that_update_seldom_train_longer():
    """R2D2 steps eight environments for two updates; on LunarLander so does everybody."""
    steps = {env: presets.resolve(env, "dqn").steps for env in ("CartPole-v1", "LunarLander-v3")}
    assert presets.resolve("CartPole-v1", "r2d2").steps == 4 * steps["CartPole-v1"]
    assert presets.resolve("LunarLander-v3", "r2d2").steps == steps["LunarLander-v3"]


@pytest.mark.parametrize("name", ["drqn", "r2d2"])
def test_on_ice_a_memory_learns_from_fewer_sequences(name):
    replays = {env: presets.resolve(env, name).agent.replay for env in ("FrozenLake-v1", "Taxi-v4")}
    assert replays["Taxi-v4"].batch_size == presets.AGENTS[name]().replay.batch_size
    assert replays["FrozenLake-v1"].batch_size == 2


def test_where_noise_explores_only_the_beginning_is_random():
    explorer = presets.resolve("CartPole-v1", "noisy_dqn").agent.explorer
    assert (explorer.epsilon.start, explorer.epsilon.end) == (1.0, 0.0)


def test_a_temperature_begins_as_high_as_returns_lie_apart():
    cooling = presets.resolve("CliffWalking-v1", "boltzmann_dqn").agent.explorer.temperature
    assert (cooling.start, cooling.end, cooling.steps) == (200.0, 0.05, 20_000)


SEEN = {
    "picture": gymnasium.spaces.Box(0, 255, (64, 48, 3), np.uint8),
    "small picture": gymnasium.spaces.Box(0, 1, (10, 10, 4), bool),
    "several": gymnasium.spaces.Dict(
        screen=gymnasium.spaces.Box(0, 255, (60, 80), np.uint8),
        health=gymnasium.spaces.Box(0.0, 100.0, (1,), np.float32),
    ),
    "a few numbers": gymnasium.spaces.Box(-1.0, 1.0, (3, 3), np.float32),
}


def showing(space):
    """Return a function that makes an environment with such observations."""

    class Shows(gymnasium.Env):
        observation_space, action_space = space, gymnasium.spaces.Discrete(2)

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            return self.observation_space.sample(), {}

    return Shows


@pytest.mark.parametrize(
    ("shown", "network"),
    [
        ("picture", images.FIRST_CNN),
        ("small picture", images.GRID_CNN),
        (
            "several",
            networks.PerKey(
                keys=("screen", "health"),
                networks=(images.FIRST_CNN, networks.MLP(hidden=(64,))),
            ),
        ),
    ],
)
def test_an_untried_environment_that_shows_images_gets_a_network_for_them(shown, network):
    chosen = presets.resolve(showing(SEEN[shown]))
    assert chosen.agent.network == network
    assert not chosen.tuned
    noisy = presets.resolve(showing(SEEN[shown]), "noisy_dqn").agent.network
    inside = noisy.networks[0] if shown == "several" else noisy
    assert inside.layer == Noisy()


def test_a_few_numbers_and_tables_stay_with_general_settings():
    few = showing(SEEN["a few numbers"])
    assert presets.resolve(few, "dqn").agent == presets.dqn()
    assert presets.resolve(few).advised  # where no agent is named
    assert presets.resolve(showing(SEEN["picture"]), "q_learning").agent == presets.q_learning()


@pytest.mark.parametrize("name", published.PUBLISHED)
def test_on_atari_papers_agents_have_the_papers_numbers(name):
    chosen = presets.resolve("ALE/Pong-v5", name)
    assert chosen.steps == 50_000_000
    assert chosen.agent.network.channels == (32, 64, 64)
    assert chosen.agent.observation == Pixels()
    if name == "r2d2":
        told = memories.PreviousActionAndReward(memory=memories.LSTM(size=512))
        assert chosen.agent.memory == told
    if name == "pqn":
        assert isinstance(chosen.agent.replay, Rollout)
    else:
        assert chosen.agent.replay.capacity == 1_000_000


@pytest.mark.parametrize("name", ["dqn", "rainbow"])
def test_the_same_games_from_envpool_have_the_same_settings(name):
    pytest.importorskip("envpool")
    from_ale, from_envpool = (
        presets.resolve(f"{prefix}/Pong-v5", name) for prefix in ("ALE", "EnvPool")
    )
    assert from_ale == from_envpool


def test_other_worlds_have_settings_of_their_own():
    pytest.importorskip("minigrid")
    chosen = presets.resolve("MiniGrid-DoorKey-5x5-v0")
    assert chosen.tuned
    assert isinstance(chosen.agent.network, networks.PerKey)
    assert isinstance(chosen.agent.observation, ScaleToBounds)


def test_on_atari_all_other_agents_are_sized_for_a_desktop():
    for name in ("dqn", "c51", "drqn", "pqn_lstm"):
        chosen = presets.resolve("ALE/Pong-v5", name)
        assert chosen.agent.network.channels == (16, 32)
        assert getattr(chosen.agent.reward, "reward", chosen.agent.reward) == Clipped()
