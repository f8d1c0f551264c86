"""With `jax_enable_x64`, which other code of a program may set, a run is the same, bit for bit."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qlax
from qlax import explorers, heads, memories, networks, replay
from qlax.envs.vectorised import Vectorised
from qlax.runs import folder
from tests.drivers.runs import on_host
from tests.probes import mdp, playing
from tests.probes.training import agent_for_probes
from tests.runs.small import AGENT, arrays, assert_same_policy, untimed
from tests.tiers import in_turn

STEPS = 120
RUNS = {
    "compiled": ("CartPole-v1", AGENT, "auto"),
    "on the host": ("CartPole-v1", AGENT, "gymnasium"),
    "quantiles": (
        "CartPole-v1",
        AGENT.replace(
            head=heads.QuantileRegression(quantiles=5),
            observation=qlax.observations.Normalise(),
            replay=replay.Prioritised(capacity=100, batch_size=8),
        ),
        "auto",
    ),
    "memory": (
        "FrozenLake-v1",
        AGENT.replace(
            network=networks.Table(),
            memory=memories.GRU(size=4),
            explorer=explorers.Boltzmann(),
            replay=replay.Sequences(capacity=100, batch_size=4, length=4, n_step=2),
        ),
        "auto",
    ),
}


def train_all(path):
    for name, (env, agent, backend) in RUNS.items():
        out = path / name
        qlax.train(env, agent, steps=STEPS, backend=backend, eval_episodes=1, out=out)


def played():
    """Return what an agent in a loop of one's own has learned, and its state's dtypes."""
    agent = agent_for_probes(num_envs=2, learning_starts=2, replay=replay.Latest())
    env = Vectorised(mdp.Probe(mdp.choices()), 2)
    key = jax.random.key(0)
    env_state, timestep = env.init(key)
    state = jax.jit(lambda timestep: agent.init(key, env.spec, timestep))(timestep)
    for _ in range(5):
        action, state = playing.act(agent, state, timestep)
        env_state, after = env.step(env_state, action)
        state, timestep = playing.observe(agent, state, timestep, action, after), after
        state, _ = jax.jit(lambda state: playing.learn(agent, state))(state)
    return state


@pytest.fixture(scope="module", name="folders")
def _folders(tmp_path_factory):
    """Return the folders of the same runs, trained here and in a process with 64 bits."""
    ours, theirs = (tmp_path_factory.mktemp(name) for name in ("ours", "theirs"))
    train_all(ours)
    environment = {**os.environ, "JAX_ENABLE_X64": "true"}
    command = [sys.executable, "-m", "tests.test_precision", str(theirs)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return ours, theirs


@pytest.mark.parametrize("name", in_turn(list(RUNS), 4))
def test_a_run_is_the_same(folders, name):
    ours, theirs = (path / name for path in folders)
    assert_same_policy(ours, theirs)
    assert untimed(ours) == untimed(theirs)
    evaluations = [folder.read_json(run / "result.json")["eval"] for run in (ours, theirs)]
    assert evaluations[0] == evaluations[1]


def test_a_run_can_be_gone_on_with_here(folders):
    run = qlax.resume(folders[1] / "compiled", steps=STEPS + 20)
    assert run.result["env_steps"] == STEPS + 20


def test_an_agent_in_a_loop_of_ones_own_is_the_same(folders):
    state = played()
    theirs = arrays(folders[1] / "played.npz")
    np.testing.assert_array_equal(theirs["kernel"], playing.table_of(state.learner.params))
    assert int(theirs["wide"]) == 0


def main(path):
    """Train and play in this process, which computes in 64 bits by default."""
    assert jnp.zeros(1).dtype == jnp.float64
    train_all(path)
    state = played()
    kernel = playing.table_of(state.learner.params)
    wide = sum(leaf.dtype.itemsize > 4 for leaf in jax.tree.leaves(on_host(state)))
    np.savez(path / "played.npz", kernel=kernel, wide=wide)
    policy = qlax.load(path / "compiled")
    assert policy.predict(np.zeros((3, 4))).shape == (3,)
    assert policy.actor().act(np.zeros(4)) == policy.predict(np.zeros(4))
    assert jnp.zeros(1).dtype == jnp.float64


if __name__ == "__main__":
    main(Path(sys.argv[1]))
