"""What is compiled once is not compiled again."""

import contextlib

import jax
import jax.monitoring

from tests.drivers.runs import agent, compiled, hosted


@contextlib.contextmanager
def compilations():
    """Count the programs that XLA compiles."""
    counted = []

    def listen(event, duration, **_):
        if event == "/jax/core/compile/backend_compile_duration":
            counted.append(duration)

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        yield counted
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)


def test_the_count_sees_a_compilation():
    with compilations() as counted:
        jax.jit(lambda x: x * 3 + 1)(2.0)
    assert counted


def test_later_stretches_of_a_compiled_run_compile_nothing():
    driver = compiled(agent())
    state = driver.advance(driver.init([0]), 0, 2)
    with compilations() as counted:
        for start in (2, 10, 11):
            state = driver.advance(state, start, start + 5)
        jax.block_until_ready(state)
    assert not counted


def test_another_seed_compiles_nothing():
    driver = compiled(agent())
    driver.advance(driver.init([0]), 0, 2)
    with compilations() as counted:
        jax.block_until_ready(driver.advance(driver.init([1]), 0, 7))
    assert not counted


def test_later_stretches_of_a_host_run_compile_nothing():
    driver = hosted(agent())
    state = driver.advance(driver.init([0]), 0, 3)
    with compilations() as counted:
        state = driver.advance(state, 3, 20)
        jax.block_until_ready(driver.advance(state, 20, 25))
    assert not counted


def test_reports_are_compiled_once():
    driver = compiled(agent())
    state = driver.advance(driver.init([0]), 0, 2)
    _, state = driver.report(state)
    with compilations() as counted:
        driver.report(driver.advance(state, 2, 20))
    assert not counted


def test_compiling_ahead_leaves_nothing_for_later():
    driver = compiled.__wrapped__(agent(), side_by_side=True)
    state = driver.init([0, 1])
    driver.compile(state)
    with compilations() as counted:
        jax.block_until_ready(driver.advance(state, 0, 4))
    assert not counted


def test_a_stretch_sends_nothing_to_the_host():
    driver = compiled(agent())
    state = driver.advance(driver.init([0]), 0, 2)
    with jax.transfer_guard_device_to_host("disallow"):
        jax.block_until_ready(driver.advance(state, 2, 30))
