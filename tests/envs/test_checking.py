"""Environments that each break one rule, and those that break none."""

import dataclasses
import itertools
import sys

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium import spaces

from qlax import UsageError
from qlax.envs import Transition, check_env
from qlax.envs.worlds.bsuite import Catch
from qlax.spaces import Box, EnvSpec
from tests.cli.test_command import run


class Sound(gymnasium.Env):
    """Ends by chance; shows two numbers and may show a mask."""

    observation_space = spaces.Box(-1.0, 1.0, (2,), np.float32)
    action_space = spaces.Discrete(3)
    pays = 1.0
    mask = None

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.shown(), self.info()

    def step(self, action):
        assert self.action_space.contains(action)
        return self.shown(), self.pays, bool(self.np_random.random() < 0.2), False, self.info()

    def shown(self):
        return self.np_random.uniform(-1, 1, 2).astype(np.float32)

    def info(self):
        return {} if self.mask is None else {"action_mask": np.array(self.mask, np.int8)}


class Named(Sound):
    action_space = spaces.Dict({"turn": spaces.Discrete(2)})


class Unlimited(Sound):
    action_space = spaces.Box(-np.inf, np.inf, (1,))


class Continuous(Sound):
    action_space = spaces.Box(-1, 1, (1,))


class Speaking(Sound):
    observation_space = spaces.Text(5)

    def shown(self):
        return "hello"


class Spaceless(Sound):
    observation_space = None


class WrongShape(Sound):
    def shown(self):
        return super().shown()[None]


class WrongType(Sound):
    observation_space = spaces.Box(0, 255, (2,), np.uint8)


class OutOfBounds(Sound):
    def shown(self):
        return super().shown() * 3


class OutOfStates(Sound):
    observation_space = spaces.Discrete(4)

    def shown(self):
        return 4


class NotFinite(Sound):
    def shown(self):
        return np.array([0.0, np.nan], np.float32)


class MissingEntry(Sound):
    observation_space = spaces.Dict({"a": spaces.Discrete(2), "b": spaces.Discrete(2)})

    def shown(self):
        return {"a": 1}


class WrongEntry(Sound):
    observation_space = spaces.Tuple((spaces.Discrete(2), spaces.MultiBinary(2)))

    def shown(self):
        return 1, np.array([0, 2])


class NoArray(Sound):
    def shown(self):
        return None


class PaysNan(Sound):
    pays = float("nan")


class PaysText(Sound):
    pays = "one"


class OldReset(Sound):
    def reset(self, *, seed=None, options=None):
        return super().reset(seed=seed)[0]


class Unseeded(Sound):
    def reset(self):
        return super().reset()


class OldStep(Sound):
    def step(self, action):
        shown, paid, terminated, _, info = super().step(action)
        return shown, paid, terminated, info


class Raises(Sound):
    def step(self, action):
        raise KeyError("door")


class Exits(Sound):
    def step(self, action):
        sys.exit(3)


class EndsAsNone(Sound):
    def step(self, action):
        shown, paid, terminated, _, info = super().step(action)
        return shown, paid, terminated, None, info


class InfoIsNone(Sound):
    def info(self):
        return None


class CannotBeMade(Sound):
    def __init__(self):
        raise RuntimeError("no licence")


class CannotBeClosed(Sound):
    def close(self):
        raise RuntimeError("stuck")


class MaskOfWrongShape(Sound):
    mask = (1, 0)


class MaskOfZeros(Sound):
    mask = (0, 0, 0)


class MaskMissingLater(Sound):
    mask = (1, 0, 1)

    def step(self, action):
        return *super().step(action)[:2], False, False, {}


def not_an_environment():
    return 3


