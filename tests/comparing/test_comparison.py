"""Agents compared: what is said, when nothing can be said, and what is left out."""

import json

import numpy as np
import pytest

import qlax
from qlax.cli.main import run as exit_code_of
from qlax.comparing.comparison import compare, comparison_of
from qlax.comparing.references import reference_of
from qlax.comparing.settings import differing, in_words
from qlax.errors import UsageError

from .made import made_run, made_seeds
from .test_foreign import OTHERS

LOW, HIGH = [100, 110, 120, 130, 140], [400, 410, 420, 430, 440]


def task_of(folder, **options):
    (task,) = comparison_of(folder, **options).tasks
    return task


def test_the_better_agent_is_named_with_the_odds(tmp_path):
    made_seeds(tmp_path / "dqn", HIGH)
    made_seeds(tmp_path / "c51", LOW, agent="c51", setting=qlax.Agent(discount=0.9))
    task = task_of(tmp_path)
    assert task.verdict.startswith(
        "dqn is better than c51 on CartPole-v1: probability of improvement 1.00, 95 % interval "
        "1.00 to 1.00; interquartile mean 420.0 against 120.0."
    )
    assert [result.agent for result in task.agents] == ["dqn", "c51"]
    assert task.agents[0].iqm == 420.0
    low, high = task.agents[0].interval
    assert 400 <= low < 420 < high <= 440
    assert task.differences == [("discount", ["0.99", "0.9"])]
    assert task.pairs[0].is_certain


def test_the_data_may_not_tell(tmp_path):
    made_seeds(tmp_path / "dqn", [100, 120, 140, 160, 180])
    made_seeds(tmp_path / "c51", [110, 115, 130, 170, 175], agent="c51")
    task = task_of(tmp_path)
    assert task.verdict.startswith("5 seeds cannot tell dqn and c51 apart on CartPole-v1: ")
    assert "seeds of each would" in task.verdict
    assert task.verdict.endswith("c51 and dqn have the same settings.")
    assert not task.pairs[0].is_certain


def test_three_seeds_are_too_few_however_far_apart(tmp_path):
    made_seeds(tmp_path / "dqn", HIGH[:3])
    made_seeds(tmp_path / "c51", LOW[:3], agent="c51")
    said = task_of(tmp_path).verdict
    assert said.startswith("3 seeds cannot tell dqn and c51 apart")
    assert "about 6 seeds of each would" in said


def test_from_one_seed_nobody_can_tell(tmp_path):
    made_run(tmp_path / "dqn", final=500)
    made_seeds(tmp_path / "c51", LOW, agent="c51")
    task = task_of(tmp_path)
    assert task.verdict.startswith("dqn has one seed on CartPole-v1, and from one seed nobody")
    assert np.isnan(task.agents[0].interval).all()
    assert "| dqn | 1 | 500.0 | 500.0 |" in comparison_of(tmp_path).markdown()


def test_identical_scores_are_said_to_be_identical(tmp_path):
    made_seeds(tmp_path / "dqn", [500] * 5)
    made_seeds(tmp_path / "c51", [500] * 5, agent="c51")
    assert "every seed of both scores the same" in task_of(tmp_path).verdict


def test_how_soon_agents_are_good_is_told_too(tmp_path):
    made_seeds(tmp_path / "dqn", [500] * 5, returns=lambda step: 500.0)
    made_seeds(tmp_path / "c51", [500] * 5, agent="c51", returns=lambda step: 0.5 * step)
    task = task_of(tmp_path)
    assert "dqn reaches the threshold of 475 sooner: after 100 steps (5 of 5 seeds)" in task.verdict
    assert "c51 after 1,000 (5 of 5 seeds)" in task.verdict


def test_what_never_gets_there_is_never_there(tmp_path):
    made_seeds(tmp_path / "dqn", [500] * 3, returns=lambda step: 500.0)
    made_seeds(tmp_path / "c51", [90] * 3, agent="c51")
    task = task_of(tmp_path)
    assert np.isinf(task.agents[1].steps).all()
    assert task.as_json()["agents"][1]["steps_to_target"] == [None, None, None]
    assert "not by half of them (0 of 3 seeds)" in comparison_of(tmp_path).markdown()


