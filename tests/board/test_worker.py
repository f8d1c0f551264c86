"""Agents at play and their values, by a process of its own."""

import asyncio
import base64
import io
import os
import signal

import pytest
from PIL import Image

import qlax
from qlax.board.details import MAPPED
from qlax.board.tasks import Tasks
from qlax.errors import UsageError
from qlax.explaining import maps
from tests.runs.small import AGENT


@pytest.fixture(scope="module")
def car(tmp_path_factory):
    """A run in an environment that shows two numbers."""
    out = tmp_path_factory.mktemp("runs") / "car"
    return qlax.train("MountainCar-v0", AGENT, steps=200, eval_episodes=0, out=out).folder


def answers(task, most=1_000, tasks=None, **arguments):
    async def told():
        found = []
        stream = (tasks or Tasks()).answers(task, **arguments)
        async for answer in stream:
            found.append(answer)
            if len(found) == most:
                break
        await stream.aclose()
        return found

    return asyncio.run(told())


def test_an_agent_at_play_shows_what_it_thinks(car):
    frames = answers("play", most=3, folder=str(car), seed=1, fps=60, width=200)
    picture = Image.open(io.BytesIO(base64.b64decode(frames[0]["image"])))
    assert picture.width == 200
    assert [frame["step"] for frame in frames] == [0, 1, 2]
    assert frames[0]["actions"] == ["left", "coast", "right"]
    assert len(frames[0]["q_values"]) == 3
    assert frames[0]["action"] == max(range(3), key=frames[0]["q_values"].__getitem__)


def test_values_of_several_policies_come_one_after_another(car):
    found = answers("values", folders=[str(car), str(car)], size=8)
    assert [surface["number"] for surface in found] == [0, 1]
    assert len(found[0]["values"]) == len(found[0]["values"][0]) == 8
    assert found[0]["values"] == found[1]["values"]
    assert found[0]["action_names"] == ["left", "coast", "right"]


@pytest.mark.exhaustive
def test_values_lie_on_the_map_of_a_world_that_has_one(tmp_path):
    run = qlax.train("FrozenLake-v1", "q_table", steps=300, eval_episodes=0, out=tmp_path / "lake")
    (found,) = answers("values", folders=[str(run.folder)], size=8)
    assert found["kind"] == "map"
    assert found["sheets"][0]["cells"][1] == [4, 5, 6, 7]
    assert (found["values"][5], found["places"][5]) == (None, "hole")
    assert all(abs(x) + abs(y) == 1 for x, y in found["arrows"])


def test_the_worlds_with_a_map_are_those_that_are_explained():
    assert set(MAPPED) == set(maps._MAPS)


@pytest.mark.exhaustive
def test_what_cannot_be_is_a_sentence(car, tmp_path):
    (found,) = answers("play", folder=str(tmp_path), seed=1, fps=60, width=200)
    assert found["error"].startswith(f"{tmp_path} holds no policy")
    other = qlax.train("CartPole-v1", AGENT, steps=100, eval_episodes=0, out=tmp_path / "pole")
    (found,) = answers("values", folders=[str(other.folder)], size=8)
    assert "two numbers" in found["error"]


@pytest.mark.exhaustive
def test_a_process_that_dies_is_said_to_and_few_run_at_once(car):
    async def killed():
        tasks, found = Tasks(), []
        play = {"folder": str(car), "seed": 1, "fps": 60, "width": 100}
        stream = tasks.answers("play", **play)
        found.append(await anext(stream))
        others = [asyncio.ensure_future(anext(tasks.answers("play", **play))) for _ in range(2)]
        await asyncio.gather(*others)
        with pytest.raises(UsageError, match="3 agents are at work already"):
            await anext(tasks.answers("play", **play))
        (process, *rest) = tasks._running
        for one in tasks._running:
            os.kill(one.pid, signal.SIGKILL)
        del process, rest
        async for answer in stream:
            found.append(answer)
        return found

    assert asyncio.run(killed())[-1] == {
        "error": "The process that was to do it has ended unexpectedly."
    }
