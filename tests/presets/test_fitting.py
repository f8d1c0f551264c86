"""What environments ask of agents: by what a part has, and nothing else of it."""

import dataclasses
import importlib
from dataclasses import dataclass, field
from typing import Any

import pytest

import qlax
from qlax import (
    Agent,
    actions,
    config,
    explorers,
    heads,
    networks,
    optimizers,
    presets,
    replay,
    rewards,
)
from qlax.envs.worlds import WORLDS, families
from qlax.observations import Normalise
from qlax.presets.fitting import Asked, Settings, images
from qlax.presets.fitting.classic import MOUNTAIN_CAR, SETTINGS
from qlax.schedules import Linear, Schedule
from qlax.spaces import Box, Composite, Discrete
from qlax.targets import Periodic, Polyak

PICTURE = Box(shape=(4, 84, 84), dtype="uint8", low=0.0, high=255.0, frames=4)
SEEN = {
    "atari": PICTURE,
    "doom": Composite((("health", Box((4, 1), "float32", 0.0, 100.0)), ("screen", PICTURE))),
    "mario": PICTURE,
    "minigrid": Composite((("direction", Discrete(4)), ("image", Box((7, 7, 3), "uint8", 0, 255)))),
}


def settings_for(name):
    """Return the settings of an environment of the classics, or of a world's."""
    if name in SETTINGS:
        return SETTINGS[name]
    module = importlib.import_module(f"qlax.presets.fitting.{name}")
    settings = module.settings_of("LunarLander-v3").everyone
    return images.fitted_to(settings, SEEN[name]) if name in SEEN else settings


ASKED = (*SETTINGS, "lunar_lander", *SEEN)
DEEP = [
    name
    for name, make in presets.AGENTS.items()
    if isinstance(make().network, networks.MLP) and name != "article_dqn"
]

