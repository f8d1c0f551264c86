"""Observations of several parts: Gymnasium's Dict and Tuple, and dicts of a `Dynamics`."""

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium import spaces

import qlax
from qlax import Agent, EnvironmentFailure, UsageError, explorers, networks, optimizers, replay
from qlax.drivers import CompiledDriver, HostDriver
from qlax.envs import Transition
from qlax.envs.as_host import CompiledAsHost
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.opening import describe
from qlax.envs.vectorised import Vectorised
from qlax.spaces import Box, Composite, Discrete, EnvSpec
from tests.drivers.runs import assert_equal

DICT = spaces.Dict(
    {
        "lamp": spaces.Discrete(2),
        "panel": spaces.Dict({"dial": spaces.Box(0.0, 4.0, (2,), np.float64)}),
    }
)
TUPLE = spaces.Tuple((spaces.Discrete(2), spaces.Tuple((DICT["panel"]["dial"],))))


def as_dict(lamp, dial):
    return {"lamp": lamp, "panel": {"dial": dial}}


def as_tuple(lamp, dial):
    return (lamp, (dial,))


KINDS = {"dict": (DICT, as_dict), "tuple": (TUPLE, as_tuple)}


class Console(gymnasium.Env):
    """One step: action 1 is right if either the lamp is on or the dial is turned, not both.

    No part alone says anything about what is right.
    """

    action_space = spaces.Discrete(2)

    def __init__(self, kind):
        self.observation_space, self._show = KINDS[kind]

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._lamp, self._turned = self.np_random.integers(2, size=2)
        return self._shown(), {}

    def step(self, action):
        right = int(action) == (self._lamp ^ self._turned)
        return self._shown(), float(right), True, False, {}

    def _shown(self):
        seen = self._show(self._lamp, np.array([4.0 * self._turned, 2.0]))
        assert self.observation_space.contains(seen), seen
        return seen


FACTORIES = {kind: (lambda kind=kind: Console(kind)) for kind in KINDS}
LAMPS = np.array([0, 0, 1, 1])
DIALS = np.array([[0.0, 2.0], [4.0, 2.0], [0.0, 2.0], [4.0, 2.0]])
RIGHT = [0, 1, 1, 0]

AGENT = Agent(
    network=networks.MLP(hidden=(32,)),
    explorer=explorers.EpsilonGreedy(epsilon=1.0),
    replay=replay.Uniform(capacity=1_000, batch_size=32),
    optimizer=optimizers.Adam(learning_rate=0.01),
    num_envs=2,
    learning_starts=50,
)


@pytest.fixture(scope="module", params=KINDS, name="kind")
def _kind(request):
    return request.param


@pytest.fixture(scope="module", name="run")
def _run(kind, tmp_path_factory):
    path = tmp_path_factory.mktemp(kind) / "run"
    return qlax.train(FACTORIES[kind], AGENT, steps=2_000, out=path, eval_episodes=30)


def test_a_spec_describes_every_part(kind):
    dial = Box(shape=(2,), dtype="float32", low=0.0, high=4.0)
    names = ("lamp", "panel", "dial") if kind == "dict" else ("0", "1", "0")
    inner = Composite(((names[2], dial),))
    expected = Composite(((names[0], Discrete(2)), (names[1], inner)))
    assert describe(FACTORIES[kind]).observation == expected


def test_every_environment_shows_an_array_for_every_part():
    env = GymnasiumEnv(FACTORIES["dict"], 3, describe(FACTORIES["dict"]))
    first = env.reset(0).observation
    env.step(np.zeros(3, np.int32))
    assert first["lamp"].shape == (3,)
    assert first["lamp"].dtype == np.int32
    assert first["panel"]["dial"].shape == (3, 2)
    assert first["panel"]["dial"].dtype == np.float32
    # What was shown earlier is not written over: seed 0's environments differ from one another.
    again = env.reset(0).observation
    jax.tree.map(np.testing.assert_array_equal, again, first)
    env.close()


def test_what_takes_every_part_to_know_is_learned(run):
    """By chance half of the episodes are right, and so for whoever sees only one of the parts."""
    assert run.result["backend"] == "gymnasium"
    assert run.result["eval"]["returns"] == [1.0] * 30


def test_predict_takes_one_observation_and_many(run, kind):
    show = KINDS[kind][1]
    many = run.policy.predict(show(LAMPS, DIALS))
    assert many.tolist() == RIGHT
    single = [run.policy.predict(show(*one)) for one in zip(LAMPS, DIALS, strict=True)]
    assert single == RIGHT
    assert all(isinstance(action, int) for action in single)
    values = run.policy.q_values(show(LAMPS, DIALS))
    assert values.shape == (4, 2)
    alone = run.policy.q_values(show(LAMPS[2], DIALS[2]))
    assert alone.shape == (2,)
    np.testing.assert_allclose(alone, values[2], atol=1e-5)


def test_plain_lists_and_numbers_will_do(run, kind):
    show = KINDS[kind][1]
    assert run.policy.predict(show(1, [0, 2])) == 1
    assert run.policy.predict(show([1, 0], [[4, 2], [4, 2]])).tolist() == [0, 1]