@pytest.mark.parametrize(
    ("env", "said"),
    [
        (Named, "It has actions Dict('turn': Discrete(2)), but Q-learning chooses among finitely"),
        (Unlimited, "number 0 reaches from -inf to inf, but a grid needs limits"),
        (Speaking, "It has observations Text, but arrays are needed"),
        (Spaceless, "It has no observation_space"),
        (WrongShape, "The observation has the shape (1, 2), but its space says (2,)"),
        (WrongType, "The observation is float32, which does not fit the uint8"),
        (OutOfBounds, "but its space says -1 to 1: widen the limits, or clip"),
        (OutOfStates, "The observation has the value 4, but its space says 0 to 3"),
        (NotFinite, "The observation is not finite: array([ 0., nan]"),
        (MissingEntry, "The observation is {'a': 1}, but its space says a dict of a, b"),
        (WrongEntry, "The observation[1] has the value 2, but its space says 0 to 1"),
        (NoArray, "The observation is None, which is no array of numbers"),
        (PaysNan, "The reward is [nan], but must be finite"),
        (PaysText, "The reward is 'one', but must be a number"),
        (
            OldReset,
            "reset returned one value, but must return two: observation and info. Return",
        ),
        (Exits, "failed: SystemExit: 3"),
        (Unseeded, "reset(seed=0) failed: TypeError"),
        (OldStep, "step returned 4 values, which is the old API of Gym"),
        (Raises, "failed: KeyError: 'door'"),
        (EndsAsNone, "truncated is None, but must be True or False"),
        (InfoIsNone, "info is None, but must be a dict"),
        (CannotBeMade, "It cannot be made: RuntimeError: no licence"),
        (CannotBeClosed, "close() failed: RuntimeError: stuck"),
        (MaskOfWrongShape, "An action mask has the shape (2,), but there are 3 actions"),
        (MaskOfZeros, "An action mask is all zeros before the end"),
        (MaskMissingLater, 'The first reset came with info["action_mask"], but a later call'),
        (not_an_environment, "It is made as int, which is no gymnasium.Env"),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_what_is_wrong_is_said_and_nothing_else(env, said):
    report = check_env(env)
    (problem,) = report.problems
    assert said in problem
    assert report.notes == ()
    assert not report.ok


def test_continuous_actions_need_a_grid():
    report = check_env(Continuous)
    assert report.ok
    assert [note.partition(":")[2] for note in report.notes] == [
        " give the agent a grid of them, such as actions.Grid(points=9)."
    ]


class Overwriting(Sound):
    kept = np.zeros(2, np.float32)

    def shown(self):
        self.kept[:] = super().shown()
        return self.kept


class OwnChance(Sound):
    rng = np.random.default_rng(0)

    def shown(self):
        return self.rng.uniform(-1, 1, 2).astype(np.float32)


class Endless(Sound):
    def step(self, action):
        return self.shown(), 0.0, False, False, {}


class AlwaysTen(Sound):
    def reset(self, *, seed=None, options=None):
        self.left = 10
        return super().reset(seed=seed)

    def step(self, action):
        self.left -= 1
        return self.shown(), 0.0, self.left == 0, False, {}


class Rich(Sound):
    pays = -5_000


@pytest.mark.parametrize(
    ("env", "said"),
    [
        (Overwriting, "it is one array, written again and again"),
        (OwnChance, "Two episodes of seed 0 with the same actions differ from step 0 on"),
        (Endless, "3 of 3 episodes did not end within 200 steps, and there is no time limit"),
        (AlwaysTen, "All 3 episodes were terminated after exactly 10 steps"),
        (Rich, "A reward is -5000: beyond ±100"),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_what_may_be_meant_is_noted(env, said):
    report = check_env(env, steps=200)
    assert report.ok
    (note,) = report.notes
    assert said in note


class Masked(Sound):
    """Fails under an illegal action; action 5 is the first."""

    action_space = spaces.Discrete(3, start=5)
    mask = (0, 1, 0)

    def step(self, action):
        assert action == 6
        return super().step(action)


class MaskedInside(Masked):
    observation_space = spaces.Dict(
        {"action_mask": spaces.MultiBinary(3), "seen": Sound.observation_space}
    )

    def shown(self):
        return {"action_mask": np.array(self.mask, np.int8), "seen": super().shown()}

    def info(self):
        return {}


def endless_but_cut():
    return gymnasium.wrappers.TimeLimit(Endless(), 5)


@pytest.mark.parametrize(
    "env",
    [
        Sound,
        Masked,
        MaskedInside,
        endless_but_cut,
        "CartPole-v1",
        "FrozenLake-v1",
        "Taxi-v4",
        "MiniGrid-Fetch-5x5-N2-v0",
    ],
    ids=lambda given: getattr(given, "__name__", given),
)
def test_nothing_is_found_where_nothing_is_wrong(env):
    report = check_env(env)
    assert (report.problems, report.notes) == ((), ())
    assert report.episodes == 3
    assert report.steps >= 3


def test_everything_that_is_wrong_is_found():
    class Wrong(PaysNan, OutOfBounds, EndsAsNone):
        pass

    report = check_env(Wrong)
    assert len(report.problems) == 3
    lines = str(report).splitlines()
    assert lines[0].startswith("Wrong: 3 problems (3 episodes, ")
    assert len(lines) == 4 + len(report.notes)
    assert repr(report) == str(report)


@dataclasses.dataclass(frozen=True)
class Walk:
    """Goes left or right; ends by chance."""

    spec = EnvSpec(id="walk", observation=Box((2,), "float32", -50.0, 50.0), num_actions=2)

    def reset(self, key):
        state = {"at": jnp.int32(0)}
        return state, self.shown(state)

    def step(self, state, action, key):
        state = {"at": state["at"] + 2 * action - 1}
        ended = jax.random.bernoulli(key, 0.2)
        return Transition(state, self.shown(state), jnp.float32(1.0), ended)

    def shown(self, state):
        return jnp.full(2, state["at"], jnp.float32)


class WalkOfIntegers(Walk):
    def shown(self, state):
        return jnp.full(2, state["at"], jnp.int32)


class WalkOfOtherShape(Walk):
    def shown(self, state):
        return jnp.full(3, state["at"], jnp.float32)


class WalkThatTurnsReal(Walk):
    def step(self, state, action, key):
        moved = super().step(state, action, key)
        return moved._replace(state={"at": moved.state["at"] * 1.0})


class WalkThatGrows(Walk):
    def step(self, state, action, key):
        moved = super().step({"at": state["at"]}, action, key)
        return moved._replace(state={**moved.state, "last": action})


class WalkThatBranches(Walk):
    def step(self, state, action, key):
        if action > 0:
            return super().step(state, action, key)
        return super().step(state, 0, key)


class WalkThatPaysIntegers(Walk):
    def step(self, state, action, key):
        return super().step(state, action, key)._replace(reward=jnp.int32(1))


class WalkThatEndsByNumber(Walk):
    def step(self, state, action, key):
        return super().step(state, action, key)._replace(terminated=jnp.float32(0))


class WalkThatReturnsPairs(Walk):
    def step(self, state, action, key):
        return tuple(super().step(state, action, key))


class WalkWithOneStart(Walk):
    def reset(self, key):
        return super().reset(key)[1]


class WalkThatCounts(Walk):
    calls = itertools.count()

    def step(self, state, action, key):
        moved = super().step(state, action, key)
        return moved._replace(reward=jnp.float32(next(self.calls)))


class WalkThatLeavesItsSpace(Walk):
    spec = dataclasses.replace(Walk.spec, observation=Box((2,), "float32", -0.5, 0.5))


class WalkIntoNowhere(Walk):
    def shown(self, state):
        return jnp.log(jnp.full(2, -1.0 - 0 * state["at"]))


class WalkWithPromisedMask(Walk):
    spec = dataclasses.replace(Walk.spec, has_mask=True)


class WalkWithSecretMask(Walk):
    def step(self, state, action, key):
        return super().step(state, action, key)._replace(legal=jnp.ones(2, bool))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (WalkOfIntegers, "observation int32 of shape (2,), but spec says float32 of shape (2,)"),
        (WalkOfOtherShape, "observation float32 of shape (3,), but spec says float32 of shape"),
        (WalkThatTurnsReal, "state['at'] is int32 of shape () from reset and float32 of shape ()"),
        (WalkThatGrows, "reset returned a state of the form {'at': *} and step one of"),
        (WalkThatBranches, "step cannot be compiled: TracerBoolConversionError"),
        (WalkThatPaysIntegers, "reward int32 of shape (), but it must be float32 of shape ()"),
        (WalkThatEndsByNumber, "terminated float32 of shape (), but it must be bool"),
        (WalkThatReturnsPairs, "step returned tuple, but must return a Transition"),
        (WalkWithOneStart, "reset returned one value, but must return two"),
        (WalkThatCounts, "step returned other values for the same arguments"),
        (WalkThatLeavesItsSpace, "but its space says -0.5 to 0.5"),
        (WalkIntoNowhere, "The observation is not finite"),
        (WalkWithPromisedMask, "spec.has_mask is True, so the observation that reset returns"),
        (WalkWithSecretMask, "step returned legal actions, but spec.has_mask is False"),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_what_is_wrong_with_functions_is_said_and_nothing_else(kind, said):
    report = check_env(kind())
    (problem,) = report.problems
    assert said in problem


class MaskedWalk(Walk):
    """Only right is legal, and left would leave the space."""

    spec = dataclasses.replace(
        Walk.spec, has_mask=True, observation=Box((2,), "float32", 0.0, 50.0)
    )

    def reset(self, key):
        state, shown = super().reset(key)
        return state, (shown, jnp.array([False, True]))

    def step(self, state, action, key):
        return super().step(state, action, key)._replace(legal=jnp.array([False, True]))


@pytest.mark.parametrize("dynamics", [Walk(), MaskedWalk()], ids=lambda given: given.spec.id)
def test_nothing_is_found_where_functions_are_sound(dynamics):
    report = check_env(dynamics)
    assert (report.problems, report.notes) == ((), ())
    assert report.steps >= 3


def test_a_time_limit_of_the_spec_is_one():
    class Straight(Walk):
        spec = dataclasses.replace(Walk.spec, time_limit=20)

        def step(self, state, action, key):
            return super().step(state, action, key)._replace(terminated=jnp.bool_(False))

    report = check_env(Straight())
    assert (report.problems, report.notes, report.steps) == ((), (), 60)


def test_episodes_of_one_length_are_noted_for_functions_too():
    report = check_env(Catch())
    assert report.ok
    assert "exactly 9 steps" in report.notes[0]


@pytest.mark.parametrize(
    ("env", "said"),
    [
        (3, "env is 3, but must be"),
        ("CartPol-v1", "Did you mean CartPole-v1"),
    ],
    ids=["a number", "a name"],
)
def test_what_cannot_be_checked_is_a_mistake(env, said):
    with pytest.raises(UsageError, match=said):
        check_env(env)


BROKEN = """
import gymnasium, numpy as np
class Broken(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (2,))
    action_space = gymnasium.spaces.Discrete(2)
    def reset(self, *, seed=None, options=None):
        return np.zeros(2, np.float32), {}
    def step(self, action):
        return np.zeros(2, np.float32), 0.0, False, {}
gymnasium.register("Broken-v0", Broken, max_episode_steps=9)
"""


def test_the_command_prints_the_report_and_exits_with_two(tmp_path):
    (tmp_path / "broken.py").write_text(BROKEN)
    done = run("check", "broken:Broken-v0", cwd=tmp_path)
    assert done.returncode == 2
    assert "problem: step returned 4 values" in done.stdout
    assert done.stderr == "qlax: broken:Broken-v0 is not fit to train in.\n"


def test_the_command_exits_with_zero_where_nothing_is_wrong(tmp_path):
    done = run("check", "CartPole-v1", "--episodes", "2", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("CartPole-v1: fit to train in (2 episodes, ")
