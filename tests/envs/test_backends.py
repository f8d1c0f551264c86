"""The table of backends: which opens what, and what comes out."""

import dataclasses
import subprocess
import sys

import gymnasium
import pytest

import qlax
from qlax import UsageError
from qlax.drivers import driver_for
from qlax.envs.backends import AUTO, BACKENDS, Kind, names
from qlax.envs.opening import describe, opened
from qlax.envs.select import backend_for, select
from qlax.envs.worlds.bsuite import DeepSea
from tests.envs.test_vectorised import Countdown
from tests.runs.small import AGENT

BY_NAME = {backend.name: backend for backend in BACKENDS}
FIRST = [
    ("CartPole-v1", {}, "jax"),
    ("MountainCar-v0", {}, "jax"),
    ("MountainCar-v0", {"max_episode_steps": 300}, "jax"),
    ("MountainCar-v0", {"goal_velocity": 0.01}, "gymnasium"),
    ("CartPole-v1", {"render_mode": "rgb_array"}, "gymnasium"),
    ("FrozenLake-v1", {}, "jax"),
    ("FrozenLake-v1", {"map_name": "8x8", "is_slippery": False}, "jax"),
    ("FrozenLake-v1", {"desc": ["SFF", "FHF", "FFG"]}, "jax"),
    ("CliffWalking-v1", {"is_slippery": True}, "jax"),
    ("Taxi-v4", {"is_rainy": True}, "jax"),
    ("Taxi-v4", {"fickle_passenger": True}, "gymnasium"),
    ("DeepSea-bsuite", {"size": 20}, "jax"),
    ("Blackjack-v1", {}, "gymnasium"),
]


@pytest.mark.parametrize(("env", "kwargs", "name"), FIRST)
def test_the_first_that_has_an_environment_runs_it(env, kwargs, name):
    with opened(env, kwargs) as source:
        selected = select(source, num_envs=2)
        assert selected.backend == name
        assert selected.env.num_envs == 2
        assert dataclasses.replace(selected.env.spec, id=source.spec.id) == source.spec
        if selected.kind is Kind.HOST:
            selected.env.close()


def test_functions_objects_and_dynamics_have_theirs():
    given = [lambda: gymnasium.make("Acrobot-v1"), gymnasium.make("Acrobot-v1"), Countdown(3)]
    chosen = []
    for env in given:
        with opened(env) as source:
            chosen.append(backend_for(source).name)
    assert chosen == ["gymnasium", "jax", "jax"]


@pytest.mark.parametrize("env", ["CartPole-v1", Countdown(3)], ids=["an id", "dynamics"])
def test_gymnasium_has_everything(env):
    selected = select(env, num_envs=1, backend="gymnasium")
    assert (selected.backend, selected.kind) == ("gymnasium", Kind.HOST)
    assert selected.env.reset(0).first.tolist() == [True]
    selected.env.close()


@pytest.mark.parametrize(
    ("env", "kwargs", "wish", "said"),
    [
        ("Taxi-v4", {}, "gymnax", "The gymnax backend has no Taxi-v4; it has MinAtar's games, "),
        ("Taxi-v4", {"fickle_passenger": True}, "jax", "has no Taxi-v4 with fickle_passenger=True"),
        ("CartPole-v1", {}, "ale", "The ale backend has no CartPole-v1; it has the ids of ale-py"),
        (lambda: gymnasium.make("CartPole-v1"), {}, "gymnax", "no environment that a function"),
        ("CartPole-v1", {}, "cuda", "backend is 'cuda', but must be one of auto, jax, gymnax, "),
    ],
)
def test_a_backend_that_has_it_not_is_refused_by_name(env, kwargs, wish, said, tmp_path):
    with pytest.raises(UsageError) as refused:
        qlax.train(env, AGENT, env_kwargs=kwargs, backend=wish, out=tmp_path / "run")
    assert said in str(refused.value)
    assert not (tmp_path / "run").exists()


def test_every_kind_has_a_driver_and_every_backend_says_what_it_is():
    assert names() == (AUTO, *BY_NAME)
    assert len(BY_NAME) == len(BACKENDS)
    for backend in BACKENDS:
        assert backend.says
        assert backend.has
    for backend in (BY_NAME["jax"], BY_NAME["gymnasium"]):
        with opened("CartPole-v1") as source:
            env = backend.open(source, AGENT.num_envs, source.spec)
            assert driver_for(backend.kind, AGENT, env).env is env


def test_a_list_of_backends_needs_no_jax():
    code = (
        "import sys; from qlax.envs.backends import names; print(*names()); "
        "assert 'jax' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [AUTO, *BY_NAME]


def test_a_world_of_another_size_has_its_own_game():
    with opened("DeepSea-bsuite", {"size": 4}) as source:
        assert source.spec.observation == DeepSea(size=4).spec.observation
        env = select(source, num_envs=1).env
        assert env.dynamics == DeepSea(size=4)
    with pytest.raises(UsageError, match=r"DeepSea-bsuite has no argument 'sise'\. Did you mean"):
        describe("DeepSea-bsuite", env_kwargs={"sise": 4})


@pytest.mark.parametrize(
    ("env", "wish", "meant"),
    [
        ("DeepSea-bsuite", "gymnax", "jax"),
        ("CartPole-v1", "gymnax", "jax"),
        ("Blackjack-v1", "gymnax", "gymnasium"),
    ],
)
def test_a_backend_without_the_environment_names_the_one_that_has_it(env, wish, meant):
    said = rf"The {wish} backend has no {env}; .* Use backend='{meant}' or backend='auto'"
    with pytest.raises(UsageError, match=said):
        select(env, num_envs=1, backend=wish)
