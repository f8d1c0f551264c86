"""Environments that say which actions are legal, on the host."""

import dataclasses

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import qlax
from qlax import (
    Agent,
    EnvironmentFailure,
    UsageError,
    explorers,
    networks,
    optimizers,
    replay,
    schedules,
)
from qlax.envs.gymnasium import GymnasiumEnv
from qlax.envs.opening import describe
from qlax.spaces import Box, Composite, Discrete
from tests.tiers import in_turn

# Which of three doors are open in each of four rooms; in the last room the episode is over.
OPEN = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1], [1, 1, 0], [0, 0, 0]], np.int8)
# What the doors of a room pay. The closed ones would pay most.
PAY = np.array([[0.0, 9.0, 1.0], [9.0, 0.0, 9.0], [1.0, 9.0, 0.0], [0.0, 1.0, 9.0]])
BEST = [2, 1, 0, 1]
ROOM = spaces.Box(0.0, 4.0, (5,), np.float32)
MASK = spaces.Box(0, 1, (3,), np.int8)
VIEW = Box((5,), "float32", 0.0, 4.0)


class Rooms(gymnasium.Env):
    """Four rooms in a row, each left through one of its open doors.

    Args:
        where: `info` shows a room and has the mask in info, `dict` a Dict of both, `several` a
            Dict of the room, its number and the mask.
        masks: What is said to be open, by room.
        start: Number of the first door.
        taken: A list that all doors taken are added to, as (room, door).
    """

    def __init__(self, where="info", *, masks=tuple(OPEN), start=0, taken=None):
        self.where, self.masks, self.start = where, masks, start
        self.taken = [] if taken is None else taken
        self.action_space = spaces.Discrete(3, start=start)
        self.observation_space = {
            "info": ROOM,
            "dict": spaces.Dict({"observation": ROOM, "action_mask": MASK}),
            "several": spaces.Dict(
                {"view": ROOM, "number": spaces.Discrete(5), "action_mask": MASK}
            ),
        }[where]

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.room = 0
        return self._shown()

    def step(self, action):
        door = int(action) - self.start
        self.taken.append((self.room, door))
        pay = PAY[self.room, door]
        self.room += 1
        observation, info = self._shown()
        return observation, float(pay), self.room == 4, False, info

    def _shown(self):
        view = np.zeros(5, np.float32)
        view[self.room] = 1.0
        mask = self.masks[self.room]
        if self.where == "info":
            return view, {} if mask is None else {"action_mask": mask}
        if self.where == "dict":
            return {"observation": view, "action_mask": mask}, {}
        return {"view": view, "number": self.room, "action_mask": mask}, {}


def agent(**parts):
    return Agent(
        **{
            "network": networks.MLP(hidden=(32,)),
            "explorer": explorers.EpsilonGreedy(epsilon=1.0, duration=explorers.Zeta()),
            "replay": replay.Uniform(capacity=1_000, batch_size=16, n_step=1),
            "optimizer": optimizers.Adam(learning_rate=0.01),
            "num_envs": 2,
            "learning_starts": 20,
            **parts,
        }
    )


KINDS = ["info", "dict", "several"]


def legal(taken):
    """Return which of some (room, door) are open."""
    room, door = np.array(taken).T
    return OPEN[room, door].astype(bool)


