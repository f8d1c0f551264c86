"""What environments come to, however they are given, and how often they are made."""

import functools

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.classic_control import CartPoleEnv
from gymnasium.wrappers import ClipReward, TransformObservation

import qlax
from qlax import UsageError
from qlax.cli.summary import outcome_of
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.opening import describe, opened
from qlax.envs.origin import Origin
from qlax.envs.select import select
from qlax.evaluation import evaluate_in
from tests.envs.test_vectorised import Countdown
from tests.runs.small import AGENT


class Line(gymnasium.Env):
    """Ten steps along a line, each of which pays 1."""

    observation_space = gymnasium.spaces.Box(-1.0, 20.0, (1,))
    action_space = gymnasium.spaces.Discrete(2)
    opened: int = 0
    made: int = 0

    def __init__(self, pay=1.0):
        self.pay = pay
        type(self).made += 1
        type(self).opened += 1

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.place += 1
        return np.full(1, self.place, np.float32), self.pay, self.place == 10, False, {}

    def close(self):
        type(self).opened -= 1


@pytest.fixture
def line():
    """A class of its own, whose instances nobody has counted yet."""

    class Counted(Line):
        opened = made = 0

    return Counted


def trained(env, tmp_path, agent=AGENT, **options):
    options = {"steps": 100, "eval_episodes": 3, "out": tmp_path / "run"} | options
    return qlax.train(env, agent, **options)


@pytest.mark.parametrize(("episodes", "made"), [(0, 1), (1, 2), (3, 4), (100, 21)])
def test_an_environment_is_made_once_to_train_in_and_then_to_be_evaluated(
    line, tmp_path, episodes, made
):
    trained(line, tmp_path, eval_episodes=episodes)
    assert (line.made, line.opened) == (made, 0)


@pytest.mark.parametrize(("episodes", "made"), [(0, 1), (3, 3)])
def test_with_a_twin_the_one_that_was_described_is_the_first_to_be_evaluated(
    tmp_path, monkeypatch, episodes, made
):
    makes, make = [], gymnasium.make
    monkeypatch.setattr(gymnasium, "make", lambda *a, **k: makes.append(a) or make(*a, **k))
    trained("CartPole-v1", tmp_path, eval_episodes=episodes)
    assert len(makes) == made


def test_all_are_closed_if_one_cannot_be_made(line):
    def make():
        if line.opened == 2:
            raise OSError("no more")
        return line()

    with pytest.raises(qlax.EnvironmentFailure, match=r"failed to be made: OSError: no more\.$"):
        select(make, num_envs=3)
    assert line.opened == 0


class Altered(CartPoleEnv):
    """What is registered nowhere."""


def with_gravity(env):
    env.unwrapped.gravity = 20.0
    return env


def played(env):
    env.reset(seed=3)
    for _ in range(5):
        env.step(1)
    return env


OBJECTS = {
    "as its id says": (lambda: gymnasium.make("CartPole-v1"), "CartPole-v1", {}),
    "in play": (lambda: played(gymnasium.make("CartPole-v1")), "CartPole-v1", {}),
    "to be drawn": (
        lambda: gymnasium.make("CartPole-v1", render_mode="rgb_array"),
        "CartPole-v1",
        {},
    ),
    "with an argument": (
        lambda: gymnasium.make("CartPole-v1", sutton_barto_reward=True),
        "CartPole-v1",
        {"sutton_barto_reward": True},
    ),
    "with a limit": (
        lambda: gymnasium.make("CartPole-v1", max_episode_steps=9),
        "CartPole-v1",
        {"max_episode_steps": 9},
    ),
    "wrapped": (lambda: ClipReward(gymnasium.make("CartPole-v1"), 0.0, 0.5), None, {}),
    "altered": (lambda: with_gravity(gymnasium.make("CartPole-v1")), None, {}),
    "without a spec": (Altered, None, {}),
}
MANY = {"as its id says", "in play", "to be drawn", "with an argument", "with a limit", "wrapped"}


@pytest.mark.parametrize("kind", OBJECTS)
def test_an_object_is_what_its_spec_says_where_it_says_all(kind):
    make, identity, kwargs = OBJECTS[kind]
    with opened(make()) as source:
        assert source.origin.id == identity
        assert source.kwargs == kwargs
        if kind in MANY:
            select(source, num_envs=3, backend="gymnasium").env.close()
        else:
            with pytest.raises(UsageError, match="one and the same environment each time, but 3"):
                select(source, num_envs=3)


