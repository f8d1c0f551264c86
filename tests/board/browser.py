"""A headless browser for tests, where there is one."""

import contextlib
import json
import shutil
import socket
import subprocess
import sys

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable():
    """Return the browser's path, or skip: where tests are complete it is installed."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def browsing():
    """Give a browser."""
    from playwright.sync_api import sync_playwright

    path = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def shown(folder):
    """Give the address of a board that shows a folder."""
    port = ["--port", str(free_port())]  # the usual one is for the tests of it
    command = [sys.executable, "-m", "qlax", "board", str(folder), "--json", *port]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield json.loads(process.stdout.readline())["address"]
    finally:
        ended = process.poll()
        process.terminate()
        process.communicate(timeout=20)
        assert ended is None, f"the board ended by itself, with {ended}"
