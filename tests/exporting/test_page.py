"""The page that plays a classic: in a real browser, held to Gymnasium and to the policy."""

import contextlib
import json
import re
from importlib import resources

import gymnasium as gym
import numpy as np
import pytest

import qlax
from qlax import UsageError, export
from qlax.exporting import interpreter
from qlax.exporting.page import document
from qlax.policy import Policy
from qlax.presets import AGENTS
from qlax.spaces import EnvSpec
from tests.board.browser import browsing
from tests.exporting.policies import NUMBERS, policy_of
from tests.tiers import in_turn, one_in

CLASSICS = ["CartPole-v1", "MountainCar-v0", "Acrobot-v1"]

PLAY = """([actions, state]) => {
    const world = window.qlax.game.world, rows = [];
    world.state = state;
    for (const action of actions) {
        const { reward, terminated } = world.step(action);
        rows.push([...world.observation(), reward, Number(terminated)]);
    }
    return rows;
}"""


def trained(env, agent, out, **kwargs):
    known = {"steps": 300, "eval_episodes": 1, **kwargs}
    return qlax.train(env, agent, out=out, **known).policy


@contextlib.contextmanager
def opened(browser, path):
    page = browser.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"file://{path}")
    page.wait_for_function("window.qlax")
    page.evaluate("qlax.state.playing = false")
    yield page
    assert said == []
    page.close()


@one_in(4, 0)
def test_dynamics_are_gymnasiums(tmp_path):
    """Each step from the states that Gymnasium was in, and a hundred in a row."""
    drawn = np.random.default_rng(0)
    with browsing() as browser:
        for env_id in CLASSICS:
            policy = trained(env_id, "article_dqn", tmp_path / env_id)
            path = export(policy, tmp_path / f"{env_id}.html").path
            env = gym.make(env_id).unwrapped
            with opened(browser, path) as page:
                for seed in range(5):
                    env.reset(seed=seed)
                    state = [float(one) for one in env.state]
                    actions = drawn.integers(env.action_space.n, size=60).tolist()
                    rows, singles = [], []
                    for action in actions:
                        before = [float(one) for one in env.state]
                        shown, reward, terminated, *_ = env.step(action)
                        rows.append([*shown, reward, terminated])
                        singles += page.evaluate(PLAY, [[action], before])
                        if terminated:
                            break
                    played = page.evaluate(PLAY, [actions[: len(rows)], state])
                    np.testing.assert_allclose(singles, rows, rtol=1e-6, atol=1e-6)
                    np.testing.assert_allclose(played, rows, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("agent", in_turn(sorted(AGENTS), share=38))
def test_every_agent_answers_in_the_browser_as_in_python(agent, tmp_path):
    try:
        policy = trained("CartPole-v1", agent, tmp_path / "run", steps=20)
    except UsageError:
        pytest.skip(f"{agent} does not learn on CartPole")
    path = export(policy, tmp_path / "policy.html").path
    with browsing() as browser, opened(browser, path) as page:
        found = page.evaluate("qlax.check")
        assert (found["tried"], found["wrong"]) == (100, 0)
        assert "all 100 answers as in Python" in page.inner_text("#check")
        assert page.evaluate("for (let k = 0; k < 30; k++) qlax.game.step(); qlax.game.steps") >= 0


@pytest.mark.exhaustive
def test_it_solves_what_the_policy_solves(tmp_path):
    run = qlax.train("MountainCar-v0", out=tmp_path / "run", eval_episodes=20)
    assert run.result["eval"]["mean"] > -110
    path = export(run, to="page").path
    with browsing() as browser, opened(browser, path) as page:
        returns = page.evaluate(
            """() => {
                const game = window.qlax.game;
                game.reset();
                while (game.returns.length < 100) if (game.step()) game.reset();
                return game.returns;
            }"""
        )
    assert np.mean(returns) > -110


@one_in(4, 1)
def test_it_plays_by_itself_and_by_hand(tmp_path):
    policy = trained("CartPole-v1", "dqn", tmp_path / "run")
    path = export(policy, tmp_path / "policy.html").path
    with browsing() as browser, opened(browser, path) as page:
        page.click("#again")
        page.click("#step")
        page.click("#step")
        page.wait_for_function("document.getElementById('steps').textContent === '2'")
        assert page.locator("#values tr").count() == 2
        assert page.locator("#values tr.best").count() == 1
        page.check("#person")
        page.keyboard.down("ArrowRight")
        for _ in range(6):
            page.click("#step")
        assert page.evaluate("qlax.game.world.state[1]") > 0.5  # pushed to the right all along
        page.select_option("#speed", "16")
        page.uncheck("#person")
        page.click("#play")
        page.wait_for_function("qlax.game.returns.length >= 2")


@one_in(4, 2)
def test_the_page_asks_for_nothing_from_elsewhere(tmp_path):
    text = export(
        trained("CartPole-v1", "dqn", tmp_path / "run"), tmp_path / "policy.html"
    ).path.read_text()
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", text)
    assert "default-src 'none'" in text
    shown = json.loads(re.search(r'id="policy">(.*?)</script>', text, re.DOTALL)[1])
    assert shown["world"] == "CartPole"


def test_scripts_and_numpy_have_the_same_operations():
    text = (resources.files("qlax.exporting.page") / "runtime.js").read_text()
    table = text[text.index("const OPERATIONS") : text.index("// A policy:")]
    found = set(re.findall(r"(?:^  |, )(\w+)(?:: (?:each|\()|\(step)", table, re.MULTILINE))
    assert found == interpreter.OPERATIONS


def test_other_environments_are_refused(tmp_path):
    policy = policy_of(qlax.presets.dqn(), "vector")
    with pytest.raises(UsageError, match=r"Test-vector cannot be played in a page.*CartPole-v1"):
        export(policy, tmp_path / "policy.html")
    changed = EnvSpec(id="CartPole-v1", observation=NUMBERS, num_actions=3)
    other = Policy(policy.agent, changed, policy.params)
    with pytest.raises(UsageError, match="CartPole-v1 as it was wrapped in training"):
        export(other, tmp_path / "policy.html")
    assert list(tmp_path.iterdir()) == []


@one_in(4, 3)
def test_the_environments_arguments_are_kept_or_refused(tmp_path):
    policy = trained(
        "CartPole-v1", "dqn", tmp_path / "run", env_kwargs={"sutton_barto_reward": True}
    )
    text = export(policy, tmp_path / "policy.html").path.read_text()
    assert '"settings":{"sutton_barto_reward":true}' in text
    assert set(document.WORLDS) >= set(CLASSICS)
