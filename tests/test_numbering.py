"""States of products of finite spaces, numbered, and the tables and models that count them."""

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium import spaces

import qlax
from qlax import Agent, UsageError, bootstraps, explorers, networks, observations, optimizers
from qlax.envs.core import TimeStep
from qlax.envs.description import describe_space
from qlax.networks import Table, TileCoding
from qlax.numbering import number_of, observation_of, sizes_of
from qlax.observers import Observer
from qlax.replay import Dyna, Latest, Seen, Step
from qlax.spaces import Box, Composite, Discrete, EnvSpec
from tests.networks.applying import features
from tests.replay.compiled import add, sample

PLACE = Box((2,), "int32", (-1.0, 3.0), (1.0, 4.0))
NESTED = Composite(
    (("lamp", Discrete(2)), ("inner", Composite((("0", PLACE), ("1", Discrete(3))))))
)
SPACES = [
    Discrete(5),
    PLACE,
    Box((2, 2), "bool", 0.0, 1.0),
    Box((1,), "uint8", 7.0, 7.0),
    Composite((("a", Discrete(4)),)),
    NESTED,
]


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_every_state_has_a_number_of_its_own_and_is_found_again_by_it(space):
    numbers = jnp.arange(np.prod(sizes_of(space)))
    shown = observation_of(numbers, space)
    np.testing.assert_array_equal(number_of(shown, space), numbers)
    reader = qlax.envs.conversion.Reader(EnvSpec(id="A", observation=space, num_actions=2))
    jax.tree.map(np.testing.assert_array_equal, reader.fit(jax.tree.map(np.asarray, shown)), shown)


def test_the_last_entry_counts_fastest():
    shown = {"lamp": [1], "inner": {"0": [[-1, 4]], "1": [2]}}
    shown = jax.tree.map(jnp.array, shown, is_leaf=lambda part: isinstance(part, list))
    assert sizes_of(NESTED) == [2, 3, 2, 3]
    assert number_of(shown, NESTED).tolist() == [((1 * 3 + 0) * 2 + 1) * 3 + 2]


def test_real_numbers_are_not_finite():
    assert sizes_of(Box((1,), "float32", 0.0, 1.0)) is None
    assert sizes_of(Composite((("a", Discrete(2)), ("b", Box((1,), "float32", 0, 1))))) is None


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_a_table_has_a_row_for_each_state(space):
    numbers = jnp.arange(np.prod(sizes_of(space)))
    found = features(Table(), space, observation_of(numbers, space))
    np.testing.assert_array_equal(found.indices[:, 0], numbers)
    assert found.size == len(numbers)


def test_whole_numbers_are_cut_into_bins_if_they_are_told_to_or_too_many():
    space = Box((1,), "int32", 0.0, 99.0)
    shown = jnp.array([[0], [24], [25], [99]])
    assert features(Table(), space, shown).indices[:, 0].tolist() == [0, 24, 25, 99]
    cut = features(Table(bins=(4,)), space, shown)
    assert (cut.indices[:, 0].tolist(), cut.size) == ([0, 0, 1, 3], 4)
    assert features(Table(), Box((1,), "int32", 0.0, 1_000.0), shown).size == 40


def test_a_table_of_states_and_numbers_is_their_product():
    space = Composite((("room", Discrete(3)), ("place", Box((1,), "float32", 0.0, 1.0))))
    shown = {"room": jnp.array([0, 2]), "place": jnp.array([[0.9], [0.3]])}
    found = features(Table(bins=(4,)), space, shown)
    assert (found.indices[:, 0].tolist(), found.size) == ([3, 2 * 4 + 1], 12)


def test_tiles_lie_over_the_numbers_in_each_state():
    space = Composite((("room", Discrete(3)), ("place", Box((1,), "float32", 0.0, 1.0))))
    place = jnp.linspace(0.0, 1.0, 7)[:, None]
    alone = features(TileCoding(tilings=2, tiles=4), space.entries[1][1], place).indices
    tiles = {
        room: features(
            TileCoding(tilings=2, tiles=4), space, {"room": jnp.full(7, room), "place": place}
        )
        for room in range(3)
    }
    assert tiles[0].size == 3 * 2 * 5
    for room in range(3):
        # Each tiling has 3 rooms of 5 tiles; alone, it has 5.
        expected = alone % 5 + 5 * room + 15 * np.arange(2)
        np.testing.assert_array_equal(tiles[room].indices, expected)


class Cards(gymnasium.Env):
    """One step: the first card's number, from 1, is the right action, unless the lamp is on."""

    observation_space = spaces.Tuple(
        (spaces.Discrete(3, start=1), spaces.Dict({"lamp": spaces.MultiBinary(1)}))
    )
    action_space = spaces.Discrete(4)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.card, self.lamp = int(self.np_random.integers(3)), int(self.np_random.integers(2))
        return (self.card + 1, {"lamp": np.array([self.lamp], np.int8)}), {}

    def step(self, action):
        right = 3 if self.lamp else self.card
        return (
            (self.card + 1, {"lamp": np.array([self.lamp], np.int8)}),
            float(action == right),
            True,
            False,
            {},
        )


