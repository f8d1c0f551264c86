"""Options of the test run, and how its programs are compiled."""

import os
import subprocess
import sys

import jax
import pytest
from xdist.scheduler import WorkStealingScheduling

from tests import tiers

_SIMPLE_LOOPS = "--xla_cpu_use_fusion_emitters=false"
"""XLA's older way to write loops: half the work to compile."""


def pytest_addoption(parser):
    parser.addoption(
        "--every-combination",
        action="store_true",
        help="train every combination of parts on the probes, not only enough for every pair",
    )


def pytest_configure(config):
    """Compile quickly: tests run for moments, and compiling is most of what they take.

    The commands that tests start inherit the environment, so what they and the tests compile is
    the same to the last bit.
    """
    os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "true"
    jax.config.update("jax_disable_most_optimizations", True)
    a_worker = hasattr(config, "workerinput")  # it has the environment of the process it works for
    if not a_worker and _knows(_SIMPLE_LOOPS):
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_SIMPLE_LOOPS}".strip()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Leave most of the tests that are known to be long to the exhaustive tier, in turn.

    Those that are named on the command line run whatever their turn.
    """
    named = tuple(argument for argument in config.args if "::" in argument)
    for item in items:
        if item.get_closest_marker("in_its_turn") or item.nodeid.startswith(named):
            continue
        if not tiers.is_in_turn(item.nodeid):
            item.add_marker(pytest.mark.exhaustive)


def pytest_xdist_make_scheduler(config, log):
    """Give a worker that has nothing left what another has not begun: some tests take a minute."""
    return WorkStealingScheduling(config, log)


def _knows(flag):
    """Return whether XLA has the flag: it ends the process at one it does not know."""
    environment = {**os.environ, "XLA_FLAGS": flag}
    started = [sys.executable, "-c", "import jax; jax.devices()"]
    return subprocess.run(started, env=environment, capture_output=True).returncode == 0


@pytest.fixture(scope="module", autouse=True)
def _forgotten():
    """Drop what a module had compiled: kept to the end, it would fill gigabytes."""
    yield
    jax.clear_caches()
