"""What environments show beside what their spaces say: nested, wide, empty, and outside of them."""

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium import spaces

import qlax
from qlax import EnvironmentFailure, UsageError, networks
from qlax.envs import Transition
from qlax.envs.conversion import Reader, Unfit
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.opening import describe
from qlax.networks.cnn import images
from qlax.spaces import Box, Composite, Discrete, EnvSpec


class Shows(gymnasium.Env):
    """Shows what it is told to, step by step, and pays what it is told to."""

    action_space = spaces.Discrete(2)

    def __init__(self, space, *shown, pays=1.0):
        self.observation_space, self.shown, self.pays = space, shown, pays

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at = 0
        return self.shown[0], {}

    def step(self, action):
        self.at += 1
        last = self.at + 1 >= len(self.shown)
        return self.shown[min(self.at, len(self.shown) - 1)], self.pays, last, False, {}


def begun(space, *shown, **options):
    """Return one of it as a host environment, and what its reset shows."""
    env = GymnasiumEnv(
        lambda: Shows(space, *shown, **options), 1, describe(lambda: Shows(space, *shown))
    )
    return env, env.reset(0)


def after(steps, space, *shown, **options):
    env, _ = begun(space, *shown, **options)
    for _ in range(steps):
        timestep = env.step(np.zeros(1, np.int32))
    return timestep


ROOMS = spaces.Discrete(4, start=10)
NESTED = {
    "in a dict": (spaces.Dict({"room": ROOMS}), lambda room: {"room": room}),
    "in a tuple": (spaces.Tuple((ROOMS,)), lambda room: (room,)),
    "under a number": (spaces.Dict({3: ROOMS}), lambda room: {3: room}),
    "deeper": (
        spaces.Dict({"a": spaces.Tuple((spaces.Discrete(2), spaces.Dict({"room": ROOMS})))}),
        lambda room: {"a": (1, {"room": room})},
    ),
}


@pytest.mark.parametrize(("space", "show"), NESTED.values(), ids=NESTED)
def test_states_are_counted_from_their_own_start_at_any_depth(space, show):
    _, first = begun(space, *map(show, (10, 11, 12, 13)))
    last = after(3, space, *map(show, (10, 11, 12, 13)))
    rooms = [jax.tree.leaves(shown.observation)[-1] for shown in (first, last)]
    assert [room.tolist() for room in rooms] == [[0], [3]]
    assert all(room.dtype == np.int32 for room in rooms)


def test_a_start_below_zero_is_one_too():
    _, first = begun(spaces.Tuple((spaces.Discrete(4, start=-5), ROOMS)), (-5, 13))
    assert first.observation["0"].tolist() == [0]
    assert first.observation["1"].tolist() == [3]


def test_dynamics_shown_through_gymnasium_count_nested_states_from_their_start():
    from qlax.envs.as_gymnasium import DynamicsAsGymnasium

    class Lamp:
        spec = EnvSpec(
            id="Lamp", observation=Composite((("lamp", Discrete(2, start=7)),)), num_actions=2
        )

        def reset(self, key):
            return jnp.int32(0), {"lamp": jnp.int32(0)}

        def step(self, state, action, key):
            return Transition(action, {"lamp": action}, jnp.float32(0), action > 1)

    env = DynamicsAsGymnasium(Lamp())
    assert env.observation_space == spaces.Dict({"lamp": spaces.Discrete(2, start=7)})
    assert env.reset(seed=0)[0] == {"lamp": 7}
    assert env.step(1)[0] == {"lamp": 8}


@pytest.mark.parametrize(
    ("space", "dtype"),
    [
        (spaces.Box(0, 2**31 - 1, (1,), np.int64), "int32"),
        (spaces.Box(-(2**31), 0, (1,), np.int64), "int32"),
        (spaces.Box(0, 2**31, (1,), np.int64), "uint32"),
        (spaces.Box(0, 2**32, (1,), np.int64), "float32"),
        (spaces.Box(-1, 2**31, (1,), np.int64), "float32"),
        (spaces.Box(0, 255, (1,), np.uint64), "int32"),
        (spaces.Box(0, 2**63, (1,), np.uint64), "float32"),
        (spaces.Box(-1, 1, (1,), np.float64), "float32"),
        (spaces.Box(-1, 1, (1,), np.float16), "float16"),
        (spaces.MultiDiscrete([2**40]), "float32"),
    ],
)
def test_numbers_are_kept_in_a_type_that_holds_them(space, dtype):
    assert describe(lambda: Shows(space, 0)).observation.dtype == dtype