def test_copies_of_an_object_play_as_it_does():
    given = ClipReward(gymnasium.make("CartPole-v1"), 0.0, 0.5)
    with opened(given) as source:
        env = select(source, num_envs=2).env
        env.reset(seed=0)
        assert env.step(np.zeros(2, int)).reward.tolist() == [0.5, 0.5]
        env.close()


def test_an_object_that_cannot_be_copied_is_trained_in_alone_and_left_as_it_was(tmp_path):
    given = TransformObservation(gymnasium.make("CartPole-v1"), lambda seen: seen / 2, None)
    limit = given.env
    assert limit._max_episode_steps == 500
    run = trained(given, tmp_path, AGENT.replace(time_limit=4), eval_episodes=4)
    assert run.result["backend"] == "gymnasium"
    assert run.result["eval"]["min"] > 4.0  # evaluated without the limit of training
    assert limit._max_episode_steps == 500
    given.reset(seed=0)
    given.step(0)  # it is open


KEPT = gymnasium.make("CartPole-v1")


class Keeper:
    """Hands out its own."""

    def __init__(self):
        self.env = Altered()

    def give(self):
        return self.env


@pytest.mark.parametrize(
    ("give", "id"),
    [
        (lambda: KEPT, "CartPole-v1"),
        (functools.partial(lambda env: env, KEPT), "CartPole-v1"),
        (lambda env=KEPT: ClipReward(env, 0.0, 0.5), None),
        (Keeper().give, None),
    ],
    ids=["a variable", "an argument", "a default, wrapped", "an attribute"],
)
def test_a_function_that_gives_one_it_has_is_as_good_as_that_one(give, id):
    with opened(give) as source:
        assert source.origin.id == id
        assert "object" in str(source.origin) or id


def test_a_function_that_gives_the_same_again_is_evaluated_in_that_one(tmp_path):
    env = Line()

    class Gives:
        def __call__(self):
            return self.__dict__.setdefault("env", env)

    run = trained(Gives(), tmp_path)
    assert run.result["eval"]["returns"] == [10.0, 10.0, 10.0]
    with pytest.raises(UsageError, match="num_envs"):
        trained(Gives(), tmp_path, AGENT.replace(num_envs=2), out=tmp_path / "two")
    assert not (tmp_path / "two").exists()


def test_where_a_second_cannot_be_opened_one_is_trained_evaluated_and_gone_on_with(line, tmp_path):
    class Alone(line):
        def __init__(self):
            if type(self).opened:
                raise OSError(98, "Address already in use")
            super().__init__()

    run = trained(Alone, tmp_path, checkpoint_every=50)
    assert run.result["eval"]["returns"] == [10.0, 10.0, 10.0]
    assert qlax.resume(run.folder, env=Alone, steps=120).result["env_steps"] == 120
    assert Alone.opened == 0


@pytest.mark.parametrize(
    ("env", "kwargs", "said"),
    [
        ("CartPole-v1", {"sutton_barto": True}, "no argument 'sutton_barto'. Did you mean sutton"),
        (CartPoleEnv, {"gravity": 1}, "CartPoleEnv has no argument 'gravity'. It has sutton_barto"),
        (Countdown(5), {"size": 3}, "env is made already, so env_kwargs ['size'] come too late"),
        (Altered(), {"size": 3}, "env is made already"),
        ("CartPole-v1", [("a", 1)], "env_kwargs is [('a', 1)], but must be a dict"),
        ("CartPole-v1", {"f": len}, "env_kwargs['f'] is of type builtin_function_or_method"),
        ("CartPole-v1", {"f": {1: 2}}, "env_kwargs['f'] has the name 1, but names must be"),
        (3, None, "env is 3, but must be Gymnasium's id"),
        (lambda: 3, None, "made int, but a Gymnasium environment is needed"),
    ],
)
def test_what_is_no_environment_or_argument_is_refused(env, kwargs, said):
    with pytest.raises(UsageError) as refused:
        describe(env, env_kwargs=kwargs)
    assert said in str(refused.value)


@pytest.mark.parametrize("is_function", [False, True])
def test_a_vector_environment_is_described_as_one_of_it(is_function):
    def make():
        return gymnasium.make_vec("CartPole-v1", num_envs=3, vectorization_mode="sync")

    assert describe(make if is_function else make()) == describe("CartPole-v1")


