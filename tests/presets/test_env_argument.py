"""One name, one agent: `presets.dqn(env=ENV)` is what `--agent dqn` trains, and it is said how."""

import inspect
import json

import gymnasium
import pytest

import qlax
from qlax import Agent, UsageError, config, presets
from qlax.cli.main import run as command
from qlax.observers import Observer
from qlax.presets.fitting import images
from qlax.runs import folder
from tests.presets.test_presets import SEEN, showing
from tests.probes import mdp
from tests.runs.small import AGENT, assert_same_policy

ENV = "MountainCar-v0"


@pytest.mark.parametrize("env", [ENV, "CliffWalking-v1", "Blackjack-v1"])
@pytest.mark.parametrize("name", presets.AGENTS)
def test_a_name_and_its_function_are_one_agent(name, env):
    make = presets.AGENTS[name]
    assert make(env=env) == presets.resolve(env, name).agent
    assert make(env=None) == make()
    assert "env" in inspect.signature(make).parameters
    assert make.__doc__


@pytest.mark.parametrize("name", presets.AGENTS)
def test_it_trains_as_long(name):
    by_name = presets.resolve(ENV, name)
    given = presets.resolve(ENV, presets.AGENTS[name](env=ENV))
    assert (given.agent, given.steps) == (by_name.agent, by_name.steps)


def test_an_environment_may_be_given_in_any_way():
    picture = showing(SEEN["picture"])
    assert presets.dqn(env=picture).network == images.FIRST_CNN
    assert presets.dqn(env=lambda: picture()).network == images.FIRST_CNN
    assert presets.dqn(env=mdp.Probe(mdp.choices())) == presets.dqn()
    made = gymnasium.make(ENV)
    assert presets.dqn(env=made) == presets.dqn(env=ENV) != presets.dqn()
    made.close()
    lake = presets.dqn(env="FrozenLake-v1", env_kwargs={"map_name": "8x8"})
    assert lake == presets.dqn(env="FrozenLake-v1")
    with pytest.raises(UsageError, match="colour"):
        presets.dqn(env=picture, env_kwargs={"colour": "red"})


def test_an_environment_that_cannot_be_made_is_refused():
    with pytest.raises(UsageError, match="NoSuchEnv-v0"):
        presets.dqn(env="NoSuchEnv-v0")


def test_both_train_to_the_same_policy(tmp_path):
    options = {"steps": 300, "eval_episodes": 0}
    by_name = qlax.train(ENV, "rainbow", out=tmp_path / "name", **options)
    given = qlax.train(ENV, presets.rainbow(env=ENV), out=tmp_path / "object", **options)
    assert_same_policy(by_name.folder, given.folder)
    changed = [folder.read_json(run.folder / folder.CONFIG)["fitted"] for run in (by_name, given)]
    assert changed[0] == changed[1]
    assert {"field": "discount", "before": "0.99", "after": "0.985"} in changed[0]


@pytest.mark.parametrize("damage", [7, [7], [{"field": "discount"}], [{"field": 1}], None])
def test_what_a_file_says_was_fitted_is_checked(damage, tmp_path):
    run = qlax.train(ENV, AGENT, steps=20, out=tmp_path / "run", eval_episodes=0)
    where = run.folder / folder.CONFIG
    where.write_text(json.dumps({**json.loads(where.read_text()), "fitted": damage}))
    with pytest.raises(UsageError, match="damaged: it has fitted"):
        qlax.resume(run.folder, steps=40)


class Notes(Observer):
    """Keeps what is told before training."""

    def __init__(self):
        self.texts = []

    def note(self, topic, text):
        self.texts.append(text)


def told(agent, tmp_path, env=ENV):
    notes = Notes()
    options = {"steps": 40, "eval_episodes": 0, "out": tmp_path / "run"}
    qlax.train(env, agent, observers=[notes], **options)
    return [text for text in notes.texts if "presets." in text]


def test_an_agent_that_is_trained_as_given_is_told_of_the_tuned_one(tmp_path):
    assert told(presets.dqn_nature(), tmp_path) == [
        "the agent is presets.dqn_nature(), fitted to no environment; fitted to this one it is "
        f"presets.dqn_nature(env='{ENV}')"
    ]


@pytest.mark.parametrize(
    ("agent", "env"),
    [
        ("dqn", ENV),
        (presets.dqn(env=ENV), ENV),
        (AGENT, ENV),
        (presets.article_dqn(), ENV),
        (presets.q_learning(), "CliffWalking-v1"),
    ],
    ids=["name", "fitted", "own", "article", "table"],
)
def test_of_nothing_else_is_it_told(agent, env, tmp_path):
    assert told(agent, tmp_path, env) == []


def lines_of(words, capsys):
    assert command(words.split()) == 0
    return capsys.readouterr().out.splitlines()


def test_a_run_says_what_was_changed_for_its_environment(tmp_path, capsys):
    words = f"train {ENV} --steps 20 --eval-episodes 0 --out {tmp_path / 'run'}"
    lines = lines_of(f"{words} --agent.replay.capacity 7000", capsys)
    first = lines.index(f"fitted    to {ENV} (elsewhere → here)")
    assert lines[first + 1 : first + 7] == [
        "          explorer: duration Zeta() → Uniform()",
        "          replay: batch_size 64 → 32, n_step 5 → 10",  # and not what the user set
        "          target: Polyak() → Periodic(period=1000)",
        "          optimizer: learning_rate 0.0005 → Linear(start=0.003, end=0.0001, "
        "steps=42,000), max_grad_norm 10.0 → None",
        "          observation: Normalise() → ScaleToBounds()",
        "          discount 0.99 → 0.985, policy 'target' → 'online'",
    ]
    again = lines_of(f"resume {tmp_path / 'run'} --steps 40", capsys)
    assert not [line for line in again if line.startswith("fitted")]


def test_the_papers_own_is_trained_as_published(tmp_path, capsys):
    words = f"train {ENV} --agent dqn_nature --as-published --steps 20 --eval-episodes 0"
    lines = lines_of(f"{words} --out {tmp_path / 'run'}", capsys)
    assert lines[0] == f"training  dqn_nature-as-published on {ENV}"
    assert not [line for line in lines if line.startswith("fitted")]
    written = json.loads((tmp_path / "run" / "config.json").read_text())
    assert written["fitted"] == []
    assert config.from_json(written["agent"]) == presets.dqn_nature()


def test_as_published_is_what_the_paper_has_where_we_have_it():
    on_atari = presets.resolve("ALE/Pong-v5", "rainbow", as_published=True)
    assert on_atari == presets.resolve("ALE/Pong-v5", "rainbow")
    assert on_atari.steps == 50_000_000


def test_as_published_is_no_other_agent_where_nothing_is_fitted():
    for name in ("dqn", "q_learning", "btr"):
        plain = presets.resolve("Blackjack-v1", name, as_published=True)
        assert plain == presets.resolve("Blackjack-v1", name)
        assert plain.name == name


def test_an_agent_of_ones_own_trains_as_long_as_others_there():
    own = presets.dqn(env=ENV).replace(head=qlax.heads.QuantileRegression())
    assert presets.resolve(ENV, own).steps == presets.resolve(ENV, "dqn").steps
    assert presets.resolve("Blackjack-v1", Agent()).steps == 100_000