def test_a_spec_says_that_there_is_a_mask_and_leaves_it_out_of_the_observation():
    room = Box(shape=(5,), dtype="float32", low=0.0, high=4.0)
    shown = {kind: describe(lambda kind=kind: Rooms(kind)) for kind in KINDS}
    assert all(spec.has_mask for spec in shown.values())
    assert shown["info"].observation == room
    assert shown["dict"].observation == room
    assert shown["several"].observation == Composite((("number", Discrete(5)), ("view", room)))
    assert not describe("CartPole-v1").has_mask


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("num_envs", [1, 3])
def test_every_time_step_has_its_mask(kind, num_envs):
    env = GymnasiumEnv(lambda: Rooms(kind), num_envs, describe(lambda: Rooms(kind)))
    shown = [env.reset(0)] + [
        env.step(np.full(num_envs, BEST[room], np.int32)) for room in range(4)
    ]
    for room in range(4):
        assert shown[room].legal.dtype == bool
        np.testing.assert_array_equal(shown[room].legal, [OPEN[room].astype(bool)] * num_envs)
    assert shown[4].terminated.all()  # nothing is legal there, and that is no failure
    assert shown[4].legal.shape == (num_envs, 3)
    again = env.step(np.zeros(num_envs, np.int32))
    np.testing.assert_array_equal(again.legal, [OPEN[0].astype(bool)] * num_envs)
    env.close()


@pytest.mark.parametrize("kind", in_turn(list(KINDS), 3))
def test_only_legal_actions_are_taken_in_training_and_evaluation(kind, tmp_path):
    taken = []
    run = qlax.train(
        lambda: Rooms(kind, taken=taken), agent(), steps=1_000, out=tmp_path / "a", eval_episodes=0
    )
    # Four of five steps take an action, the fifth only begins the next episode.
    assert len(taken) == 800
    assert legal(taken).all()
    assert set(taken) == {tuple(pair) for pair in np.argwhere(OPEN).tolist()}
    # What pays most is learned, of what is legal, although what is illegal was never seen to pay
    # less: its values are those of a network nobody taught.
    taken.clear()
    evaluation = qlax.evaluate(run.policy, lambda: Rooms(kind, taken=taken), episodes=3)
    assert evaluation.returns == [3.0] * 3
    assert legal(taken).all()
    assert [door for _, door in taken[::3]][:4] == BEST


EXPLORERS = [
    explorers.EpsilonGreedy(epsilon=0.5, spread=2.0),
    explorers.EpsilonGreedy(epsilon=schedules.Linear(steps=100)),
    explorers.GaussianNoise(scale=10.0),
    explorers.Greedy(),
    explorers.Boltzmann(temperature=5.0),
]


@pytest.mark.parametrize("explorer", in_turn(EXPLORERS, 3), ids=lambda part: type(part).__name__)
def test_no_explorer_takes_an_illegal_action(explorer, tmp_path):
    taken = []
    qlax.train(
        lambda: Rooms("info", taken=taken),
        agent(explorer=explorer),
        steps=200,
        out=tmp_path / "run",
        eval_episodes=2,
    )
    assert len(taken) >= 160 + 8
    assert legal(taken).all()


def test_masks_may_be_lists_and_doors_may_be_numbered_from_anywhere(tmp_path):
    taken = []
    masks = [row.tolist() for row in OPEN]
    run = qlax.train(
        lambda: Rooms("info", masks=masks, start=-5, taken=taken),
        agent(),
        steps=100,
        out=tmp_path / "run",
        eval_episodes=1,
    )
    assert legal(taken).all()
    assert run.policy.predict(np.eye(5)[0], action_mask=[0, 1, 0]) == -4


# --- what fails -----------------------------------------------------------------------------------


def walked(masks, rooms=4, num_envs=1, where="info"):
    """Take the best doors of some rooms in an environment with masks of its own."""

    def factory():
        return Rooms(where, masks=masks)

    env = GymnasiumEnv(factory, num_envs, describe(factory))
    env.reset(0)
    for room in range(rooms):
        env.step(np.full(num_envs, BEST[room], np.int32))


@pytest.mark.parametrize("where", ["info", "dict"])
@pytest.mark.parametrize("num_envs", [1, 2])
def test_a_state_without_any_legal_action_is_the_environments_failure(where, num_envs):
    masks = [OPEN[0], OPEN[1], np.zeros(3, np.int8), OPEN[3], OPEN[4]]
    walked(masks, rooms=1, num_envs=num_envs, where=where)
    with pytest.raises(EnvironmentFailure, match=r"no legal action.*mask is all zeros"):
        walked(masks, rooms=2, num_envs=num_envs, where=where)


