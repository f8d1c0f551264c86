"""Every named agent, on every kind of observation that it can see, in every format."""

import importlib.util

import pytest

from qlax import export
from qlax.heads.core import HasDistribution
from qlax.presets import AGENTS
from tests.exporting.policies import SPACES, named, policy_of
from tests.tiers import in_turn

CASES = [(name, kind) for name in AGENTS for kind in SPACES]


def exported(name, kind, to, path):
    """Export a policy that gives all that it can; skip the test if there is none."""
    agent = named(name, kind)
    policy = policy_of(agent, kind, masked=kind in ("states", "dict", "image"))
    if policy is None:
        pytest.skip(f"{name} cannot see {SPACES[kind]}")
    given = ["values", "quantiles"] if isinstance(agent.head, HasDistribution) else ["values"]
    return policy, export(policy, path, to=to, outputs=given)


@pytest.mark.parametrize(("name", "kind"), in_turn(CASES, share=130))
def test_every_agent_is_exported_to_onnx(name, kind, tmp_path):
    _, made = exported(name, kind, "onnx", tmp_path / "policy.onnx")
    assert made.agreement.observations == 1_000
    assert made.agreement.ties <= 1
    assert made.path.stat().st_size == made.size


@pytest.mark.exhaustive
def test_every_agent_can_see_some_kind_of_observation():
    for name in AGENTS:
        assert any(policy_of(named(name, kind), kind) is not None for kind in SPACES), name


def test_packages_of_the_formats_are_installed_where_tests_run():
    """Without them the tests above would show nothing."""
    assert importlib.util.find_spec("onnxruntime") is not None
