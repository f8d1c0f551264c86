"""Nothing random is drawn twice: not by two steps, not by two updates, not by two networks."""

import jax
import numpy as np
import pytest

from qlax import heads, layers, networks, optimizers, replay, targets
from qlax.drivers import CompiledDriver, HostDriver
from qlax.envs.as_host import CompiledAsHost
from qlax.envs.vectorised import Vectorised
from tests.drivers.noting import NOTED, Acting, Judging, Sampling, noted
from tests.drivers.runs import advanced, agent, world
from tests.probes import mdp, playing
from tests.probes.training import agent_for_probes


@pytest.fixture(autouse=True)
def _nothing_noted():
    NOTED.clear()


@pytest.mark.parametrize("where", ["compiled", "on the host"])
def test_every_action_and_every_batch_has_a_key_of_its_own(where):
    made = agent(
        explorer=Acting(epsilon=0.5), replay=Sampling(capacity=60, batch_size=8), updates=3
    )
    env = world(made.num_envs)
    driver = (
        CompiledDriver(made, env) if where == "compiled" else HostDriver(made, CompiledAsHost(env))
    )
    state = advanced(driver, [7, 8, 40])
    state = driver.advance(driver.join(driver.split(state)), 40, 60)
    acting, learning = ([key.tobytes() for key, *_ in noted(kind)] for kind in ("act", "sample"))
    assert len(acting) == 60
    assert len(learning) == int(state.agent.learner.updates) == 87
    both = acting + learning
    assert len(set(both)) == len(both)


NOISY = {"network": networks.MLP(hidden=(4,), layer=layers.Noisy()), "head": heads.Scalar()}
QUANTILES = {"network": networks.MLP(hidden=(4,)), "head": heads.IQN()}
PLAIN = {"network": networks.MLP(hidden=(4,)), "head": heads.Scalar()}


def judged(parts, updates=3):
    """Return what both networks say, [updates, 2, M, A], while their parameters are the same."""
    made = agent_for_probes(
        **parts,
        bootstrap=Judging(),
        target=targets.Online(),
        optimizer=optimizers.SGD(learning_rate=0.0),
        replay=replay.Latest(),
        num_envs=3,
        learning_starts=3,
    )
    env = Vectorised(mdp.Probe(mdp.choices()), 3)
    env_state, timestep = env.init(jax.random.key(0))
    state = made.init(jax.random.key(1), env.spec, timestep)
    action, state = playing.act(made, state, timestep)
    _, after = env.step(env_state, action)
    state = playing.observe(made, state, timestep, action, after)
    for _ in range(updates):
        state, _ = jax.jit(lambda state: playing.learn(made, state))(state)
    return np.array(noted("judge"))


def test_without_noise_equal_networks_say_the_same():
    said = judged(PLAIN)
    assert said.shape == (3, 2, 3, 2)
    np.testing.assert_array_equal(said, np.broadcast_to(said[:1, :1], said.shape))


@pytest.mark.parametrize("parts", [NOISY, QUANTILES], ids=["noise", "quantiles"])
def test_both_networks_draw_numbers_of_their_own_in_every_update(parts):
    said = judged(parts).reshape(6, -1)
    for one in range(6):
        for other in range(one):
            assert (said[one] != said[other]).all()


def test_acting_draws_new_noise_at_every_step():
    made = agent_for_probes(**NOISY, explorer=Acting(epsilon=0.0), num_envs=2)
    env = Vectorised(mdp.Probe(mdp.choices()), 2)
    _, timestep = env.init(jax.random.key(0))
    state = made.init(jax.random.key(1), env.spec, timestep)
    for _ in range(4):
        _, state = playing.act(made, state, timestep)
    values = [values for _, values, _ in noted("act")]
    assert len({shown.tobytes() for shown in values}) == 4
    assert (np.diff(values, axis=0) != 0).all()