# What an environment may set of each part: the fields that stand for sizes and scales.
FITTED = {
    "network": {"hidden"},
    "head": {"low", "high"},
    "explorer": {"epsilon", "duration", "temperature"},
    "replay": {"capacity", "batch_size", "n_step"},
    "optimizer": {"learning_rate", "max_grad_norm"},
    "reward": {"reward"},
    "bootstrap": set(),
    "memory": set(),
}
# Parts that an environment exchanges whole, and for which ones.
EXCHANGED = {
    "actions": actions.Factors,
    "network": networks.MLP,
    "explorer": explorers.Greedy,
    "target": Polyak,
    "reward": rewards.Unchanged,
    "observation": Normalise,
}
NUMBERS = {
    *("discount", "num_envs", "updates", "learning_starts", "time_limit", "policy"),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("name", DEEP)
def test_what_is_not_fitted_stays(name, asked):
    general = presets.AGENTS[name]()
    tuned = settings_for(asked)(general)
    for entry in dataclasses.fields(Agent):
        before, after = getattr(general, entry.name), getattr(tuned, entry.name)
        if before == after or entry.name in NUMBERS:
            continue
        if type(before) is not type(after):
            assert isinstance(before, EXCHANGED[entry.name]), (entry.name, before, after)
            continue
        if entry.name == "target":
            continue  # a Polyak of another rate
        for inner in config.fields_of(before):
            if inner.name not in FITTED[entry.name]:
                own, new = getattr(before, inner.name), getattr(after, inner.name)
                assert own == new, f"{entry.name}.{inner.name}"


@pytest.mark.parametrize("asked", SEEN)
@pytest.mark.parametrize("name", DEEP)
def test_a_network_for_images_has_the_agents_own_layers(name, asked):
    own = presets.AGENTS[name]().network
    given = settings_for(asked)(presets.AGENTS[name]()).network
    for network in given.networks if isinstance(given, networks.PerKey) else (given,):
        assert (network.layer, network.layer_norm, network.activation) == (
            own.layer,
            own.layer_norm,
            own.activation,
        )


@pytest.mark.parametrize("asked", ASKED)
def test_streaming_keeps_its_normalised_observations_and_scaled_rewards(asked):
    tuned = settings_for(asked)(presets.stream_q())
    assert tuned.observation == Normalise()
    assert isinstance(tuned.reward, rewards.ScaledByReturns)
    stage = settings_for(asked).reward
    assert tuned.reward.reward == (rewards.Unchanged() if stage is None else stage)


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("name", DEEP)
def test_there_is_one_discount(name, asked):
    tuned = settings_for(asked)(presets.AGENTS[name]())
    assert tuned.discount == settings_for(asked).discount
    written = config.to_json(tuned)
    del written["discount"]

    def copies(document):
        for key, value in document.items():
            if isinstance(value, dict):
                yield from copies(value)
            elif key == "discount" and value is not None:
                yield value

    assert list(copies(written)) == []


# --- parts of a user's own, which inherit from nothing --------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Hoard:
    """A replay of somebody's own: it has a capacity, a batch and returns over several steps."""

    capacity: int = 1_000
    batch_size: int = 8
    n_step: int = 1
    favourite: int = 7

    @property
    def uses_probability(self):
        return False

    @property
    def _inside(self):
        sizes = (self.capacity, self.batch_size, self.n_step)
        return replay.Uniform(capacity=sizes[0], batch_size=sizes[1], n_step=sizes[2])

    def check(self, agent):
        self._inside.check(agent)

    def init(self, seen, spec):
        return self._inside.init(seen, spec)

    def add(self, state, step):
        return self._inside.add(state, step)

    def sample(self, state, key, discount, *, next_action):
        return self._inside.sample(state, key, discount, next_action=next_action)

    def update_priorities(self, state, batch, error):
        return self._inside.update_priorities(state, batch, error)

    def interrupt(self, state):
        return self._inside.interrupt(state)


@dataclass(frozen=True, kw_only=True)
class Ends:
    """A head of somebody's own: a histogram between two ends."""

    low: float = -1.0
    high: float = 1.0
    atoms: int = 11

    @property
    def _inside(self):
        return heads.C51(low=self.low, high=self.high, atoms=self.atoms)

    def predict(self, features, num_actions):
        return self._inside.predict(features, num_actions)

    def q_values(self, prediction):
        return self._inside.q_values(prediction)

    def backup(self, reward, discount, next_prediction, backup):
        return self._inside.backup(reward, discount, next_prediction, backup)

    def loss(self, prediction, action, target):
        return self._inside.loss(prediction, action, target)


def test_parts_of_ones_own_are_sized_as_ours_are_and_train(tmp_path):
    own = presets.dqn().replace(replay=Hoard(favourite=3), head=Ends())
    tuned = presets.fitted(own, "MountainCar-v0")
    assert tuned.replay == Hoard(capacity=20_000, batch_size=32, n_step=10, favourite=3)
    assert tuned.head == Ends(low=-100.0, high=0.0)
    assert tuned.discount == 0.985
    run = qlax.train("MountainCar-v0", tuned, steps=1_200, out=tmp_path / "run", eval_episodes=0)
    assert run.result["updates"] == 201


def test_a_head_within_a_head_is_told_too_and_layers_stay_where_they_are():
    own = presets.bootstrapped_dqn()
    own = own.replace(head=dataclasses.replace(own.head, head=heads.C51()))
    tuned = presets.fitted(own, "MountainCar-v0")
    assert (tuned.head.head.low, tuned.head.head.high) == (-100.0, 0.0)
    assert tuned.network.hidden == ()
    assert settings_for("atari")(own).network.hidden == ()


def test_a_head_on_a_scale_of_its_own_keeps_its_ends():
    rescaled = heads.HLGauss(low=-15.0, high=15.0, rescaling=heads.SquareRoot())
    plain = heads.HLGauss(low=-15.0, high=15.0)
    for head, ends in ((rescaled, (-15.0, 15.0)), (plain, (-100.0, 0.0))):
        tuned = presets.fitted(presets.dqn().replace(head=head), "MountainCar-v0").head
        assert (tuned.low, tuned.high) == ends


@dataclass(frozen=True, kw_only=True)
class Constant:
    """An explorer of somebody's own, which takes a number and no schedule."""

    epsilon: float = 0.3
    duration: explorers.Duration = field(default_factory=explorers.OneStep)

    def init(self, num_envs: int, spec: Any) -> Any: ...

    def act(self, state: Any, key: Any, situation: Any) -> Any: ...

    def metrics(self, clock: Any) -> Any: ...


@dataclass(frozen=True, kw_only=True)
class Rates:
    """An optimiser of somebody's own, which divides by the size of gradients."""

    learning_rate: float | Schedule = 1.0
    epsilon: float = 1e-3

    def transformation(self) -> Any: ...

    def objective(self, loss: Any) -> Any: ...


def test_a_field_is_told_only_what_it_takes():
    own = presets.dqn().replace(explorer=Constant(), optimizer=Rates())
    tuned = MOUNTAIN_CAR(own)
    assert tuned.explorer == Constant(duration=explorers.Uniform(low=1, high=40))
    line = Linear(start=3e-3, end=1e-4, steps=42_000)
    assert tuned.optimizer == Rates(learning_rate=line)


def test_rates_fall_over_the_updates_that_there_are():
    """LunarLander: two updates for every step of eight environments, over 400,000 steps."""
    for name in ("dqn", "r2d2"):
        rate = settings_for("lunar_lander")(presets.AGENTS[name]()).optimizer.learning_rate
        assert rate.steps == 400_000 // 8 * 2


def test_rates_of_adams_are_not_for_optimisers_that_do_not_divide():
    own = presets.dqn().replace(optimizer=optimizers.SGD(learning_rate=0.5))
    assert MOUNTAIN_CAR(own).optimizer == own.optimizer


def test_a_network_of_ones_own_and_tables_stay():
    table = presets.dqn().replace(network=networks.Table())
    assert presets.fitted(table, "MountainCar-v0") == table
    convolved = presets.dqn().replace(network=networks.ImpalaCNN())
    assert settings_for("atari")(convolved).network == networks.ImpalaCNN()


def test_a_sequence_is_never_told_to_look_beyond_its_end():
    own = presets.drqn()
    short = own.replace(replay=dataclasses.replace(own.replay, length=4))
    assert MOUNTAIN_CAR(short).replay.n_step == 4


# --- worlds ---------------------------------------------------------------------------------------

OWN = Settings(
    steps=123,
    epsilon=Linear(steps=10),
    observation=Normalise(),
    n_step=2,
    capacity=456,
    learning_rate=(1e-3, 0.0),
    target=Periodic(period=9),
    returns=(0.0, 1.0),
)


def settings_of(env):
    """Return what an environment of the world of this file asks for."""
    return Asked(OWN if env == "Own-v0" else None)


def test_a_world_is_fitted_by_the_file_that_its_row_names(monkeypatch):
    row = families.World("Own", "json", "own", ("Own-",), lambda: None, settings=__name__)
    monkeypatch.setattr(families, "WORLDS", (row, *families.WORLDS))
    chosen = presets.resolve("Own-v0", "dqn")
    assert (chosen.steps, chosen.agent.replay.capacity, chosen.tuned) == (123, 456, True)


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.title)
def test_a_world_answers_for_its_examples(world):
    if world.settings is not None:
        module = importlib.import_module(world.settings)
        assert isinstance(module.settings_of(world.examples[0]), Asked)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("dqn", "agent is 'dqn', but must be an Agent: presets.dqn(env=…) is fitted already."),
        ("dqm", "agent is 'dqm', but must be an Agent."),
        (None, "agent is None, but must be an Agent."),
        (replay.Uniform(capacity=8, batch_size=2), "must be an Agent."),
        (presets.dqn, "must be an Agent: presets.dqn(env=…) is fitted already."),
        (presets.resolve("CartPole-v1", "dqn"), "must be an Agent."),
    ],
)
def test_only_agents_are_fitted(given, said):
    with pytest.raises(qlax.UsageError) as refused:
        presets.fitted(given, "MountainCar-v0")
    assert str(refused.value).startswith("agent is ")
    assert str(refused.value).endswith(said)
