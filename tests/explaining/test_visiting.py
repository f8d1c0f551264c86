"""Where training has been."""

import numpy as np
import pytest

import qlax
from qlax import memories, networks, replay
from qlax.envs.opening import opened
from qlax.explaining.core import Subject
from qlax.explaining.visiting import visited
from tests.explaining.test_returns import episode_of


def trained(out, steps, **parts):
    agent = qlax.Agent(network=networks.MLP(hidden=(4,)), learning_starts=20, **parts)
    return qlax.train("MountainCar-v0", agent, steps=steps, eval_episodes=0, out=out)


@pytest.mark.parametrize(
    "kind",
    [
        replay.Uniform(capacity=120, batch_size=4),
        replay.Prioritised(capacity=120, batch_size=4),
        replay.Sequences(capacity=120, batch_size=2, length=4),
    ],
    ids=lambda kind: type(kind).__name__,
)
def test_it_is_what_the_newest_replay_holds_the_newest_last(kind, tmp_path):
    run = trained(tmp_path / "run", 300, replay=kind, num_envs=2)
    visits = visited(run.policy.spec, run.folder, [])
    assert visits.while_training
    assert len(visits) >= 120
    newest = sorted((run.folder / "checkpoints").glob("iteration-*"))[-1]
    with np.load(newest / "state.npz") as state:
        np.testing.assert_array_equal(visits.observation[-2:], state["timestep/observation"])
    # In order of time, each environment's car moves little from one state to the next.
    assert np.abs(np.diff(visits.observation[::2, 0])).max() < 1.0
    assert np.median(np.abs(np.diff(visits.observation[::2, 0]))) < 0.07


def test_a_replay_that_is_not_full_holds_no_more_than_was_seen(tmp_path):
    run = trained(tmp_path / "run", 100, replay=replay.Uniform(capacity=5_000, batch_size=4))
    visits = visited(run.policy.spec, run.folder, [])
    assert len(visits) == 101
    assert visits.says.startswith("the newest 101 states of training")


@pytest.mark.parametrize("damage", ["no checkpoint", "half of one", "no replay"])
def test_without_a_replay_it_is_what_was_played(damage, tmp_path):
    kind = replay.Latest() if damage == "no replay" else replay.Uniform(capacity=120, batch_size=4)
    run = trained(tmp_path / "run", 100, replay=kind)
    for path in (run.folder / "checkpoints").glob("iteration-*"):
        if damage == "no checkpoint":
            path.rename(tmp_path / path.name)
        elif damage == "half of one":
            file = path / "state.npz"
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    visits = visited(run.policy.spec, run.folder, [episode_of(within=2), episode_of()])
    assert not visits.while_training
    assert len(visits) == 5
    assert visits.says == "5 states of 2 greedy episodes after training"


def test_an_agent_with_a_memory_is_explained_but_for_values_of_single_states(tmp_path):
    run = trained(
        tmp_path / "run",
        200,
        memory=memories.GRU(),
        replay=replay.Sequences(capacity=200, batch_size=2, length=4),
    )
    explanation = qlax.explain(run, episodes=2)
    assert [picture.name for picture in explanation] == ["returns", "visits"]
    assert explanation.left_out == {
        "values over two numbers": (
            "The agent has a memory: its values depend on what was seen before, not on a state."
        )
    }
    with opened("MountainCar-v0") as source:
        subject = Subject(policy=run.policy, source=source, episodes=1, seed=5)
        (episode,) = subject.played
    actor = run.policy.actor()
    actions = [
        actor.act(seen, first=step == 0) for step, seen in enumerate(episode.observation[:100])
    ]
    np.testing.assert_array_equal(actions, episode.action[:100])
    assert len(np.unique(episode.value.round(6))) > 1
