"""The page in a browser: what it shows, how it follows, and whether everyone can use it."""

import json
import os
import re
import subprocess
import sys
import time

import pytest

from qlax.runs.lock import locked

from .browser import browsing, shown
from .folders import AGENT, lines, row, run_folder

SIZES = {"laptop": (1280, 800), "phone": (375, 720)}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    for seed in range(3):
        evaluated = [
            row(number, **({"eval_return": number + 10.0 * seed} if number % 5 == 4 else {}))
            for number in range(40)
        ]
        run_folder(root / "pole" / f"seed-{seed}", rows=evaluated, seed=seed)
    slower = AGENT | {"discount": 0.5, "network": {"type": "networks.MLP", "hidden": [64]}}
    run_folder(root / "slow", rows=10_000, agent_json=slower, agent="c51")
    trace = "Traceback (most recent call last):\nRuntimeError: the roof fell in"
    failure = {"kind": "RuntimeError", "message": "the roof fell in", "traceback": trace}
    run_folder(root / "failed", ended=False, failure=failure, env="Acrobot-v1", seed=9)
    run_folder(root / "growing", ended=False, agent="q_table", steps=10_000)
    (root / "broken").mkdir()
    (root / "broken" / "config.json").write_text("{")
    return root


@pytest.fixture(scope="module")
def board(root):
    with shown(root) as address, browsing() as browser:
        yield address, browser


@pytest.fixture
def page(board):
    """A page; what the browser complains of, and whatever is asked elsewhere, fails the test."""
    address, browser = board
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        yield from opened(context, address)


def opened(context, address):
    page, wrong = context.new_page(), []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: asked.url.startswith(address) or wrong.append(asked.url))
    page.goto(address)
    page.wait_for_selector("tbody tr")
    yield page
    assert wrong == []


def rows(page):
    return [text.split("\n")[0] for text in page.locator("tbody .name").all_inner_texts()]


def points(page):
    """Return how many points the first chart has."""
    return int(page.locator("[data-points]").first.get_attribute("data-points"))


def table_of(page):
    """Return what the first chart's table says."""
    return page.locator("table", has_text="lowest").first.inner_text()


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_runs_are_found_by_filters_and_in_any_order(page):
    assert len(rows(page)) == 6
    assert "6 runs: 4 finished, 1 failed, 1 unfinished" in page.inner_text(".head")
    assert "the roof fell in" in page.inner_text("tbody")
    assert "broken" in page.locator("details.card").text_content()
    page.get_by_label("Agent").select_option("dqn")
    page.get_by_label("Search").fill("pole seed-2")
    assert rows(page) == ["dqn on CartPole-v1, seed 2"]
    page.get_by_label("Search").fill("nothing like it")
    assert page.get_by_text("No run fits these filters.").is_visible()
    page.get_by_label("Search").fill("")
    page.get_by_label("Agent").select_option("")
    page.get_by_label("finished", exact=True).uncheck()
    assert len(rows(page)) == 2
    page.get_by_label("finished", exact=True).check()
    page.get_by_role("button", name="Run", exact=True).click()
    assert rows(page)[0].startswith("dqn on Acrobot-v1")
    assert page.locator("th[aria-sort=ascending]").inner_text() == "Run"


