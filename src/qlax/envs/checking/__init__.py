"""Whether an environment is fit to be trained in; one file for each thing that is looked at."""

from qlax.envs.checking.check import CheckReport, check_env

__all__ = ["CheckReport", "check_env"]
