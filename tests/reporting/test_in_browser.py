"""The page in a browser: it opens from disk, asks for nothing, and follows the reader's colours."""

import pytest

from qlax.reporting.report import report
from tests.board.browser import browsing
from tests.comparing.made import made_seeds

WIDTH = "document.documentElement.scrollWidth"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    made_seeds(folder / "runs" / "c51", [100, 120, 140, 150], agent="c51")
    made_seeds(folder / "runs" / "dqn", [400, 420, 430, 440])
    return report(folder / "runs", folder / "x.html", film=False, values=False).as_uri()


def test_a_page_opens_from_disk_and_asks_for_nothing_in_any_colours(address):
    with browsing() as browser:
        seen = {}
        for scheme in ("light", "dark"):
            page = browser.new_page(color_scheme=scheme, viewport={"width": 390, "height": 800})
            requests, faults = [], []
            page.on("request", lambda request, to=requests: to.append(request.url))
            page.on("console", lambda message, to=faults: to.append(message.text))
            page.on("pageerror", lambda error, to=faults: to.append(str(error)))
            page.goto(address)
            assert requests == [address]
            assert faults == []
            assert page.evaluate(WIDTH) <= 390  # tables scroll by themselves
            assert page.get_by_role("heading", level=1).count() == 1
            assert page.get_by_role("img").count() >= 3
            seen[scheme] = page.evaluate(BACKGROUND)
        assert seen["light"] != seen["dark"]
        page.keyboard.press("Tab")  # links and what folds away are reached by keyboard
        assert page.evaluate("document.activeElement.tagName") == "A"
        assert len(page.pdf()) > 10_000