def test_whole_numbers_beyond_32_bits_are_rounded_not_wrapped():
    clock = spaces.Box(0, 2**40, (1,), np.int64)
    with pytest.warns(UserWarning, match=r"shows numbers as large as 4\.29e\+09.*by 512"):
        shown = after(1, clock, np.array([5]), np.array([2**32 + 5]), np.array([5]))
    assert shown.observation.tolist() == [[2.0**32]]


def test_time_stamps_that_lose_their_digits_are_told_once():
    stamp = spaces.Box(-np.inf, np.inf, (1,), np.float64)
    with pytest.warns(UserWarning, match=r"float32 tells apart only what differs by 128") as told:
        after(2, stamp, *(np.array([1.7643456e9 + second]) for second in range(3)))
    assert len(told) == 1


def test_the_check_notes_digits_that_are_lost():
    class Clock(Shows):
        def __init__(self):
            space = spaces.Dict({"t": spaces.Box(0, 2**40, (1,), np.int64)})
            super().__init__(space, *({"t": np.array([2**32 + at])} for at in range(4)))

    (note,) = [note for note in qlax.check(Clock).notes if "float32" in note]
    assert note.startswith("The observation['t'] has numbers as large as 4.29e+09")
    assert qlax.check(lambda: Shows(spaces.Box(0, 9, (1,), np.int64), *[np.ones(1, int)] * 4)).ok


def test_more_states_than_can_be_numbered_are_refused():
    with pytest.raises(UsageError, match="more states than 32 bits"):
        describe(lambda: Shows(spaces.Discrete(2**40), 0))


@pytest.mark.parametrize(
    "space",
    [
        spaces.Box(0, 1, (0,)),
        spaces.Box(0, 1, (3, 0)),
        spaces.Dict({"x": spaces.Box(0, 1, (0,)), "y": spaces.Box(0, 1, (2,))}),
        spaces.Dict({}),
        spaces.Tuple(()),
        spaces.Dict({"action_mask": spaces.Box(0, 1, (2,), np.int8)}),
    ],
    ids=str,
)
def test_what_shows_nothing_is_refused(space):
    with pytest.raises(UsageError, match=r"shows? nothing"):
        describe(lambda: Shows(space, space.sample()))
    report = qlax.envs.check_env(lambda: Shows(space, space.sample()))
    assert [sentence for sentence in report.problems if "nothing" in sentence]


@pytest.mark.parametrize(
    ("space", "inside", "outside", "said"),
    [
        (spaces.Discrete(4), 3, 4, r"the state 4 in step 1.*Discrete\(4\): states 0 to 3"),
        (spaces.Discrete(4, start=1), 1, 0, r"the state 0 .*start=1\): states 1 to 4"),
        (spaces.Discrete(4), 3, 2.5, r"the state 2\.5 in step 1"),
        (
            spaces.Box(0, 255, (2,), np.uint8),
            np.array([3.0, 255.0]),
            np.array([3.0, 300.0]),
            r"the value 300\.0 in step 1, but it is Box\(shape=\(2,\), dtype=uint8\), 0 to 255",
        ),
        (
            spaces.Box(0, 255, (2,), np.uint8),
            np.array([0, 1]),
            np.array([0, -1]),
            r"the value -1 in step 1",
        ),
        (spaces.Box(0, 255, (1,), np.uint8), np.ones(1), np.array([0.5]), r"the value 0\.5"),
        (spaces.Box(0, 9, (1,), np.int64), np.array([9]), np.array([10]), r"the value 10 .*0 to 9"),
        (spaces.MultiDiscrete([2, 3]), np.array([1, 2]), np.array([1, 3]), "the value 3"),
        (spaces.MultiBinary(2), np.array([1, 0]), np.array([2, 0]), "the value 2"),
        (spaces.Box(-1, 1, (1,)), np.zeros(1), np.array([1e39]), r"the value 1e\+39.*not finite"),
        (spaces.Box(-1, 1, (1,)), np.zeros(1), np.array(["a"]), "no array of numbers"),
    ],
    ids=range(11),
)
def test_what_the_space_does_not_hold_is_refused_with_value_step_and_space(
    space, inside, outside, said
):
    after(1, space, inside, inside, inside)
    with pytest.raises(EnvironmentFailure, match=said):
        after(1, space, inside, outside, outside)