def test_arguments_are_part_of_a_run(tmp_path):
    kwargs = {"sutton_barto_reward": np.bool_(True), "max_episode_steps": 30}
    run = trained("CartPole-v1", tmp_path, env_kwargs=kwargs)
    assert run.result["backend"] == "gymnasium"
    config = qlax.runs.folder.read_json(run.folder / "config.json")
    assert config["env"] == "CartPole-v1"
    assert config["env_kwargs"] == {"sutton_barto_reward": True, "max_episode_steps": 30}
    policy = qlax.load(run.folder)
    assert policy.origin == run.policy.origin
    returns = set(qlax.evaluate(policy, episodes=20).returns)
    assert returns <= {-1.0, 0.0}  # 0 before the pole falls, or where the limit came first
    other = qlax.evaluate(policy, episodes=5, env_kwargs={"sutton_barto_reward": False})
    assert 1.0 < other.mean <= 30.0
    assert qlax.evaluate(policy, "CartPole-v1", episodes=5).mean > 1.0
    longer = qlax.resume(run.folder, steps=150)
    assert set(longer.result["eval"]["returns"]) <= {-1.0, 0.0}
    with pytest.raises(UsageError, match="env is 'Acrobot-v1', but must be the run's own"):
        qlax.resume(run.folder, env="Acrobot-v1")


def test_a_policy_of_a_function_demands_its_environment(line, tmp_path):
    run = trained(line, tmp_path, env_kwargs={"pay": 2.0})
    assert run.result["eval"]["mean"] == 20.0
    policy = qlax.load(run.folder)
    with pytest.raises(UsageError, match=r"of your own, Counted with pay=2\.0: give it, as env\."):
        qlax.evaluate(policy)
    with pytest.raises(UsageError, match="give it, as env"):
        qlax.film(policy, tmp_path / "it.gif")
    assert qlax.evaluate(policy, line, env_kwargs={"pay": 3.0}, episodes=2).mean == 30.0
    with pytest.raises(UsageError, match=r"Counted with pay=2\.0: give it again"):
        qlax.resume(run.folder)
    assert qlax.resume(run.folder, env=line, steps=120).result["eval"]["mean"] == 20.0


@pytest.mark.parametrize(
    "origin",
    [
        Origin(id="module:Name-v0", kwargs={"size": (3, 4), "deep": {"x": [1, float("inf")]}}),
        Origin(custom="<lambda>", kwargs={"none": None}),
        Origin(id="CartPole-v1"),
    ],
    ids=str,
)
def test_where_an_environment_came_from_is_read_as_it_was_written(origin):
    assert Origin.from_json(origin.as_json(), "it") == origin


@pytest.mark.parametrize("document", [{}, {"env": 3}, {"env": "A", "env_kwargs": []}])
def test_what_says_no_environment_is_refused(document):
    with pytest.raises(UsageError, match=r"^it does not say what its environment is\.$"):
        Origin.from_json(document, "it")


def test_a_source_is_evaluated_in_as_often_as_one_likes(line, tmp_path):
    policy = trained(line, tmp_path, eval_episodes=0).policy
    with opened(line) as source:
        for _ in range(2):
            assert evaluate_in(policy, source, 2, 0).returns == [10.0, 10.0]
    assert line.opened == 0


def test_environments_that_fail_to_close_do_not_keep_others_open(line):
    class Stuck(line):
        def close(self):
            super().close()
            raise RuntimeError("stuck")

    env = GymnasiumEnv(Stuck, 3, describe(line))
    with pytest.raises(RuntimeError, match="stuck"):
        env.close()
    assert Stuck.opened == 0


@pytest.mark.parametrize(("seconds", "played"), [(0.0, 20), (1e9, 50)])
def test_an_evaluation_out_of_time_counts_as_many_episodes_of_each(line, tmp_path, seconds, played):
    policy = trained(line, tmp_path, eval_episodes=0).policy
    with opened(line) as source:
        outcome = evaluate_in(policy, source, 50, 0, seconds)
    assert (outcome.episodes, outcome.left_out) == (played, 50 - played)
    assert outcome.returns == [10.0] * played
    said = outcome_of(outcome.as_json(), None)
    assert ("30 more would have taken too long" in said) == (played == 20)


@pytest.mark.parametrize(("asked", "played"), [(None, 20), (30, 30)])
def test_only_an_evaluation_of_no_given_length_ends_for_time(
    line, tmp_path, monkeypatch, asked, played
):
    monkeypatch.setattr("qlax.finishing._LEAST_EVALUATION", 0.0)
    monkeypatch.setattr("qlax.finishing._EVALUATION_SHARE", 0.0)
    assert trained(line, tmp_path, eval_episodes=asked).result["eval"]["episodes"] == played