def table(**parts):
    return Agent(
        **{
            "network": Table(),
            "explorer": explorers.EpsilonGreedy(epsilon=1.0),
            "bootstrap": bootstraps.Greedy(),
            "replay": Latest(),
            "optimizer": optimizers.SGD(learning_rate=0.5),
            "observation": observations.Raw(),
            "target": qlax.targets.Online(),
            "learning_starts": 1,
            **parts,
        }
    )


class Notes(Observer):
    def __init__(self):
        self.said = {}

    def note(self, topic, text):
        self.said[topic] = text


@pytest.mark.parametrize("replay", [Latest(), Dyna(planning=2)], ids=["lived", "Dyna"])
def test_tuples_and_dicts_of_states_are_learned_by_a_table(replay, tmp_path):
    notes = Notes()
    run = qlax.train(Cards, table(replay=replay), steps=600, out=tmp_path / "r", observers=[notes])
    assert run.result["eval"]["mean"] == 1.0
    assert notes.said["table"] == "6 states × 4 actions: 24 values"
    assert run.policy.predict((2, {"lamp": [0]})) == 1
    many = (np.array([1, 2, 3]), {"lamp": np.array([[0], [0], [1]])})
    assert run.policy.predict(many).tolist() == [0, 1, 3]


def test_blackjack_is_a_table_of_704_states():
    space = describe_space(gymnasium.make("Blackjack-v1").observation_space, "Blackjack")
    assert np.prod(sizes_of(space)) == 704


@pytest.mark.exhaustive
def test_blackjack_is_learned(tmp_path):
    run = qlax.train("Blackjack-v1", "q_learning", out=tmp_path / "run", eval_episodes=0)
    assert -0.1 < qlax.evaluate(run.policy, episodes=10_000).mean < -0.03


@pytest.mark.parametrize("network", [Table(), TileCoding()], ids=["table", "tiles"])
def test_what_is_unbounded_is_refused_with_what_would_do(network, tmp_path):
    with pytest.raises(UsageError, match="needs finite limits"):
        qlax.train("CartPole-v1", table(network=network), steps=10, out=tmp_path / "run")


def test_dyna_says_what_it_takes(tmp_path):
    agent = table(replay=Dyna(), network=networks.MLP(hidden=()))
    with pytest.raises(UsageError, match=r"numbered.*Discrete, MultiDiscrete.*Dict or Tuple"):
        qlax.train("CartPole-v1", agent, steps=10, out=tmp_path / "run")


def test_dyna_imagines_observations_as_they_were_shown():
    """The same walk by numbers and by names of states: the same counts, and what is drawn."""
    spec = EnvSpec(id="A", observation=NESTED, num_actions=2)
    plain = EnvSpec(id="A", observation=Discrete(36), num_actions=2)
    walk, drawn, states = [3, 35, 3, 7], [], []
    for described in (spec, plain):
        replay = Dyna(planning=3, prioritised=False)

        def shown(number, described=described):
            return Seen(observation_of(jnp.array([number]), described.observation))

        state = replay.init(shown(walk[0]), described)
        for at, number in enumerate(walk[1:]):
            no = jnp.zeros(1, bool)
            step = Step(
                action=jnp.array([at % 2]),
                reward=jnp.array([1.0 * at]),
                terminated=no,
                truncated=no,
                valid=~no,
                first=no,
                next=shown(number),
            )
            state = add(replay, state, step)
        states.append(state)
        batch, _ = sample(replay, state, jax.random.key(0), jnp.float32(0.9))
        drawn.append(batch)
    np.testing.assert_array_equal(states[0].counts, states[1].counts)
    for one, other in ((drawn[0].now, drawn[1].now), (drawn[0].next, drawn[1].next)):
        np.testing.assert_array_equal(number_of(one.observation, NESTED), other.observation)
    np.testing.assert_array_equal(drawn[0].source, drawn[1].source)
    assert states[0].visits.shape == (36, 2)


def test_a_compiled_environment_may_show_states_in_parts(tmp_path):
    from qlax.envs import Transition

    class Lamps:
        spec = EnvSpec(id="Lamps", observation=NESTED, num_actions=3, time_limit=5)

        def reset(self, key):
            state = jax.random.randint(key, (), 0, 36)
            return state, self._shown(state)

        def step(self, state, action, key):
            paid = (action == state % 3).astype(jnp.float32)
            state = jax.random.randint(key, (), 0, 36)
            return Transition(state, self._shown(state), paid, jnp.bool_(False))

        def _shown(self, state):
            return jax.tree.map(lambda array: array[0], observation_of(state[None], NESTED))

    run = qlax.train(
        Lamps(),
        table(discount=0.0),
        steps=3_000,
        out=tmp_path / "run",
        eval_episodes=3,
    )
    assert run.result["backend"] == "jax"
    assert run.result["eval"]["mean"] == 5.0
    no = np.zeros(2, bool)
    shown = jax.tree.map(np.asarray, observation_of(jnp.array([4, 35]), NESTED))
    timestep = TimeStep(shown, np.zeros(2, np.float32), no, no, no)
    assert run.policy.actor(2)(timestep).tolist() == [1, 2]