def test_exceeded_limits_of_real_numbers_are_told_once():
    space = spaces.Box(-1.0, 1.0, (2,), np.float32)
    shown = [np.array([0.0, value], np.float32) for value in (1.0, 1.000001, 1.5, 2.0, -3.0)]
    env, _ = begun(space, *shown)
    env.step(np.zeros(1, np.int32))  # within rounding
    with pytest.warns(UserWarning, match=r"beyond the limits.*Box\(shape=\(2,\).*-1 to 1") as told:
        seen = [env.step(np.zeros(1, np.int32)).observation[0, 1] for _ in range(3)]
    assert seen == [1.5, 2.0, -3.0]
    assert len(told) == 1
    with pytest.raises(EnvironmentFailure, match="not finite"):
        after(1, space, shown[0], np.array([0.0, np.inf], np.float32))


def test_training_says_the_step_and_writes_nothing_it_cannot_use(tmp_path):
    with pytest.raises(EnvironmentFailure, match="the state 4 in step 3"):
        qlax.train(
            lambda: Shows(spaces.Discrete(4), 1, 2, 3, 4), "q_table", steps=100, out=tmp_path / "r"
        )


class Beyond:
    """A `Dynamics` whose place leaves its limits, or whose state its numbers."""

    def __init__(self, space, show):
        self.spec = EnvSpec(id="Beyond", observation=space, num_actions=2, time_limit=10)
        self._show = show

    def reset(self, key):
        return jnp.int32(0), self._show(jnp.int32(0))

    def step(self, state, action, key):
        return Transition(state + 1, self._show(state + 1), jnp.float32(0), jnp.bool_(False))


