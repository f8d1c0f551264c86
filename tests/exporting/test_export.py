"""What comes out of `qlax.export`, and what it refuses."""

import dataclasses
import os
import subprocess
import sys
import textwrap

import gymnasium as gym
import jax
import jax.numpy as jnp
import numpy as np
import onnxruntime
import pytest
from flax import linen as nn

import qlax
from qlax import Agent, UsageError, export, heads, memories, networks, observations, presets, replay
from qlax.exporting import formats
from tests.exporting.policies import named, policy_of
from tests.tiers import one_in


def session_of(made):
    return onnxruntime.InferenceSession(str(made.path))


@pytest.fixture(scope="module", name="run")
def _run(tmp_path_factory):
    """A run whose agent knows statistics of what it observes."""
    agent = Agent(
        network=networks.MLP(hidden=(16,)),
        observation=observations.Normalise(),
        learning_starts=50,
    )
    out = tmp_path_factory.mktemp("export") / "run"
    return qlax.train("CartPole-v1", agent, steps=400, eval_episodes=1, out=out)


def test_a_run_is_exported_into_its_folder(run):
    made = export(run.folder)
    assert made.path == run.folder / "policy.onnx"
    assert made.format == "onnx"
    assert [port.name for port in made.inputs] == ["observation"]
    assert [port.name for port in made.outputs] == ["action"]


def test_it_plays_as_the_policy_does(run, tmp_path):
    session = session_of(export(run, tmp_path / "car.onnx", outputs="values"))
    env = gym.make("CartPole-v1")
    shown, _ = env.reset(seed=3)
    seen, done = [], False
    while not done:
        seen.append(shown)
        action, values = session.run(None, {"observation": shown[None]})
        assert action[0] == run.policy.predict(shown)
        np.testing.assert_allclose(values[0], run.policy.q_values(shown), rtol=1e-5, atol=1e-5)
        shown, _, terminated, truncated, _ = env.step(int(action[0]))
        done = terminated or truncated
    together = session.run(["action"], {"observation": np.stack(seen)})[0]
    assert together.tolist() == run.policy.predict(np.stack(seen)).tolist()
    assert together.dtype == np.int64


def test_the_file_says_what_it_is(run, tmp_path):
    model = session_of(export(run, tmp_path / "car.onnx")).get_modelmeta()
    assert model.producer_name == "qlax"
    assert model.custom_metadata_map["environment"] == "CartPole-v1"
    assert "best action" in model.custom_metadata_map["meaning"]


def test_actions_states_and_masks_are_as_the_environment_has_them(tmp_path):
    """The environment counts states from 3 and actions from 2."""
    policy = policy_of(named("q_learning", "states"), "states", masked=True)
    session = session_of(export(policy, tmp_path / "policy.onnx", outputs=["values"]))
    states = np.arange(3, 10)
    for mask in ([True, True, True], [False, True, True], [True, False, False], [False] * 3):
        legal = np.tile(mask, (7, 1))
        action, values = session.run(None, {"observation": states, "action_mask": legal})
        assert action.tolist() == policy.predict(states, legal).tolist()
        np.testing.assert_allclose(values, policy.q_values(states, legal), atol=1e-6)
        if any(mask):
            assert all(mask[one - 2] for one in action)
            assert np.isneginf(values).tolist() == (~legal).tolist()


def test_entries_of_dicts_are_inputs_of_their_own(tmp_path):
    policy = policy_of(named("dqn", "dict"), "dict")
    made = export(policy, tmp_path / "policy.onnx")
    names = [port.name for port in made.inputs]
    assert names == ["observation.near", "observation.room", "observation.key"]
    shown = {"near": np.array([0.3, 1.0, -7.0, 2.0], np.float32), "room": 4, "key": 2}
    given = {f"observation.{name}": np.asarray(one)[None] for name, one in shown.items()}
    assert session_of(made).run(None, given)[0] == [policy.predict(shown)]


