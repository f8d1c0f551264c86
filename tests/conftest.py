"""Options of the test run."""

import jax
import pytest


def pytest_addoption(parser):
    parser.addoption(
        "--every-combination",
        action="store_true",
        help="train every combination of parts on the probes, not only enough for every pair",
    )


@pytest.fixture(scope="module", autouse=True)
def _forgotten():
    """Drop what a module had compiled: kept to the end, it would fill gigabytes."""
    yield
    jax.clear_caches()


@pytest.fixture(scope="module")
def quickly_compiled():
    """Leave out XLA's slow optimisations, where runs are short and it is values that count."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
