"""Gymnasium environments, well behaved and otherwise."""

import threading

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from qlax import EnvironmentFailure, UsageError
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.opening import describe, source_of
from qlax.envs.select import select
from qlax.spaces import Box, Discrete


class Corridor(gymnasium.Env):
    """Three steps to the right and the end; each part of it can be made to misbehave."""

    def __init__(
        self,
        *,
        action_space=None,
        observation_space=None,
        show=lambda place: np.array([place, 0.0], np.float32),
        pay=lambda place: float(place),
        fail_at=None,
    ):
        self.action_space = action_space or spaces.Discrete(2)
        self.observation_space = observation_space or spaces.Box(-9.0, 9.0, (2,), np.float32)
        self.show, self.pay, self.fail_at = show, pay, fail_at
        self.place = 0
        self.actions = []

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place = 0
        return self.show(0), {}

    def step(self, action):
        assert self.action_space.contains(action), action
        self.actions.append(int(action))
        self.place += 1
        if self.place == self.fail_at:
            raise RuntimeError("the wheels came off\nand more")
        return self.show(self.place), self.pay(self.place), self.place >= 3, False, {}


def made(num_envs=1, **options):
    """Return N corridors as a host environment, and a list that will hold them."""
    corridors = []

    def factory():
        corridors.append(Corridor(**options))
        return corridors[-1]

    spec = describe(factory)
    corridors.clear()
    return GymnasiumEnv(factory, num_envs, spec), corridors


def entries(timestep):
    return [
        np.asarray(timestep.observation)[:, 0].tolist(),
        timestep.reward.tolist(),
        timestep.terminated.tolist(),
        timestep.truncated.tolist(),
        timestep.first.tolist(),
    ]


def test_the_step_after_an_end_begins_the_next_episode():
    env, _ = made()
    no, yes = [False], [True]
    assert entries(env.reset(0)) == [[0.0], [0.0], no, no, yes]
    go = np.zeros(1, np.int32)
    assert entries(env.step(go)) == [[1.0], [1.0], no, no, no]
    assert entries(env.step(go)) == [[2.0], [2.0], no, no, no]
    assert entries(env.step(go)) == [[3.0], [3.0], yes, no, no]
    assert entries(env.step(go)) == [[0.0], [0.0], no, no, yes]
    assert entries(env.step(go)) == [[1.0], [1.0], no, no, no]
    env.close()


def test_arrays_of_earlier_steps_are_not_written_over():
    env, _ = made(num_envs=2)
    shown = [env.reset(0)] + [env.step(np.zeros(2, np.int32)) for _ in range(3)]
    assert [step.observation[0, 0] for step in shown] == [0.0, 1.0, 2.0, 3.0]
    assert [bool(step.terminated[0]) for step in shown] == [False, False, False, True]


def test_environments_step_side_by_side_where_they_can(monkeypatch):
    """Each step waits until the other environment is in its own."""
    monkeypatch.setattr("qlax.envs.gymnasium.usable_cores", lambda: 2)
    both = threading.Barrier(2)

    def pay(place):
        both.wait(timeout=30)
        return 10.0 * place

    env = GymnasiumEnv(lambda: Corridor(pay=pay), 2, describe(lambda: Corridor()), in_threads=True)
    env.reset(0)
    shown = [entries(env.step(np.array([0, 1], np.int32))) for _ in range(4)]
    assert [step[1] for step in shown] == [[10.0, 10.0], [20.0, 20.0], [30.0, 30.0], [0.0, 0.0]]
    assert [step[4] for step in shown] == [[False, False]] * 3 + [[True, True]]
    env.close()


def test_a_failure_in_a_thread_is_named(monkeypatch):
    monkeypatch.setattr("qlax.envs.gymnasium.usable_cores", lambda: 2)
    corridors = iter([Corridor(), Corridor(fail_at=1)])
    env = GymnasiumEnv(lambda: next(corridors), 2, describe(lambda: Corridor()), in_threads=True)
    env.reset(0)
    with pytest.raises(EnvironmentFailure, match="the wheels came off"):
        env.step(np.zeros(2, np.int32))
    env.close()


def test_a_truncated_episode_shows_its_last_observation():
    env = GymnasiumEnv(
        lambda: gymnasium.wrappers.TimeLimit(Corridor(), 2), 1, describe(lambda: Corridor())
    )
    env.reset(0)
    env.step(np.zeros(1, np.int32))
    assert entries(env.step(np.zeros(1, np.int32))) == [[2.0], [2.0], [False], [True], [False]]


