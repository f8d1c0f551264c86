"""PyTorch and JAX: what was written does what the policy does, without qlax."""

import subprocess
import sys
import textwrap

import jax
import numpy as np
import pytest

from qlax import Agent, UsageError, export, memories, networks, replay
from qlax.policy import Policy
from qlax.presets import AGENTS
from qlax.spaces import Discrete, EnvSpec
from tests.exporting.policies import SPACES, named, policy_of
from tests.exporting.test_agents import exported
from tests.exporting.test_export import Torso
from tests.tiers import in_turn, one_in

CASES = [(name, kind) for name in AGENTS for kind in SPACES]


@pytest.mark.parametrize(("name", "kind"), in_turn(CASES, share=260))
def test_every_agent_is_exported_to_torch(name, kind, tmp_path):
    pytest.importorskip("torch")
    _, made = exported(name, kind, "torch", tmp_path / "policy")
    assert made.agreement.observations == 1_000
    assert sorted(one.name for one in made.path.iterdir()) == ["policy.py", "weights.npz"]


@pytest.mark.parametrize(("name", "kind"), in_turn(CASES, share=260))
def test_every_agent_is_exported_to_jax(name, kind, tmp_path):
    _, made = exported(name, kind, "jax", tmp_path / "policy.stablehlo")
    assert made.agreement.observations == 1_000


def recurrent():
    memory = memories.PreviousActionAndReward(memory=memories.LSTM(size=8))
    agent = Agent(network=networks.MLP(hidden=(8,)), memory=memory, replay=replay.Sequences())
    return policy_of(agent, "dict", masked=True)


@pytest.mark.parametrize("to", ["torch", "jax", "onnx"])
@one_in(4, 0)
def test_a_memory_masks_and_dicts_together(to, tmp_path):
    if to == "torch":
        pytest.importorskip("torch")
    made = export(recurrent(), tmp_path / "policy", to=to)
    assert [port.name for port in made.inputs] == [
        "observation.near",
        "observation.room",
        "observation.key",
        "action_mask",
        "first",
        "memory_0",
        "memory_1",
        "previous_action",
        "previous_reward",
    ]


@pytest.mark.parametrize("to", ["torch", "jax"])
@one_in(4, 1)
def test_a_users_own_network(to, tmp_path):
    if to == "torch":
        pytest.importorskip("torch")
    policy = policy_of(Agent(network=Torso()), "vector")
    assert export(policy, tmp_path / "policy", to=to).agreement.largest < 1e-4


@one_in(4, 2)
def test_torch_runs_without_qlax(tmp_path):
    pytest.importorskip("torch")
    policy = policy_of(named("dqn", "bounded"), "bounded")
    made = export(policy, tmp_path / "policy", to="torch")
    assert "# dense_0" in (made.path / "policy.py").read_text()
    code = """
        import sys, torch
        from policy import Policy
        policy = Policy()
        scripted = torch.export.export(policy.eval(), (torch.zeros(2, 3),)).module()
        shown = torch.tensor([[0.1, -0.5, 0.7], [0.9, 0.2, -0.3]])
        assert scripted(shown).tolist() == policy(shown).tolist()
        print(policy(shown).tolist(), [name for name, _ in policy.named_parameters()][:2])
        assert not {"qlax", "jax"} & set(sys.modules)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=made.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    chosen = policy.predict(np.array([[0.1, -0.5, 0.7], [0.9, 0.2, -0.3]])).tolist()
    assert done.stdout.strip() == f"{chosen} ['dense_0_weight', 'dense_0_bias']"


@one_in(4, 3)
def test_jax_runs_a_batch_of_any_size_without_qlax(tmp_path):
    policy = policy_of(named("q_learning", "states"), "states")
    made = export(policy, tmp_path / "policy.stablehlo")
    assert made.format == "jax"
    assert {str(port.dtype) for port in (*made.inputs, *made.outputs)} == {"int32"}
    program = jax.export.deserialize(bytearray(made.path.read_bytes()))
    for rows in (1, 7):
        states = np.arange(3, 3 + rows, dtype=np.int32)
        (action,) = program.call(states)
        assert action.tolist() == policy.predict(states).tolist()


def test_numbers_beyond_32_bits_are_refused_where_there_is_no_room(tmp_path):
    policy = policy_of(named("q_learning", "states"), "states")
    far = EnvSpec(id="Far", observation=Discrete(7, start=2**40), num_actions=3)
    moved = Policy(policy.agent, far, policy.params)
    with pytest.raises(UsageError, match="Far numbers actions or states up to 1099511627783"):
        export(moved, tmp_path / "policy.stablehlo")
    assert export(moved, tmp_path / "policy.onnx").agreement.ties == 0


def test_a_folder_with_something_else_is_not_replaced(tmp_path):
    pytest.importorskip("torch")
    policy = policy_of(named("dqn", "bounded"), "bounded")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine")
    with pytest.raises(UsageError, match="which is a folder that is not empty"):
        export(policy, tmp_path / "mine", to="torch")
    with pytest.raises(UsageError, match="which is a file: give the name of a new folder"):
        export(policy, tmp_path / "mine" / "file", to="torch")
