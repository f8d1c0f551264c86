"""Evaluations while training: what they play, what they leave alone, and what they keep."""

import itertools
import json
import signal

import gymnasium
import jax
import numpy as np
import pytest

import qlax
from qlax import explorers, memories, networks, replay
from qlax.cli.main import run as exit_code_of
from qlax.envs.as_host import CompiledAsHost
from qlax.envs.select import select
from qlax.evaluation.compiled import play
from qlax.evaluation.core import play_episodes
from qlax.observers import Observer
from qlax.policy import Policy
from qlax.runs import folder
from qlax.runs.moments import moments
from qlax.states import ActingParams
from tests.envs.test_source import Line
from tests.runs.small import AGENT, STEPS, assert_same_policy

EPISODES = 6
SEQUENCES = replay.Sequences(capacity=64, batch_size=2)
AGENTS = {
    "mlp": qlax.Agent(network=networks.MLP(hidden=(8,))),
    "gru": qlax.Agent(
        network=networks.MLP(hidden=(8,)), memory=memories.GRU(size=4), replay=SEQUENCES
    ),
    "previous": qlax.Agent(
        network=networks.MLP(hidden=(8,)),
        memory=memories.PreviousActionAndReward(memory=memories.LSTM(size=4)),
        replay=SEQUENCES,
    ),
}


class Watching(Observer):
    """Keeps the rows, evaluations and notes of a run."""

    def __init__(self) -> None:
        self.rows, self.during, self.notes = [], [], []

    def note(self, topic, text):
        self.notes.append((topic, text))

    def report(self, event):
        self.rows += event.rows

    def evaluation(self, event):
        if not event.is_final:
            self.during.append(event)


def trained(out, env="CartPole-v1", agent=AGENT, **options):
    return qlax.train(env, agent, **{"steps": STEPS, "eval_episodes": 1, "out": out, **options})


def evaluated(path):
    rows = folder.read_metrics(path)
    return [
        (row["env_steps"], row["eval_return"]) for row in rows if row.get("eval_return") is not None
    ]


@pytest.mark.parametrize("name", AGENTS)
def test_in_a_program_the_same_is_played_as_from_the_host(name):
    agent = AGENTS[name]
    env = select("CartPole-v1", num_envs=EPISODES).env
    env_key, key = jax.random.split(jax.random.key(3))
    _, timestep = env.init(env_key)
    stage = agent.observation.init(env.spec.observation)
    params = ActingParams(agent.init_params(key, env.spec, timestep.observation), stage)
    played = jax.jit(lambda: play(agent, env, params, env_key, 10_000))()
    policy = Policy(agent, env.spec, params)
    stepped = CompiledAsHost(env)
    expected = play_episodes(policy, stepped, EPISODES, 3)
    assert played.returns.tolist() == expected.returns
    assert float(np.mean(np.asarray(played.lengths))) == expected.length
    assert len(set(expected.returns)) > 1
    assert float(played.value.mean()) == pytest.approx(expected.value, rel=1e-5)
    discounted = float(played.discounted.mean())
    assert discounted == pytest.approx(expected.discounted_return, rel=1e-5)


def test_an_episode_that_nothing_ends_is_cut():
    agent, env = AGENTS["mlp"], select("CartPole-v1", num_envs=2).env
    _, timestep = env.init(jax.random.key(0))
    stage = agent.observation.init(env.spec.observation)
    params = ActingParams(
        agent.init_params(jax.random.key(1), env.spec, timestep.observation), stage
    )
    played = jax.jit(lambda: play(agent, env, params, jax.random.key(0), 3))()
    assert played.lengths.tolist() == [3, 3]


@pytest.mark.parametrize("backend", ["jax", "gymnasium"])
def test_what_is_learned_does_not_depend_on_evaluations(backend, tmp_path):
    without = trained(tmp_path / "without", backend=backend, eval_every=0)
    with_some = trained(tmp_path / "with", backend=backend, eval_every=30)
    assert_same_policy(without.folder, with_some.folder)
    assert without.result["eval"] == with_some.result["eval"]
    assert evaluated(without.folder) == []
    assert without.result["best"] is None
    assert [steps for steps, _ in evaluated(with_some.folder)] == [*range(30, STEPS, 30), STEPS]


@pytest.mark.parametrize("backend", ["jax", "gymnasium"])
def test_the_best_policy_is_the_last_of_the_best_by_evaluations_of_its_own(backend, tmp_path):
    watching = Watching()
    run = trained(
        tmp_path / "run", backend=backend, eval_every=40, observers=[watching], eval_episodes=20
    )
    means = {event.env_steps: event.evaluation.mean for event in watching.during}
    assert dict(evaluated(run.folder)) == means
    best = run.result["best"]
    assert best["mean"] == max(means.values())
    assert best["env_steps"] == max(steps for steps, mean in means.items() if mean == best["mean"])
    chosen = qlax.load(run.folder / "best")
    of_moments = dict(moments(run.folder))
    if best["env_steps"] in of_moments:
        assert_same_arrays(chosen, qlax.load(of_moments[best["env_steps"]]))
    for event in watching.during:
        assert (
            event.evaluation.returns != run.result["eval"]["returns"][: event.evaluation.episodes]
        )


def assert_same_arrays(one, other):
    for first, second in zip(
        jax.tree.leaves(one.params), jax.tree.leaves(other.params), strict=True
    ):
        np.testing.assert_array_equal(first, second)