def test_of_several_agents_the_best_is_beside_each_other(tmp_path):
    for agent, finals in {"a": LOW, "b": HIGH, "c": [x + 1 for x in HIGH]}.items():
        made_seeds(tmp_path / agent, finals, agent=agent)
    task = task_of(tmp_path)
    assert task.verdict.startswith("c is better than a on CartPole-v1: probability")
    assert "; the data cannot tell it from b: probability of improvement 0.60" in task.verdict
    assert [pair.other for pair in task.pairs] == ["b", "a"]


def test_with_many_agents_what_looks_certain_is_only_likely(tmp_path):
    made_seeds(tmp_path / "best", HIGH, agent="best")
    for number in range(8):
        agent = f"agent{number}"
        made_seeds(tmp_path / agent, [x + number for x in LOW], agent=agent)
    said = task_of(tmp_path).verdict
    assert said.startswith("best is likely to be better than agent7, agent6, agent5, agent4, ")
    assert "but with 9 agents compared that is not certain: probability of improvement 1.00" in said
    assert "about 6 seeds of each would make it so." in said


def test_over_environments_scores_are_normalised_where_references_are_known(tmp_path):
    for env, scale in {"CartPole-v1": 1.0, "MountainCar-v0": -0.25}.items():
        for agent, finals in {"dqn": HIGH, "c51": LOW}.items():
            made_seeds(tmp_path / env / agent, [scale * x for x in finals], env=env, agent=agent)
    comparison = comparison_of(tmp_path)
    overall = comparison.overall
    assert overall.envs == ["CartPole-v1", "MountainCar-v0"]
    assert overall.agents[0].scores.shape == (5, 2)
    assert "over 2 environments" in comparison.verdict
    assert "normalised IQM" in str(comparison)


def test_without_references_only_the_odds_are_put_together(tmp_path):
    for env in ("CartPole-v1", "Mine-v0"):
        made_seeds(tmp_path / env / "dqn", HIGH, env=env)
        made_seeds(tmp_path / env / "c51", LOW[:4], env=env, agent="c51")
    comparison = comparison_of(tmp_path)
    assert comparison.overall.agents == []
    assert comparison.overall.verdict.startswith("dqn is better than c51 over 2 environments")
    assert any("Mine-v0 no reference scores" in note for note in comparison.notes)


def test_unfinished_and_damaged_runs_are_named_and_left_out(tmp_path):
    made_seeds(tmp_path / "dqn", HIGH)
    made_run(tmp_path / "half", seed=9, until=500)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "config.json").write_text("[]")
    with pytest.warns(UserWarning, match="half|bad") as warned:
        comparison = compare(tmp_path)
    assert len(comparison.tasks[0].agents[0].scores) == 5
    assert len(warned) == 2
    (unfinished,) = [note for note in comparison.notes if "half" in note]
    assert unfinished.endswith("half is not compared: it is unfinished, after 500 of 1,000 steps.")


def test_other_libraries_are_compared_by_what_all_of_them_have(tmp_path):
    made_seeds(tmp_path / "dqn", HIGH[:2])
    task = task_of([tmp_path, OTHERS / "sb3"])
    assert task.basis == "evaluations"
    assert ("library", ["qlax", "SB3"]) in task.differences
    task = task_of([tmp_path, OTHERS / "sb3", OTHERS / "workers"])
    assert task.basis == "training"
    assert "training episodes" in comparison_of([tmp_path, OTHERS / "workers"]).markdown()