def test_training_stops_there_with_the_same_error_and_keeps_what_it_had(tmp_path):
    masks = [OPEN[0], OPEN[1], np.zeros(3, np.int8), OPEN[3], OPEN[4]]
    with pytest.raises(EnvironmentFailure, match="no legal action") as caught:
        qlax.train(lambda: Rooms(masks=masks), agent(), steps=100, out=tmp_path / "run")
    assert caught.value.iteration == 1
    assert list((tmp_path / "run" / "checkpoints").iterdir())


def test_a_first_state_without_any_legal_action_is_one_too(tmp_path):
    masks = [np.zeros(3, np.int8), *OPEN[1:]]
    with pytest.raises(EnvironmentFailure, match="no legal action"):
        qlax.train(lambda: Rooms(masks=masks), agent(), steps=100, out=tmp_path / "run")


def test_a_mask_that_is_missing_later_on_is_the_environments_failure():
    with pytest.raises(EnvironmentFailure, match=r"but step 2 came without info"):
        walked([OPEN[0], OPEN[1], None, OPEN[3], OPEN[4]], rooms=2)


def test_a_mask_may_be_missing_at_the_end():
    walked([*OPEN[:4], None], rooms=4)
    walked([*OPEN[:4], None], rooms=4, num_envs=2)


def test_a_mask_of_the_wrong_shape_is_the_environments_failure():
    with pytest.raises(EnvironmentFailure, match=r"mask of shape \(4,\).*3 actions"):
        walked([OPEN[0], np.ones(4, np.int8), *OPEN[2:]], rooms=1)


class Late(Rooms):
    """Has its mask in every step's info, but not in reset's."""

    def reset(self, *, seed=None, options=None):
        return super().reset(seed=seed)[0], {}


def test_a_mask_that_comes_with_steps_alone_is_refused(tmp_path):
    said = r'came with info\["action_mask"\] in step 1, but its first reset without'
    with pytest.raises(EnvironmentFailure, match=said):
        qlax.train(Late, agent(), steps=100, out=tmp_path / "run")
    (problem,) = qlax.envs.check_env(Late).problems
    assert problem.startswith('A step came with info["action_mask"], but the first reset without')


class Asked(Rooms):
    """Says which doors are open when it is asked, as other libraries have it."""

    def _shown(self):
        return super()._shown()[0], {}

    def action_masks(self):
        if self.room == 4:
            raise AssertionError("the episode is over")
        return OPEN[self.room].tolist()


def test_a_method_is_asked_for_the_mask(tmp_path):
    taken = []

    def factory():
        return gymnasium.wrappers.RecordEpisodeStatistics(Asked(taken=taken))

    assert describe(factory).has_mask
    run = qlax.train(factory, agent(), steps=600, out=tmp_path / "run", eval_episodes=0)
    assert qlax.evaluate(run.policy, factory, episodes=3).returns == [3.0] * 3
    assert legal(taken).all()
    assert qlax.envs.check_env(Asked).ok


# --- the finished policy --------------------------------------------------------------------------


@pytest.fixture(scope="module", params=KINDS, name="learned")
def _learned(request, tmp_path_factory):
    """The kind of environment and a policy for it, read back from its folder."""
    path = tmp_path_factory.mktemp(request.param) / "run"
    kind = request.param
    qlax.train(lambda: Rooms(kind), agent(), steps=600, out=path, eval_episodes=0)
    return kind, qlax.load(path)


def in_room(kind, room, mask=None):
    """Return what is seen in a room, or in several, and the mask if it is no part of that."""
    view, mask = np.eye(5)[room], OPEN[room] if mask is None else np.asarray(mask)
    if kind == "info":
        return view, mask
    if kind == "dict":
        return {"observation": view, "action_mask": mask}, None
    return {"view": view, "number": np.asarray(room), "action_mask": mask}, None