def test_the_moments_are_the_start_each_fifth_and_the_end(tmp_path):
    run = trained(tmp_path / "run", steps=402, eval_episodes=0)
    kept = moments(run.folder)
    assert [steps for steps, _ in kept] == [0, 81, 162, 243, 324, 402]
    assert_same_arrays(qlax.load(kept[-1][1]), run.policy)
    assert evaluated(run.folder) == []  # no episodes of evaluation, none while training either


class StopsAt(Observer):
    """Interrupts a run, as Ctrl-C does."""

    def __init__(self, env_steps):
        self.env_steps = env_steps

    def report(self, event):
        if event.env_steps == self.env_steps:
            signal.raise_signal(signal.SIGINT)


def test_a_compiled_run_that_goes_on_chooses_as_one_that_never_stopped(tmp_path):
    whole = trained(tmp_path / "whole")
    with pytest.raises(qlax.errors.Interrupted):
        trained(tmp_path / "broken", observers=[StopsAt(200)])
    resumed = qlax.resume(tmp_path / "broken")
    assert evaluated(whole.folder) == evaluated(resumed.folder) != []
    assert whole.result["best"] == resumed.result["best"]
    assert_same_arrays(qlax.load(whole.folder / "best"), qlax.load(resumed.folder / "best"))
    assert [steps for steps, _ in moments(whole.folder)] == [
        steps for steps, _ in moments(resumed.folder)
    ]


def test_seeds_side_by_side_are_evaluated_as_they_would_be_alone(tmp_path):
    options = {"steps": 120, "eval_every": 60, "eval_episodes": 1}
    together = qlax.train_seeds("CartPole-v1", AGENT, seeds=[0, 1], out=tmp_path / "a", **options)
    for seed, run in enumerate(together):
        alone = qlax.train_seeds(
            "CartPole-v1", AGENT, seeds=[seed], out=tmp_path / f"alone-{seed}", **options
        )[0]
        # The first is before anything is learned, so that rounding has no say.
        assert evaluated(run.folder)[0] == evaluated(alone.folder)[0]
        assert len(evaluated(run.folder)) == 2
    assert evaluated(together[0].folder) != evaluated(together[1].folder)


def test_rarely_evaluated_where_episodes_are_much_longer_than_training_between(tmp_path):
    # Of the 20 that are due, those that take at most 12 times the steps since the last.
    agent = AGENT.replace(explorer=explorers.Greedy())
    run = trained(tmp_path / "run", "MountainCar-v0", agent, steps=1_000)
    steps = [steps for steps, _ in evaluated(run.folder)]
    assert steps[0] == 50
    assert all(later - earlier >= 150 for earlier, later in itertools.pairwise(steps))
    asked = trained(tmp_path / "asked", "MountainCar-v0", agent, steps=2_000, eval_every=500)
    assert [steps for steps, _ in evaluated(asked.folder)] == [500, 1_000, 1_500, 2_000]


class Alone(Line):
    """A line of which only one may be open."""

    def __init__(self):
        if type(self).opened:
            raise OSError(98, "Address already in use")
        super().__init__()


@pytest.mark.parametrize("asked", [None, 20])
def test_where_no_second_can_be_opened_training_goes_on_without(asked, tmp_path):
    watching = Watching()
    Alone.opened = 0
    options = {"env": Alone, "steps": 100, "eval_every": asked, "observers": [watching]}
    if asked is None:
        run = trained(tmp_path / "run", **options)
    else:
        with pytest.warns(UserWarning, match="There is no further evaluation while training"):
            run = trained(tmp_path / "run", **options)
    assert run.result["env_steps"] == 100
    assert run.result["eval"]["mean"] == 10.0
    assert watching.during == []
    assert Alone.opened == 0


def test_the_environment_of_training_is_never_evaluated_in(tmp_path):
    class Gives:
        def __init__(self):
            self.resets = 0
            self.env = gymnasium.wrappers.TransformObservation(Line(), lambda seen: seen, None)

        def __call__(self):
            return self.__dict__.setdefault("made", self.env)

    with pytest.warns(UserWarning, match="gives the environment that is trained in once more"):
        run = trained(tmp_path / "run", Gives(), steps=100, eval_every=30)
    lengths = [row["episode_length"] for row in folder.read_metrics(run.folder)]
    assert {length for length in lengths if length is not None} == {10.0}
    lent = trained(tmp_path / "lent", Line(), steps=100, eval_every=30)
    assert evaluated(lent.folder) == []


@pytest.mark.parametrize("value", [-1, 0.5, "often"])
def test_an_interval_that_is_none_is_refused(value, tmp_path):
    with pytest.raises(qlax.UsageError, match="eval_every"):
        trained(tmp_path / "run", eval_every=value)
    assert not (tmp_path / "run").exists()


def test_the_command_line_says_how_often_and_where(tmp_path, capsys):
    words = ["train", "CartPole-v1", "--steps", "400", "--eval-every", "1e2"]
    assert exit_code_of([*words, "--out", str(tmp_path / "run"), "--eval-episodes", "1"]) == 0
    said = capsys.readouterr().out
    assert "evaluated every 100 steps, on 10 episodes of the compiled environment" in said
    best = json.loads((tmp_path / "run" / "result.json").read_text())["best"]
    assert f"best      after {best['env_steps']:,} steps" in said
    assert exit_code_of(["eval", str(tmp_path / "run" / "best"), "--episodes", "2"]) == 0