def test_runs_can_be_compared_as_they_were_after_some_steps(tmp_path):
    made_seeds(tmp_path / "dqn", HIGH)
    made_seeds(tmp_path / "c51", LOW, agent="c51", steps=2000)
    made_run(tmp_path / "half", agent="c51", seed=7, steps=2000, until=1500)
    made_run(tmp_path / "early", agent="c51", seed=8, steps=2000, until=300)
    comparison = comparison_of(tmp_path, at=1000)
    (task,) = comparison.tasks
    assert task.basis == "evaluations"
    assert [len(result.scores) for result in task.agents] == [5, 6]
    np.testing.assert_allclose(task.agents[0].scores[:, 0], 0.95 * np.asarray(HIGH))
    assert "different numbers" not in task.verdict
    (note,) = comparison.notes
    assert note.endswith("early is not compared: it got to 300 of 1,000 steps.")
    with pytest.raises(UsageError, match="at is 0"):
        comparison_of(tmp_path, at=0)


def test_other_numbers_of_steps_are_said(tmp_path):
    made_seeds(tmp_path / "dqn", HIGH)
    made_seeds(tmp_path / "c51", LOW, agent="c51", steps=2000)
    said = task_of(tmp_path).verdict
    assert "for different numbers of steps: dqn 1,000 and c51 2,000." in said


def test_nothing_finished_is_refused(tmp_path):
    made_run(tmp_path / "half", until=500)
    with pytest.raises(UsageError, match="No finished run with returns"):
        compare(tmp_path)


def test_the_same_data_gives_the_same_comparison(tmp_path):
    made_seeds(tmp_path / "dqn", HIGH)
    made_seeds(tmp_path / "c51", LOW, agent="c51")
    assert comparison_of(tmp_path).as_json() == comparison_of(tmp_path).as_json()


def test_settings_are_told_in_words():
    first, second = qlax.Agent(), qlax.Agent(replay=qlax.replay.Prioritised())
    documents = [qlax.config.to_json(agent) for agent in (first, second)]
    ((field, values),) = differing(documents)
    assert field == "replay"
    assert values[0].startswith("Uniform(capacity 50,000")
    assert values[1].startswith("Prioritised")
    epsilon = {"type": "schedules.Linear", "start": 1.0, "end": 0.05, "steps": 20000, "begin": 0}
    assert in_words(epsilon) == "1 to 0.05 in 20,000 steps"
    assert in_words([64, 64]) == "64×64"
    assert in_words({"float": "inf"}) == "inf"
    assert in_words(None) == "none"
    assert in_words(True) == "yes"


def test_references_are_known_by_any_id_of_a_game():
    assert reference_of("ALE/Pong-v5") == reference_of("PongNoFrameskip-v4")
    assert reference_of("ALE/Pong-v5").normalised(-20.7) == 0.0
    assert reference_of("CartPole-v1").normalised(475.0) == 1.0
    assert reference_of("Mine-v0") is None
    assert reference_of("CartPole-v1(sutton=True)") is None


def test_the_command_prints_writes_and_draws(tmp_path, capsys):
    made_seeds(tmp_path / "runs" / "dqn", HIGH)
    made_seeds(tmp_path / "runs" / "c51", LOW, agent="c51", setting=qlax.Agent(discount=0.9))
    files = [tmp_path / name for name in ("x.md", "x.json", "p.svg")]
    words = ["compare", str(tmp_path / "runs")]
    assert exit_code_of([*words, "--out", str(files[0]), "--profile", str(files[2])]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("dqn is better than c51 on CartPole-v1")
    assert "discount" in shown
    assert "| `discount` | 0.99 | 0.9 |" in files[0].read_text()
    assert "</svg>" in files[2].read_text()
    assert exit_code_of([*words, "--json", "--out", str(files[1])]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == json.loads(files[1].read_text())
    assert document["tasks"][0]["pairs"][0]["probability_of_improvement"] == 1.0
    assert exit_code_of([*words, "--markdown"]) == 0
    assert capsys.readouterr().out.startswith("## CartPole-v1")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "x.txt"], "--out is 'x.txt', but must end in one of .md, .json."),
        (["--profile", "x.gif"], "--profile is 'x.gif', but must end in one of .png, .svg."),
        (["nowhere"], "nowhere is not there."),
    ],
)
def test_the_command_refuses_in_a_sentence(words, said, tmp_path, capsys):
    made_seeds(tmp_path / "dqn", HIGH)
    assert exit_code_of(["compare", str(tmp_path), *words]) == 2
    assert said in capsys.readouterr().err
