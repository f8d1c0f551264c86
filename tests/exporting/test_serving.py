"""The served example of `docs/how/deploy.md`, as it stands there, asked by real requests."""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import qlax
from tests.board.browser import free_port
from tests.tiers import one_in

PAGE = Path(__file__).parents[2] / "docs" / "how" / "deploy.md"


@pytest.fixture(scope="module", name="address")
def _address(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("served")
    run = qlax.train("CartPole-v1", "dqn", steps=300, eval_episodes=1, out=tmp_path / "run")
    qlax.export(run, tmp_path / "cartpole.onnx")
    (source,) = re.findall(r"```python\n(.*?app = Starlette.*?)```", PAGE.read_text(), re.DOTALL)[
        -1:
    ]
    (tmp_path / "serve.py").write_text(source.split("```python\n")[-1])
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "serve:app", "--port", str(port)]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            if "running on" in line:
                break
        yield run.policy, f"http://127.0.0.1:{port}/act"
    finally:
        process.terminate()
        process.communicate(timeout=20)


def asked(address, text):
    request = urllib.request.Request(address, text.encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


@one_in(4, 1)
def test_a_served_policy_answers_as_the_policy_does(address):
    policy, place = address
    shown = [[0.0, 0.1, 0.02, 0.0], [0.0, -0.1, -0.02, 0.0]]
    assert asked(place, json.dumps(shown)) == policy.predict(shown).tolist()
    assert asked(place, json.dumps(shown[0])) == [policy.predict(shown[0])]


@one_in(4, 1)
@pytest.mark.parametrize("text", ["", "nothing", "[1, 2]", '{"a": 1}'])
def test_a_served_policy_refuses_what_is_no_observation(text, address):
    _, place = address
    with pytest.raises(urllib.error.HTTPError) as refused:
        asked(place, text)
    assert refused.value.code == 422
    assert "four numbers" in json.load(refused.value)["error"]