def test_a_loaded_policy_predicts_and_is_evaluated_as_the_trained_one(run, kind):
    loaded = qlax.load(run.folder)
    observation = KINDS[kind][1](LAMPS, DIALS)
    np.testing.assert_array_equal(loaded.q_values(observation), run.policy.q_values(observation))
    assert qlax.evaluate(loaded, FACTORIES[kind], episodes=7).mean == 1.0


def test_an_actor_takes_observations_in_turn(run, kind):
    actor, show = run.policy.actor(), KINDS[kind][1]
    taken = [actor.act(show(*one), first=True) for one in zip(LAMPS, DIALS, strict=True)]
    assert taken == RIGHT


def test_observations_that_do_not_fit_are_refused(run, kind):
    show = KINDS[kind][1]
    for wrong in (
        show(LAMPS, DIALS[0]),  # many of one part and one of the other
        show(LAMPS[0], DIALS),
        show(LAMPS[:, None], DIALS),
        show(0, [1.0, 2.0, 3.0]),
        show(0, 1.0),
        show(LAMPS[:2], DIALS),
        {},
        (),
        {"lamp": 0},
        (0,),
        [0.0, 1.0, 2.0],
        np.zeros(3),
        7,
    ):
        with pytest.raises(UsageError, match="observation"):
            run.policy.predict(wrong)


def test_a_policy_is_not_evaluated_where_the_parts_are_others(run, kind):
    other = "tuple" if kind == "dict" else "dict"
    with pytest.raises(UsageError, match="the policy was trained for"):
        qlax.evaluate(run.policy, FACTORIES[other], episodes=1)
    with pytest.raises(UsageError, match="the policy was trained for"):
        qlax.evaluate(run.policy, "CartPole-v1", episodes=1)


class Faulty(Console):
    """Shows something else after its first step."""

    def __init__(self, shown):
        super().__init__("dict")
        self.after = shown

    def step(self, action):
        return self.after, 0.0, False, False, {}


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ({"lamp": 0}, r"showed {'lamp': 0} in step 1, .* space has lamp, panel\.$"),
        (np.zeros(3, np.float32), "showed array.* in step 1, .* space has lamp, panel"),
        (as_dict(0, np.zeros(3)), r"of shape \(3,\) in 'panel/dial' in step 1.*says \(2,\)"),
        (as_dict(2, np.zeros(2)), r"the state 2 in 'lamp' in step 1.*Discrete\(2\): states 0 to 1"),
        (as_dict(0, np.array([np.nan, 0.0])), "not finite"),
    ],
    ids=["part missing", "no dict", "wrong shape", "no such state", "not finite"],
)
def test_a_part_that_is_missing_or_wrong_is_the_environments_failure(shown, said):
    env = GymnasiumEnv(lambda: Faulty(shown), 1, describe(FACTORIES["dict"]))
    env.reset(0)
    with pytest.raises(EnvironmentFailure, match=said):
        env.step(np.zeros(1, np.int32))


class Pendulums:
    """A `Dynamics` that shows a place and a phase, and pays where both are high."""

    spec = EnvSpec(
        id="Pendulums",
        observation=Composite((("phase", Discrete(3)), ("place", Box((1,), "float32", -1.0, 1.0)))),
        num_actions=2,
        time_limit=6,
    )

    def reset(self, key):
        place = jax.random.uniform(key, (), minval=-0.5, maxval=0.5)
        return (place, jnp.int32(0)), self._shown(place, jnp.int32(0))

    def step(self, state, action, key):
        place, phase = state
        place = jnp.clip(place + 0.3 * (2.0 * action - 1.0), -1.0, 1.0)
        phase = (phase + 1) % 3
        return Transition(
            state=(place, phase),
            observation=self._shown(place, phase),
            reward=place * phase,
            terminated=place <= -1.0,
        )

    def _shown(self, place, phase):
        return {"phase": phase, "place": place[None]}


def test_dynamics_may_show_several_parts_and_both_drivers_agree():
    worlds = Vectorised(Pendulums(), 2)
    compiled, hosted = CompiledDriver(AGENT, worlds), HostDriver(AGENT, CompiledAsHost(worlds))
    ours, theirs = compiled.init([0]), hosted.init([0])
    assert_equal(ours.agent, theirs.agent)
    for start, stop in ((0, 30), (30, 60)):
        ours, theirs = compiled.advance(ours, start, stop), hosted.advance(theirs, start, stop)
    assert int(ours.agent.learner.updates) == 36
    assert_equal(ours.agent, theirs.agent, atol=1e-5)
    assert_equal(ours.timestep, theirs.timestep, atol=1e-6)


def test_a_policy_for_dynamics_of_several_parts_is_saved_and_evaluated(tmp_path):
    run = qlax.train(Pendulums(), AGENT, steps=1_000, out=tmp_path / "run", eval_episodes=4)
    assert run.result["backend"] == "jax"
    loaded = qlax.load(tmp_path / "run")
    again = qlax.evaluate(loaded, Pendulums(), episodes=4)
    assert again.returns == run.result["eval"]["returns"]
    assert len(set(again.returns)) == 4