def test_predict_keeps_to_the_mask_for_one_and_for_many(learned):
    kind, policy = learned
    rooms = np.arange(4)
    assert policy.predict(*in_room(kind, rooms)).tolist() == BEST
    assert [policy.predict(*in_room(kind, room)) for room in rooms] == BEST
    for room in rooms:
        for door in range(3):
            only = np.arange(3) == door
            assert policy.predict(*in_room(kind, room, mask=only)) == door
            assert policy.actor().act(*in_room(kind, room, mask=only)[:1], action_mask=only) == door


def test_a_mask_that_is_given_outweighs_the_one_that_is_seen(learned):
    kind, policy = learned
    seen, _ = in_room(kind, 0)
    assert policy.predict(seen, action_mask=[False, True, False]) == 1


def test_values_of_illegal_actions_are_minus_infinity(learned):
    kind, policy = learned
    values = policy.q_values(*in_room(kind, np.arange(4)))
    np.testing.assert_array_equal(values == -np.inf, OPEN[:4] == 0)
    single = policy.q_values(*in_room(kind, 1))
    assert single.shape == (3,)
    assert np.isfinite(single).tolist() == [False, True, False]


def test_without_a_mask_a_policy_that_learned_with_masks_refuses(learned):
    kind, policy = learned
    for rooms in (2, np.arange(4)):
        seen, _ = in_room(kind, rooms)
        if kind != "info":
            del seen["action_mask"]
        if kind == "dict":
            seen = seen["observation"]  # as good as the Dict that has nothing else
        for ask in (policy.predict, policy.q_values, policy.actor().act):
            with pytest.raises(UsageError, match=r"trained with action masks.*action_mask=…"):
                ask(seen)
        everything = np.ones((*np.shape(rooms), 3), bool)
        values = policy.q_values(seen, action_mask=everything)
        assert np.isfinite(values).all()


def test_side_by_side_it_refuses_too(learned):
    kind, policy = learned
    env = GymnasiumEnv(lambda: Rooms(kind), 2, policy.spec)
    timestep = env.reset(0)
    assert policy.actor(2)(timestep).tolist() == [2, 2]
    with pytest.raises(UsageError, match="trained with action masks"):
        policy.actor(2)(timestep.replace(legal=None))


def test_it_is_not_evaluated_where_there_are_no_masks(learned):
    _, policy = learned

    class Open(Rooms):
        def _shown(self):
            return super()._shown()[0], {}

    other = dataclasses.replace(policy, spec=dataclasses.replace(policy.spec, observation=VIEW))
    with pytest.raises(UsageError, match="but Open has none"):
        qlax.evaluate(other, Open, episodes=1)


@pytest.mark.parametrize("batched", [False, True])
def test_a_taxi_takes_legal_actions_or_says_what_it_lacks(taxi, batched):
    env = gymnasium.make("Taxi-v4")
    observation, info = env.reset(seed=0)
    shown, mask = (
        (np.array([observation]), info["action_mask"][None])
        if batched
        else (observation, info["action_mask"])
    )
    with pytest.raises(UsageError, match="which of the 6 actions are legal"):
        taxi.predict(shown)
    action = np.ravel(taxi.predict(shown, mask))[0]
    assert info["action_mask"][action] == 1


@pytest.fixture(scope="module", name="taxi")
def _taxi(tmp_path_factory):
    path = tmp_path_factory.mktemp("taxi") / "run"
    qlax.train("Taxi-v4", "q_table", steps=500, out=path, eval_episodes=0)
    return qlax.load(path)


def test_a_mask_of_the_wrong_shape_is_refused(learned):
    kind, policy = learned
    one, _ = in_room(kind, 0)
    many, _ = in_room(kind, np.arange(4))
    for seen, mask in (
        (one, [True, True]),
        (one, OPEN[:4]),
        (many, OPEN[0]),
        (many, OPEN[:3]),
        (many, OPEN[:4, :2]),
        (one, True),
    ):
        with pytest.raises(UsageError, match="action mask has shape"):
            policy.predict(seen, action_mask=mask)
