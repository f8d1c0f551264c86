"""What the board answers, and to whom."""

import asyncio
import json
import os
import shutil

import pytest
from starlette.testclient import TestClient

from qlax.board.application import Board
from qlax.board.guard import LOOPBACK, names_of

from .folders import lines, row, run_folder


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    run_folder(root / "a" / "seed-0")
    run_folder(root / "a" / "seed-1", seed=1, agent_json={"type": "Agent", "discount": 0.9})
    long = run_folder(root / "long", rows=0, ended=False)
    (long / "metrics.jsonl").write_text(lines(row(number) for number in range(30_000)))
    trace = "Traceback:\n  File 'x'\nRuntimeError: no"
    failure = {"kind": "RuntimeError", "message": "no", "traceback": trace, "env_steps": 7}
    run_folder(root / "failed", ended=False, failure=failure)
    return root


@pytest.fixture(scope="module")
def client(root):
    board = Board(root, set(LOOPBACK), tick=0.05)
    return TestClient(board.app, base_url="http://localhost:7529", raise_server_exceptions=False)


@pytest.fixture(scope="module")
def ids(client):
    return {run["name"]: run["id"] for run in client.get("/api/runs").json()["runs"]}


def test_the_page_and_all_it_needs_come_from_here(client):
    page = client.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "http" not in page.text.replace("http-equiv", "")
    assert "<script>" not in page.text
    assert "style=" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    for name in ("main.js", "uPlot.iife.min.js", "board.css", "icon.svg", "uPlot.LICENSE.txt"):
        assert client.get(f"/static/{name}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../application.py",
        "/static/..%2fapplication.py",
        "/static/%2e%2e/application.py",
        "/static/nothing.js",
        "/static/",
        "/api/runs/..%2f..%2fetc",
        "/api/runs/a%2fseed-0",
        "/api/runs/0123456789ab/curves",
        "/api/settings?runs=zzz",
        "/etc/passwd",
        "/docs",
    ],
)
def test_nothing_else_is_to_be_had(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json() == {"error": "There is nothing of that name."}


def test_a_run_in_detail(client, ids):
    found = client.get(f"/api/runs/{ids['failed']}").json()
    assert found["status"] == "failed"
    assert found["log"]["traceback"].endswith("RuntimeError: no")
    assert (found["policies"], found["moments"], found["valued"]) == ([], [], False)
    assert found["fitted"] == [{"field": "discount", "before": "0.9", "after": "0.99"}]


def test_curves_are_thinned_and_appended(client, ids, root):
    path = f"/api/runs/{ids['long']}/curves"
    found = client.get(path).json()
    assert found["rows"] == 30_000
    assert len(found["series"]["episode_return"]["x"]) <= 1_000
    after = f"{found['generation']}:{found['rows']}"
    with (root / "long" / "metrics.jsonl").open("a") as file:
        file.write(lines([row(30_000)]))
    more = client.get(f"{path}?x=updates&after={after}").json()
    assert more["appended"]
    assert more["series"]["loss"]["x"] == [300_000]
    assert client.get(f"{path}?after=nonsense").json()["appended"] is False


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("curves?x=loss", "x is 'loss', but must be one of env_steps, updates, seconds."),
        ("curves?points=7", "points is '7', but must be a whole number from 8 to 20,000."),
        ("curves?points=9e9", "points is '9e9', but must be a whole number from 8 to 20,000."),
        ("play?seed=-1", "seed is '-1', but must be a whole number from 0 to 2,147,483,647."),
        ("play", "The run has no policy yet: its first checkpoint brings one."),
        ("play?policy=../../x", "The run has no policy '../../x'."),
        ("values", "The run has no policy yet: its first checkpoint brings one."),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(client, ids, query, says):
    answer = client.get(f"/api/runs/{ids['long']}/{query}")
    assert (answer.status_code, answer.json()) == (400, {"error": says})


def test_settings_of_several_runs(client, ids):
    asked = ",".join([ids["a/seed-0"], ids["a/seed-1"], "gone"])
    found = client.get(f"/api/settings?runs={asked}").json()
    assert found["runs"] == [ids["a/seed-0"], ids["a/seed-1"]]
    differing = {entry["field"]: entry["values"] for entry in found["settings"] if entry["differs"]}
    assert differing["discount"] == ["0.99", "0.9"]
    assert client.get("/api/settings").status_code == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_it_can_only_be_read(client, method):
    answer = client.request(method, "/api/runs")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert client.head("/").status_code == 200


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:80", "[::1]:7529", "LOCALHOST:1"])
def test_it_answers_to_the_names_of_this_machine(client, host):
    assert client.get("/api/runs", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "evil.example:7529",
        "10.0.0.1",
        "",
        "a@localhost",
        "localhost/",
        "localhost:x",
        "localhost:1:2",
    ],
)
def test_it_answers_to_no_other_name(client, host):
    answer = client.get("/api/runs", headers={"host": host})
    assert answer.status_code == 421
    assert "runs" not in answer.json()


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
    ],
)
def test_no_other_page_may_ask(client, headers):
    assert client.get("/api/runs", headers=headers).status_code == 403