@pytest.mark.parametrize("previous", [False, True])
def test_a_memory_goes_in_and_comes_out(previous, tmp_path):
    memory = memories.GRU(size=8)
    agent = Agent(
        network=networks.MLP(hidden=(8,)),
        memory=memories.PreviousActionAndReward(memory=memory) if previous else memory,
        replay=replay.Sequences(),
    )
    policy = policy_of(agent, "bounded")
    made = export(policy, tmp_path / "policy.onnx")
    names = [port.name for port in made.inputs]
    told = ["previous_action", "previous_reward"] if previous else []
    assert names == ["observation", "first", "memory", *told]
    assert [port.name for port in made.outputs] == ["action", "next_memory"]
    session, actor, drawn = session_of(made), policy.actor(), np.random.default_rng(0)
    state, action = np.full((1, 8), np.nan, np.float32), np.array([2])
    for step in range(40):
        shown, first = drawn.uniform(-1, 1, 3).astype(np.float32), step % 13 == 0
        given = {"observation": shown[None], "first": np.array([first]), "memory": state}
        if previous:
            given |= {
                "previous_action": action,
                "previous_reward": np.array([step / 10], np.float32),
            }
        action, state = session.run(None, given)
        assert action[0] == actor.act(shown, first=first, reward=step / 10)


def test_quantiles_are_those_of_the_head(tmp_path):
    agent = Agent(network=networks.MLP(hidden=(8,)), head=heads.QuantileRegression(quantiles=5))
    policy = policy_of(agent, "bounded")
    made = export(policy, tmp_path / "policy.onnx", outputs="quantiles,values")
    shown = np.random.default_rng(0).uniform(-1, 1, (20, 3)).astype(np.float32)
    _, values, quantiles, probabilities = session_of(made).run(None, {"observation": shown})
    assert quantiles.shape == probabilities.shape == (20, 3, 5)
    np.testing.assert_allclose((quantiles * probabilities).sum(-1), values, atol=1e-5)


@one_in(4, 3)
def test_the_best_policy_of_a_training_is_exported(tmp_path):
    run = qlax.train(
        "CartPole-v1", "dqn", steps=600, eval_every=300, eval_episodes=1, out=tmp_path / "run"
    )
    made = export(run.folder, best=True)
    assert made.path == run.folder / "best-policy.onnx"
    best, shown = qlax.load(run.folder / "best"), np.zeros((1, 4), np.float32)
    assert session_of(made).run(None, {"observation": shown})[0] == best.predict(shown)


class Torso(nn.Module):
    """A network of a user's own, of what Flax has."""

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(12)(x)
        x = nn.gelu(nn.LayerNorm()(x))
        scores = nn.softmax(nn.Dense(12)(x))
        x = jnp.concatenate([x * scores, jnp.cumsum(x, -1), jnp.flip(x, -1)], -1)
        attended = nn.MultiHeadDotProductAttention(num_heads=2)(x.reshape(-1, 3, 12))
        return attended.reshape(len(x), -1)


class Sorted(nn.Module):
    """A network that does what no format has words for."""

    @nn.compact
    def __call__(self, x):
        return nn.Dense(4)(jnp.sort(x, -1))


class Normed(nn.Module):
    """A network that looks at what else is in the batch."""

    @nn.compact
    def __call__(self, x):
        return nn.Dense(4)(x - x.mean(0))


class CallsBack(nn.Module):
    """A network that asks Python."""

    @nn.compact
    def __call__(self, x):
        like = jax.ShapeDtypeStruct(x.shape, x.dtype)
        return nn.Dense(4)(jax.pure_callback(np.sin, like, x, vmap_method="sequential"))


class Sized(nn.Module):
    """A network that does something else with batches of another size."""

    @nn.compact
    def __call__(self, x):
        return nn.Dense(4)(x / len(x))


@one_in(4, 2)
def test_a_users_own_network_is_exported(tmp_path):
    policy = policy_of(Agent(network=Torso()), "vector")
    assert export(policy, tmp_path / "policy.onnx").agreement.largest < 1e-4


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (Sorted(), "in its network, computes sort, which cannot be exported"),
        (Normed(), "in its network, computes reduce_sum over the batch"),
        (CallsBack(), "in its network, computes pure_callback, which cannot be exported"),
        (Sized(), "in its network, treats batches of different sizes in different ways"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_cannot_be_exported_is_named_with_its_part(network, words, tmp_path):
    policy = policy_of(Agent(network=network), "bounded")
    with pytest.raises(UsageError) as refused:
        export(policy, tmp_path / "policy.onnx")
    assert words in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_what_a_library_cannot_write_is_refused_in_a_sentence(tmp_path):
    policy = policy_of(Agent(network=CallsBack()), "bounded")
    with pytest.raises(UsageError, match=r"The policy cannot be exported to jax: .*Take another"):
        export(policy, tmp_path / "policy.stablehlo")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"to": "onxx"}, "to is 'onxx', which is no format to export to. Did you mean onnx?"),
        ({"outputs": "value"}, "outputs has 'value', which no policy gives. Did you mean values?"),
        ({"outputs": ["quantiles"]}, "the agent's head, Scalar, predicts means alone"),
        ({"outputs": 3}, "outputs is 3, but must be several names"),
        ({"best": True}, "best is True, but must be False where run is a policy"),
        ({"best": 1}, "best is 1, but must be True or False"),
        ({"out": None}, "a policy has no folder of its own: give out="),
        ({"out": 7}, "out is 7, but must be a path"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, words, run, tmp_path):
    with pytest.raises(UsageError) as refused:
        export(run.policy, **{"out": tmp_path / "policy.onnx", **arguments})
    assert words in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_run_is_refused(tmp_path):
    for nothing in (tmp_path, tmp_path / "none"):
        with pytest.raises(UsageError, match="holds no policy"):
            export(nothing)
    with pytest.raises(UsageError, match="run is 3, but must be a path"):
        export(3, "policy.onnx")


