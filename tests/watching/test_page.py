"""The local page of a policy at play."""

import base64
import http.client
import io
import json

import pytest
from PIL import Image

from qlax import UsageError
from qlax.watching.page import Page

PICTURE = Image.new("RGB", (20, 10), "red")


@pytest.fixture
def page():
    made = Page("<of & this>")
    yield made
    made.close()


def asked(page, method, path, headers=None, body=None):
    connection = http.client.HTTPConnection(page.address.split("/")[2], timeout=10)
    connection.request(method, path, body, headers or {})
    return connection.getresponse()


def ask(page, what, **headers):
    given = {"Content-Type": "application/json", **headers}
    return asked(page, "POST", "/ask", given, json.dumps(what)).status


def test_it_is_one_document_that_fetches_nothing_from_elsewhere(page):
    answer = asked(page, "GET", "/")
    text = answer.read().decode()
    assert answer.status == 200
    assert "<title>qlax watch</title>" in text
    assert "&lt;of &amp; this&gt;" in text
    assert "http" not in text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_pictures_and_values_are_streamed_while_somebody_looks(page):
    answer = asked(page, "GET", "/play")
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert page.pressed() == []
    page.show(PICTURE, "paused", {"step": 3})
    shown = json.loads(answer.readline().removeprefix(b"data: "))
    assert (shown["said"], shown["values"]) == ("paused", {"step": 3})
    image = base64.b64decode(shown["picture"].partition(",")[2])
    assert Image.open(io.BytesIO(image)).size == (20, 10)
    page.show(PICTURE, "", {"step": 4})
    answer.readline()
    assert json.loads(answer.readline().removeprefix(b"data: "))["values"] == {"step": 4}


def test_whoever_looks_is_told_of_the_end():
    page = Page("it")
    answer = asked(page, "GET", "/play")
    page.show(PICTURE, "", {})
    answer.readline()
    page.close()
    assert b"event: end" in answer.read()


def test_what_is_asked_for_is_heard_in_order(page):
    assert [ask(page, what) for what in ("pause", "step")] == [204, 204]
    assert page.pressed() == ["pause", "step"]


@pytest.mark.parametrize("what", ["space", "", None, 3, ["quit"], "x" * 5000], ids=repr)
def test_other_requests_are_refused(page, what):
    assert ask(page, what) == 400


def test_requests_from_elsewhere_are_refused(page):
    assert ask(page, "quit", Origin="http://example.org") == 403
    assert ask(page, "quit", Host="example.org") == 403
    assert asked(page, "GET", "/", {"Host": "example.org"}).status == 403
    assert asked(page, "POST", "/ask", {"Content-Type": "text/plain"}, '"quit"').status == 400
    assert asked(page, "GET", "/../pyproject.toml").status == 404
    assert asked(page, "POST", "/", {"Content-Type": "application/json"}, '"quit"').status == 400
    assert ask(page, "pause", Origin=page.address.rstrip("/")) == 204
    assert page.pressed() == ["pause"]


def test_a_port_that_is_taken_is_told_of(page):
    port = int(page.address.rstrip("/").rpartition(":")[2])
    with pytest.raises(UsageError, match=f"port is {port}, but"):
        Page("another", port)
