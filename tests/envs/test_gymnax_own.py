"""Environments that gymnax alone has."""

import subprocess
import sys

import gymnax
import jax
import jax.numpy as jnp
import pytest

import qlax
from qlax import UsageError
from qlax.envs import gymnax_own, worlds
from qlax.envs.opening import describe, opened
from qlax.envs.select import select
from qlax.spaces import Box, Discrete
from tests.runs.small import AGENT
from tests.tiers import in_turn

OWN = {
    "FourRooms-misc": (4, 500),
    "Pong-misc": (3, 1_000),
    "Asterix-MinAtar": (5, 1_000),
    "UmbrellaChain-bsuite": (2, 100),
}


@pytest.mark.parametrize("name", in_turn(list(OWN), 4))
def test_its_own_ids_are_trained_in(name):
    actions, limit = OWN[name]
    with opened(name) as source:
        selected = select(source, num_envs=3, backend="gymnax")
        spec = selected.env.spec
        assert (spec.id, spec.num_actions, source.origin.id) == (name, actions, name)
        assert spec.time_limit == limit
        state, seen = selected.env.init(jax.random.key(0))
        for action in range(actions):
            state, seen = jax.jit(selected.env.step)(state, jnp.full(3, action, jnp.int32))
        assert seen.observation.shape == (3, *spec.observation.shape)
        assert seen.observation.dtype == spec.observation.dtype


def test_its_ids_that_are_listed_are_those_to_train_in():
    continuous = {"PointRobot-misc", "Reacher-misc", "Swimmer-misc"}
    its_own = {name for name in gymnax.registered_envs if gymnax_own.has(name)}
    assert set(worlds.GYMNAX.ids) == its_own - continuous
    for name in set(worlds.GYMNAX.ids) - {"MNISTBandit-bsuite"}:  # which downloads its images
        assert describe(name).num_actions > 1


def test_a_run_is_evaluated_in_it_and_read_again(tmp_path):
    kwargs = {"max_steps_in_episode": 15}
    run = qlax.train(
        "FourRooms-misc", AGENT, env_kwargs=kwargs, steps=100, eval_episodes=2, out=tmp_path / "run"
    )
    assert run.result["backend"] == "gymnax"
    policy = qlax.load(run.folder)
    assert policy.spec.time_limit == 15
    assert (
        qlax.evaluate(policy, episodes=2, seed=1_000_000).returns == run.result["eval"]["returns"]
    )


@pytest.mark.parametrize(
    ("name", "kwargs", "said"),
    [
        ("Reacher-misc", {}, "has actions Box, but Q-learning chooses among finitely many"),
        ("FourRooms-misc", {"sise": 3}, "has no argument 'sise'"),
        ("FiveRooms-misc", {}, "There is no environment 'FiveRooms-misc'"),
    ],
)
def test_what_is_not_for_it_is_refused(name, kwargs, said):
    with pytest.raises(UsageError, match=said):
        describe(name, env_kwargs=kwargs)


def test_ids_that_gymnasium_has_too_are_gymnasiums():
    assert describe("Catch-bsuite").observation == Box((10, 5), "float32", 0.0, 1.0)
    assert describe("FrozenLake-v1").observation == Discrete(16)


WITHOUT_GYMNAX = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("gymnax", "pandas", "seaborn"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "gymnax" else found(name, *rest)

import qlax
from qlax.envs.select import select

print(select("MountainCar-v0", num_envs=2).backend)
for env, backend in [("FourRooms-misc", "auto"), ("MinAtar/Breakout-v1", "gymnax")]:
    try:
        select(env, num_envs=2, backend=backend)
    except qlax.UsageError as refused:
        print(refused)
game = select("MinAtar/Breakout-v1", num_envs=1)
print(game.backend)
game.env.close()
"""


def test_what_needs_the_package_says_so_and_the_rest_does_without():
    pytest.importorskip("minatar")
    program = [sys.executable, "-c", WITHOUT_GYMNAX]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "jax",
        "FourRooms-misc needs the package gymnax, which is not installed: "
        'pip install "qlax[gymnax]".',
        "The gymnax backend needs the package gymnax, which is not installed: "
        'pip install "qlax[gymnax]".',
        "gymnasium",
    ]