def test_a_folder_is_not_replaced_by_a_file(run, tmp_path):
    with pytest.raises(UsageError, match="which is a folder: give a new name"):
        export(run, tmp_path)


def test_a_place_that_cannot_be_written_is_named(run, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="cannot be written"):
        export(run, tmp_path / "file" / "policy.onnx")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_missing_package_is_named_with_what_installs_it(run, tmp_path, monkeypatch):
    lacking = dataclasses.replace(formats.FORMATS["onnx"], packages=("onnx", "no_such_package"))
    monkeypatch.setitem(formats.FORMATS, "onnx", lacking)
    with pytest.raises(UsageError, match=r"needs no_such_package.*pip install 'qlax\[onnx\]'"):
        export(run, tmp_path / "policy.onnx")


def test_what_does_not_agree_is_not_written(run, tmp_path, monkeypatch):
    """An emitter that is wrong, as one might be: tanh where max(x, 0) is meant."""
    from qlax.exporting.onnx import emitters

    def wrong(graph, operation, inputs):
        name = next(one for one in inputs if one[0] == "x")
        graph.node("Tanh", [name], operation.output.name)

    monkeypatch.setitem(emitters.EMITTERS, "max", wrong)
    (tmp_path / "policy.onnx").write_text("older")
    with pytest.raises(UsageError, match="does not do what the policy does: values differs by"):
        export(run, tmp_path / "policy.onnx")
    assert [one.name for one in tmp_path.iterdir()] == ["policy.onnx"]
    assert (tmp_path / "policy.onnx").read_text() == "older"


@one_in(4, 2)
def test_a_full_disk_leaves_the_old_file(run, tmp_path):
    """A limit on the size of files stands for a disk without room."""
    path = tmp_path / "policy.onnx"
    path.write_text("older")
    code = f"""
        import errno, pathlib, qlax
        real = pathlib.Path.write_bytes
        def full(self, data):
            if self.parent == pathlib.Path({str(tmp_path)!r}):
                real(self, data[:10])
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(self, data)
        pathlib.Path.write_bytes = full
        qlax.export({str(run.folder)!r}, {str(path)!r})
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert "DiskFull: The disk is full" in done.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["policy.onnx"]
    assert path.read_text() == "older"


@one_in(4, 0)
def test_presets_for_an_environment_are_exported(tmp_path):
    """The agent as it is fitted to MountainCar, which scales what it observes."""
    run = qlax.train("MountainCar-v0", steps=300, eval_episodes=1, out=tmp_path / "run")
    made = export(run)
    shown = np.array([[-0.5, 0.01], [0.3, 0.069]], np.float32)
    assert run.policy.agent.observation == presets.dqn(env="MountainCar-v0").observation
    chosen = session_of(made).run(None, {"observation": shown})[0]
    assert chosen.tolist() == run.policy.predict(shown).tolist()


@one_in(4, 1)
def test_actions_of_several_numbers_come_out_as_the_environment_takes_them(tmp_path):
    run = qlax.train("Pendulum-v1", steps=300, eval_episodes=1, out=tmp_path / "run")
    made = export(run)
    (port,) = made.outputs
    shown = np.random.default_rng(0).uniform(-1, 1, (50, 3)).astype(np.float32)
    (action,) = session_of(made).run(None, {"observation": shown})
    own = run.policy.predict(shown)
    assert (port.shape, action.dtype, action.shape) == ((1,), own.dtype, own.shape)
    np.testing.assert_array_equal(action, own)
    assert len(np.unique(action)) > 1