def test_dynamics_that_show_other_states_are_refused_at_the_door(tmp_path):
    with pytest.raises(EnvironmentFailure, match="the state 4 in step 4"):
        qlax.train(Beyond(Discrete(4), lambda at: at), steps=100, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_dynamics_beyond_their_limits_are_told_of(tmp_path):
    env = Beyond(Box((1,), "float32", -1.0, 1.0), lambda at: at.astype(jnp.float32)[None])
    with pytest.warns(UserWarning, match="Beyond shows numbers beyond the limits"):
        qlax.train(env, steps=100, eval_episodes=0, out=tmp_path / "run")


@pytest.mark.parametrize("paid", [1, np.float32(1), np.array([1.0]), np.array([[1]]), True])
def test_a_reward_may_be_any_single_number(paid):
    shown = np.zeros(1, np.float32)
    assert after(1, spaces.Box(-1, 1, (1,)), shown, shown, pays=paid).reward.tolist() == [1.0]


@pytest.mark.parametrize("paid", ["1", None, np.zeros(2), [1.0, 2.0], {}, 1j])
def test_another_reward_is_refused(paid):
    shown = np.zeros(1, np.float32)
    with pytest.raises(
        EnvironmentFailure, match=r"in step 1 the reward is .*, but must be a number"
    ):
        after(1, spaces.Box(-1, 1, (1,)), shown, shown, pays=paid)


@pytest.mark.parametrize("paid", [np.inf, 1e39, np.nan])
def test_a_reward_that_float32_does_not_hold_is_refused(paid):
    shown = np.zeros(1, np.float32)
    with pytest.raises(EnvironmentFailure, match=r"in step 1 the reward is \[.*must be finite"):
        after(1, spaces.Box(-1, 1, (1,)), shown, shown, pays=paid)


def test_rewards_that_float32_cannot_learn_from_are_told_once():
    shown = [np.zeros(1, np.float32)] * 5
    with pytest.warns(UserWarning, match=r"pays -1e\+30: beyond ±16,777,216 float32") as told:
        after(3, spaces.Box(-1, 1, (1,)), *shown, pays=-1e30)
    assert len(told) == 1
    after(3, spaces.Box(-1, 1, (1,)), *shown, pays=2.0**24)  # no word


class Dear(Beyond):
    def step(self, state, action, key):
        return super().step(state, action, key)._replace(reward=jnp.float32(1e30))


def test_dynamics_that_pay_so_much_are_told_of(tmp_path):
    env = Dear(Discrete(100), lambda at: at)
    with pytest.warns(UserWarning, match=r"Beyond pays 1e\+30"):
        qlax.train(env, steps=100, eval_episodes=0, out=tmp_path / "run")


def test_a_policy_refuses_what_its_space_does_not_hold(tmp_path):
    agent = qlax.presets.q_table()
    run = qlax.train(
        lambda: Shows(spaces.Discrete(4, start=1), 1, 2, 3, 4),
        agent,
        steps=100,
        eval_episodes=0,
        out=tmp_path / "run",
    )
    assert run.policy.predict([1, 4, 2]).shape == (3,)
    for wrong in (0, 5, 1.5, [1, 5]):
        with pytest.raises(UsageError, match="The observation holds the state"):
            run.policy.predict(wrong)


def test_batches_are_read_as_single_ones_are():
    reader = Reader(EnvSpec(id="A", observation=Box((2,), "uint8", 0, 9), num_actions=2))
    assert reader.fit(np.array([[1, 2], [3, 9]])).dtype == np.uint8
    with pytest.raises(Unfit, match="the value 10"):
        reader.fit(np.array([[1, 2], [3, 10]]))


@pytest.mark.parametrize(
    ("shape", "frames", "turned"),
    [
        ((3, 64, 48), 1, (64, 48, 3)),
        ((12, 84, 84), 1, (84, 84, 12)),
        ((4, 3, 64, 48), 4, (64, 48, 3)),
        ((64, 48, 3), 1, (64, 48, 3)),
        ((7, 7, 3), 1, (7, 7, 3)),
        ((4, 84, 84), 4, (84, 84)),
        ((10, 10, 6), 1, (10, 10, 6)),
        ((32, 64, 64), 1, (32, 64, 64)),
    ],
)
def test_channels_that_come_first_are_recognised(shape, frames, turned):
    assert Box(shape, "uint8", 0, 255, frames=frames).image_shape == turned


def test_channels_that_come_first_are_turned():
    shown = np.random.default_rng(0).integers(0, 256, (2, 3, 8, 9)).astype(np.uint8)
    seen = np.asarray(images("CNN", jnp.asarray(shown), Box((3, 8, 9), "uint8", 0, 255)))
    np.testing.assert_array_equal(seen, np.moveaxis(shown, 1, -1))


def test_channels_in_frames_of_a_stack_are_turned_too():
    shown = np.random.default_rng(0).integers(0, 256, (2, 4, 3, 8, 9)).astype(np.uint8)
    space = Box((4, 3, 8, 9), "uint8", 0, 255, frames=4)
    seen = np.asarray(images("CNN", jnp.asarray(shown), space))
    assert seen.shape == (2, 8, 9, 12)
    for frame, channel in ((0, 0), (3, 2), (1, 2)):
        places = [at for at in range(12) if (seen[..., at] == shown[:, frame, channel]).all()]
        assert len(places) == 1


def test_the_default_agent_sees_such_images_by_convolutions():
    space = spaces.Box(0, 255, (3, 48, 64), np.uint8)
    agent = qlax.presets.resolve(lambda: Shows(space, space.sample())).agent
    assert isinstance(agent.network, networks.CNN)
    assert len(agent.network.channels) == 2  # strided filters, as for large images