def test_runs_are_compared_by_keyboard_alone(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the runs"
    page.get_by_label("Search").fill("pole/")
    page.get_by_label("Choose all runs shown").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Compare").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".uplot")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.inner_text("h1") == "Comparing 3 runs"
    assert page.get_by_text("dqn, 3 seeds").is_visible()
    page.get_by_text("As a table").first.press("Enter")
    assert "500\t14\t4\t24" in table_of(page)  # steps; mean, lowest and highest of the seeds
    page.get_by_label("Smoothing").select_option("much")
    assert "500\t14\t4\t24" in table_of(page)  # the first point stays where it is
    assert "1,000\t19\t9\t29" not in table_of(page)
    page.get_by_label("Smoothing").select_option("no")
    assert "1,000\t19\t9\t29" in table_of(page)
    page.get_by_label("Seeds together").press("Space")
    assert page.locator(".keys li").count() == 3
    assert "Nothing but the seed." in page.inner_text("main")


def test_settings_that_differ_stand_side_by_side(page, board):
    page.get_by_label("Choose slow").check()
    page.get_by_label("Choose pole/seed-0").check()
    page.get_by_role("button", name="Compare").click()
    page.wait_for_selector(".settings tbody tr")
    differing = page.locator(".settings tbody tr").all_inner_texts()
    assert any(
        re.match(r"discount\s+0\.5\s+0\.99|discount\s+0\.99\s+0\.5", one) for one in differing
    )
    page.get_by_label("Show").select_option("loss")
    until(lambda: points(page) > 200)
    assert points(page) < 1_100  # 10,000 rows have become a screenful


def test_a_run_that_failed_says_why(page):
    page.get_by_role("link", name="dqn on Acrobot-v1, seed 9").click()
    page.wait_for_selector(".log")
    assert "the roof fell in" in page.inner_text(".note")
    assert "Traceback" in page.inner_text(".log")


def test_curves_grow_by_what_is_appended(page, root):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("link", name="q_table on CartPole-v1, seed 0").click()
    chart = page.locator("[data-points]").first
    page.wait_for_selector("[data-points='22']")  # and two of the threshold
    with locked(root / "growing"):
        with (root / "growing" / "metrics.jsonl").open("a") as file:
            file.write(lines([row(20), row(21), row(22)]))
        page.wait_for_selector("[data-points='25']")
        page.wait_for_selector(".head .status.running")
        assert page.inner_text("#live") == "growing is running."
        assert chart.locator("[role=img]").get_attribute("aria-label").endswith("475 at 2,300.")
    page.wait_for_selector(".head .status.unfinished")
    curves = [url for url in asked if "/curves" in url]
    assert "after=" not in curves[0]
    assert curves[1:]
    assert all("after=" in url for url in curves[1:])


@pytest.mark.parametrize(
    ("size", "scheme"),
    [
        ("laptop", "light"),
        ("phone", "dark"),
        pytest.param("laptop", "dark", marks=pytest.mark.exhaustive),
        pytest.param("phone", "light", marks=pytest.mark.exhaustive),
    ],
)
def test_everyone_can_use_it(board, size, scheme):
    from axe_playwright_python.sync_playwright import Axe

    address, browser = board
    width, height = SIZES[size]
    with browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    ) as context:
        pages = opened(context, address)
        page = next(pages)
        runs = json.loads(page.evaluate("fetch('api/runs').then(answer => answer.text())"))["runs"]
        by_name = {run["name"]: run["id"] for run in runs}
        some = ",".join(by_name[f"pole/seed-{seed}"] for seed in range(3)) + f",{by_name['slow']}"
        for place in ("", f"run/{by_name['failed']}", f"compare/{some}"):
            page.evaluate(f"location.hash = '#/{place}'")
            page.wait_for_selector(".settings, .log, tbody tr" if place else "tbody tr")
            page.wait_for_timeout(300)
            found = Axe().run(page).response["violations"]
            assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert next(pages, None) is None


def test_it_follows_a_run_that_is_trained_meanwhile(page, root):
    """Train in a process of its own, with the page open: it appears, grows, and is finished."""
    command = [sys.executable, "-m", "qlax", "train", "CartPole-v1", "--quiet"]
    command += ["--backend", "gymnasium", "--steps", "4000", "--seed", "77", "--eval-episodes", "1"]
    training = subprocess.Popen([*command, "--out", str(root / "trained")], env=os.environ)
    try:
        page.get_by_role("link", name="dqn on CartPole-v1, seed 77").click(timeout=60_000)
        until(lambda: points(page) > 5)
        before = points(page)
        until(lambda: points(page) > before)
        page.wait_for_selector(".head .status.finished", timeout=60_000)
        page.get_by_role("button", name="Play").click()
        page.wait_for_selector(".thoughts .greedy", timeout=60_000)
        assert page.locator(".thoughts li").count() == 2
        page.get_by_role("button", name="Stop").click()
    finally:
        training.kill()
        training.wait()


@pytest.mark.exhaustive
def test_values_follow_a_run_that_is_trained_meanwhile(page, root):
    command = [sys.executable, "-m", "qlax", "train", "MountainCar-v0", "--quiet"]
    command += ["--backend", "gymnasium", "--steps", "30000", "--seed", "78"]
    command += ["--eval-episodes", "1", "--out", str(root / "car")]
    training = subprocess.Popen(command, env=os.environ)
    try:
        page.get_by_role("link", name="dqn on MountainCar-v0, seed 78").click(timeout=60_000)
        page.get_by_role("button", name="Show the values").click(timeout=60_000)
        moments = page.get_by_label("Moment of training")
        for most in (1, 5):  # the start and each fifth
            until(lambda most=most: int(moments.get_attribute("max")) >= most, seconds=120)
        assert page.locator("output").inner_text() == "after 30,000 steps"
        page.get_by_text("As a table").nth(1).click()
        assert page.locator("canvas[aria-label*=position]").get_attribute("aria-label")
    finally:
        training.kill()
        training.wait()