def test_an_end_at_the_time_limit_is_a_termination():
    env = GymnasiumEnv(
        lambda: gymnasium.wrappers.TimeLimit(Corridor(), 3), 1, describe(lambda: Corridor())
    )
    env.reset(0)
    for _ in range(3):
        timestep = env.step(np.zeros(1, np.int32))
    assert entries(timestep) == [[3.0], [3.0], [True], [False], [False]]


def test_equal_seeds_begin_equally_and_environments_differently():
    spec = describe("CartPole-v1")
    env = GymnasiumEnv(source_of("CartPole-v1").make, 3, spec)
    first, other, again = (env.reset(seed).observation for seed in (5, 6, 5))
    np.testing.assert_array_equal(first, again)
    assert len(np.unique(np.concatenate([first, other]), axis=0)) == 6
    env.close()


def test_actions_are_shifted_to_where_the_environment_numbers_them():
    env, (corridor,) = made(action_space=spaces.Discrete(3, start=-1))
    assert env.spec.num_actions == 3
    assert env.spec.first_action == -1
    env.reset(0)
    env.step(np.array([0], np.int32))
    env.step(np.array([2], np.int32))
    assert corridor.actions == [-1, 1]


def test_states_are_shifted_to_begin_at_zero():
    env, _ = made(observation_space=spaces.Discrete(10, start=5), show=lambda place: 5 + place)
    assert env.spec.observation == Discrete(10, start=5)
    timestep = env.reset(0)
    assert timestep.observation.tolist() == [0]
    assert timestep.observation.dtype == np.int32
    assert env.step(np.zeros(1, np.int32)).observation.tolist() == [1]


def test_wide_numbers_are_narrowed():
    env, _ = made(
        observation_space=spaces.Box(-1.0, 9.0, (2,), np.float64),
        show=lambda place: np.array([place, 0.5]),
    )
    assert env.spec.observation == Box(shape=(2,), dtype="float32", low=-1.0, high=9.0)
    assert env.reset(0).observation.dtype == np.float32


def test_bytes_stay_bytes():
    env, _ = made(
        observation_space=spaces.Box(0, 255, (2, 1), np.uint8),
        show=lambda place: np.full((2, 1), 250 + place, np.uint8),
    )
    assert env.spec.observation.dtype == "uint8"
    assert env.reset(0).observation.dtype == np.uint8


@pytest.mark.parametrize(
    ("space", "low", "high"),
    [
        (spaces.MultiBinary(3), 0.0, 1.0),
        (spaces.MultiDiscrete([2, 3, 4]), 0.0, (1.0, 2.0, 3.0)),
        (spaces.MultiDiscrete([3, 3], start=[1, 1]), 1.0, 3.0),
    ],
)
def test_several_discrete_numbers_are_a_box(space, low, high):
    spec = describe(lambda: Corridor(observation_space=space, show=lambda place: space.sample()))
    assert spec.observation == Box(shape=space.shape, dtype="int32", low=low, high=high)


def test_what_the_environment_raises_is_named():
    env, _ = made(fail_at=2)
    env.reset(0)
    env.step(np.zeros(1, np.int32))
    with pytest.raises(EnvironmentFailure, match=r"step: RuntimeError: the wheels came off\.$"):
        env.step(np.zeros(1, np.int32))


