import subprocess
import sys

import pytest

import qlax


def test_every_public_name_is_there():
    for name in qlax.__all__:
        assert getattr(qlax, name) is not None


def test_the_public_names_are_these():
    assert sorted(qlax.__all__) == [
        "ActorState",
        "Advice",
        "Agent",
        "DiskFull",
        "Diverged",
        "EnvironmentFailure",
        "Evaluation",
        "Exported",
        "Interrupted",
        "Learner",
        "LearnerState",
        "Policy",
        "Run",
        "TrainState",
        "Trial",
        "UsageError",
        "__version__",
        "actions",
        "advise",
        "bootstraps",
        "check",
        "compare",
        "envs",
        "evaluate",
        "explain",
        "explorers",
        "export",
        "film",
        "heads",
        "layers",
        "load",
        "memories",
        "networks",
        "observations",
        "observers",
        "optimizers",
        "plot",
        "presets",
        "pull",
        "push",
        "read_config",
        "replay",
        "report",
        "resume",
        "rewards",
        "schedules",
        "spaces",
        "sweep",
        "targets",
        "train",
        "train_seeds",
        "tune",
        "tuning",
    ]


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match="no attribute 'Agnet'"):
        qlax.Agnet  # noqa: B018


def test_importing_qlax_does_not_import_jax():
    code = "import sys, qlax; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_public_function_and_class_is_documented():
    for name in qlax.__all__:
        found = getattr(qlax, name)
        if not isinstance(found, str):
            assert found.__doc__, name
