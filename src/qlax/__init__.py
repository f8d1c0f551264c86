"""Q-learning done right: from a Q-table to deep agents, one set of parts that compose."""

import importlib
from typing import TYPE_CHECKING, Any

from qlax._version import __version__
from qlax.errors import DiskFull, Diverged, EnvironmentFailure, Interrupted, UsageError

if TYPE_CHECKING:
    from qlax import (
        actions,
        bootstraps,
        envs,
        explorers,
        heads,
        layers,
        memories,
        networks,
        observations,
        observers,
        optimizers,
        presets,
        replay,
        rewards,
        schedules,
        spaces,
        targets,
        tuning,
    )
    from qlax.advising import Advice, advise
    from qlax.agent import Agent
    from qlax.comparing.comparison import compare
    from qlax.comparing.plotting import plot
    from qlax.configuration import read_config
    from qlax.envs.checking import check_env as check
    from qlax.evaluation import Evaluation, evaluate
    from qlax.explaining import explain
    from qlax.exporting import Exported, export
    from qlax.hub.pulling import pull
    from qlax.hub.pushing import push
    from qlax.learner import Learner
    from qlax.loading import load
    from qlax.policy import Policy
    from qlax.reporting.report import report
    from qlax.runs.outcome import Run
    from qlax.states import ActorState, LearnerState, TrainState
    from qlax.sweeping import Trial, sweep
    from qlax.training import resume, train, train_seeds
    from qlax.tuning.core import tune
    from qlax.watching.filming import film

__all__ = [
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

# Where each public name lives; JAX is only imported once one of them is used.
_HOMES = {
    "Advice": "advising",
    "advise": "advising",
    "Agent": "agent",
    "ActorState": "states",
    "LearnerState": "states",
    "TrainState": "states",
    "Evaluation": "evaluation",
    "evaluate": "evaluation",
    "explain": "explaining",
    "Exported": "exporting",
    "export": "exporting",
    "film": "watching.filming",
    "Learner": "learner",
    "Policy": "policy",
    "check": "envs.checking:check_env",
    "load": "loading",
    "pull": "hub.pulling",
    "push": "hub.pushing",
    "read_config": "configuration",
    "compare": "comparing.comparison",
    "plot": "comparing.plotting",
    "Run": "runs.outcome",
    "report": "reporting.report",
    "resume": "training",
    "Trial": "sweeping",
    "sweep": "sweeping",
    "train": "training",
    "train_seeds": "training",
    "tune": "tuning.core",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        home, _, own_name = _HOMES[name].partition(":")
        found = getattr(importlib.import_module(f"qlax.{home}"), own_name or name)
    elif name in __all__:
        found = importlib.import_module(f"qlax.{name}")
    else:
        raise AttributeError(f"module 'qlax' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