def test_what_the_environment_raises_in_reset_is_named():
    def show(place):
        raise OSError("no ROM")

    env, _ = made(show=show)
    with pytest.raises(EnvironmentFailure, match="failed to reset: OSError: no ROM"):
        env.reset(0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_reward_that_is_not_finite_is_refused(bad):
    env, _ = made(pay=lambda place: bad if place == 2 else 0.0)
    env.reset(0)
    env.step(np.zeros(1, np.int32))
    with pytest.raises(EnvironmentFailure, match=r"reward.*finite"):
        env.step(np.zeros(1, np.int32))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("place_of_it", [0, 2])
def test_an_observation_that_is_not_finite_is_refused(bad, place_of_it):
    env, _ = made(
        show=lambda place: np.array([bad if place == place_of_it else 0.0, 0.0], np.float32)
    )
    with pytest.raises(EnvironmentFailure, match="not finite"):
        env.reset(0), [env.step(np.zeros(1, np.int32)) for _ in range(2)]


@pytest.mark.parametrize("shape", [(3,), (1,), (2, 2), ()])
def test_an_observation_of_the_wrong_shape_is_refused(shape):
    env, _ = made(show=lambda place: np.zeros(shape, np.float32))
    with pytest.raises(EnvironmentFailure):
        env.reset(0)


def test_continuous_actions_are_refused_without_a_grid():
    with pytest.raises(UsageError, match=r"continuous actions, Box.*a grid of them"):
        describe(lambda: Corridor(action_space=spaces.Box(-1.0, 1.0, (1,))))
    with pytest.raises(UsageError, match="Pendulum-v1 has continuous actions"):
        describe("Pendulum-v1")


@pytest.mark.parametrize(
    "space",
    [
        spaces.Text(5),
        spaces.Sequence(spaces.Discrete(4)),
        spaces.Dict({"place": spaces.Discrete(4), "said": spaces.Text(5)}),
        spaces.Tuple((spaces.Discrete(4), spaces.Sequence(spaces.Discrete(4)))),
    ],
    ids=["text", "sequence", "text in a dict", "sequence in a tuple"],
)
def test_observations_that_are_no_arrays_are_refused_with_advice(space):
    with pytest.raises(UsageError, match=r"observations (Text|Sequence).*TransformObservation"):
        describe(lambda: Corridor(observation_space=space))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("MountainCar-v7", "MountainCar-v0"),
        ("mountaincar-v0", "MountainCar-v0"),
        ("CartPol-v1", "CartPole-v1"),
    ],
)
def test_an_unknown_id_is_answered_with_the_nearest(wrong, right):
    with pytest.raises(UsageError, match=right) as caught:
        describe(wrong)
    assert wrong in str(caught.value)


def test_an_environment_that_cannot_be_made_is_named():
    def broken():
        raise ImportError("install something")

    with pytest.raises(UsageError, match="broken cannot be made: install something"):
        describe(broken)


def test_a_spec_says_what_gymnasium_says():
    spec = describe("MountainCar-v0")
    assert (spec.id, spec.num_actions, spec.time_limit) == ("MountainCar-v0", 3, 200)
    assert spec.reward_threshold == -110.0
    assert spec.observation.low == pytest.approx((-1.2, -0.07))
    assert describe("MountainCar-v0", time_limit=500).time_limit == 500


def test_another_time_limit_is_kept_to():
    env = select("Acrobot-v1", num_envs=1, backend="gymnasium", time_limit=4).env
    env.reset(0)
    cuts = [bool(env.step(np.ones(1, np.int32)).truncated[0]) for _ in range(5)]
    assert cuts == [False, False, False, True, False]
    env.close()


def test_another_time_limit_is_kept_to_by_an_environment_from_a_factory():
    env = select(lambda: Corridor(), num_envs=1, time_limit=2).env
    assert env.spec.time_limit == 2
    env.reset(0)
    cuts = [bool(env.step(np.zeros(1, np.int32)).truncated[0]) for _ in range(2)]
    assert cuts == [False, True]


def test_another_time_limit_is_kept_to_by_dynamics():
    from tests.envs.test_vectorised import Countdown

    assert describe(Countdown(5), time_limit=2).time_limit == 2
    assert select(Countdown(5), num_envs=1, time_limit=2).env.spec.time_limit == 2


def test_a_backend_that_lacks_the_environment_says_what_it_has():
    with pytest.raises(UsageError, match=r"gymnax backend has no FrozenLake-v1.*MinAtar"):
        select("FrozenLake-v1", num_envs=1, backend="gymnax")
    with pytest.raises(UsageError, match="backend is 'cuda'"):
        select("FrozenLake-v1", num_envs=1, backend="cuda")


@pytest.mark.parametrize("missing", ["action_space", "observation_space"])
def test_an_environment_without_a_space_is_told_so(missing):
    def factory():
        env = Corridor()
        delattr(env, missing)
        return env

    with pytest.raises(UsageError, match=f"factory has no {missing}"):
        describe(factory)


def test_a_time_limit_of_ones_own_takes_the_place_of_one_inside_other_wrappers():
    def factory():
        limited = gymnasium.wrappers.TimeLimit(Corridor(), 1)
        return gymnasium.wrappers.RecordEpisodeStatistics(limited)

    assert describe(factory).time_limit == 1
    assert describe(factory, 2).time_limit == 2
    env = source_of(factory).make(2)
    env.reset()
    assert [env.step(0)[3] for _ in range(2)] == [False, True]