def test_its_own_page_may_ask_and_a_link_may_lead_to_it(client):
    own = {"origin": "http://localhost:7529", "sec-fetch-site": "same-origin"}
    assert client.get("/api/runs", headers=own).status_code == 200
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/", headers=link).status_code == 200


def test_every_answer_forbids_what_the_page_does_not_need(client):
    for answer in (client.get("/"), client.get("/nothing"), client.post("/")):
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers


def test_another_host_goes_by_its_name_and_addresses_in_numbers(root):
    board = Board(root, names_of("box.example"), any_address=True)
    client = TestClient(board.app, base_url="http://box.example:7529")
    for host in ("box.example", "192.168.0.7:7529", "localhost:7529", "[fe80::1]:7529"):
        assert client.get("/api/runs", headers={"host": host}).status_code == 200
    assert client.get("/api/runs", headers={"host": "evil.example"}).status_code == 421


def test_names_that_no_text_can_hold_keep_nothing_from_being_listed(tmp_path):
    run_folder(tmp_path / "a")
    run_folder(tmp_path / os.fsdecode(b"caf\xe9"), agent="\ud800")
    board = Board(tmp_path, set(LOOPBACK))
    client = TestClient(board.app, base_url="http://localhost:7529")
    runs = client.get("/api/runs").json()["runs"]
    assert len(runs) == 2
    for run in runs:
        assert client.get(f"/api/runs/{run['id']}").status_code == 200
        assert client.get(f"/api/settings?runs={run['id']}").status_code == 200


def test_failures_show_no_more_than_a_sentence(client, ids, monkeypatch):
    def fail(*_):
        raise RuntimeError("secret")

    monkeypatch.setattr("qlax.board.application.side_by_side", fail)
    answer = client.get(f"/api/settings?runs={ids['long']}")
    assert answer.status_code == 500
    assert answer.json() == {"error": "The board failed at this; its terminal says how."}


@pytest.mark.parametrize("since", ["", "nonsense", ":", "x:9", "9" * 5_000, f":{'9' * 5_000}"])
def test_pages_that_know_nothing_of_this_board_are_told_everything(tmp_path, since):
    run_folder(tmp_path / "a")
    board = Board(tmp_path, set(LOOPBACK), tick=0.05)
    board.end()  # so that the answer has an end
    client = TestClient(board.app, base_url="http://localhost:7529")
    since = since if since.isdecimal() else since.replace(":", f"{board.catalog.epoch}:", 1)
    assert client.get(f"/api/events?since={since}").text == "retry: 2000\n\n"


def test_events_tell_what_changes(tmp_path):
    run_folder(tmp_path / "a")
    board = Board(tmp_path, set(LOOPBACK), tick=0.05)

    async def told():
        events = []
        stream = board._changes(board.catalog.since().revision)
        run_folder(tmp_path / "b")
        while len(events) < 2:
            event = await anext(stream)
            if "event: runs" in event:
                events.append(json.loads(event.partition("data: ")[2]))
                shutil.rmtree(tmp_path / "b", ignore_errors=True)
        await stream.aclose()
        return events

    first, second = asyncio.run(told())
    assert [run["name"] for run in first["changed"]] == ["b"]
    assert second["gone"] == [first["changed"][0]["id"]]
