"""Sentences about Python's arguments, in the words of the command line."""

import pytest

import qlax
from qlax.cli.translation import in_options, speaking_of


@pytest.mark.parametrize(
    ("sentence", "translated"),
    [
        ("steps is 0, but must be at least 1.", "--steps is 0, but must be at least 1."),
        ("eval_episodes is -1.", "--eval-episodes is -1."),
        ("Use backend='gymnasium'.", "Use --backend gymnasium."),
        ("x exists already: give another `out`.", "x exists already: give another --out."),
        ("go on by qlax.resume('a b/c').", "go on by `qlax resume 'a b/c'`."),
        ("in Python: qlax.resume(path, env=…).", "in Python: qlax.resume(path, env=…)."),
        ("Agent.discount is 2.0.", "--agent.discount is 2.0."),
        ("Uniform.n_step is 0.", "--agent.replay.n-step is 0."),
        ("Boltzmann.temperature is 0.", "Boltzmann.temperature is 0."),
        ("shorter (agent.explorer.epsilon.steps)", "shorter (--agent.explorer.epsilon.steps)"),
        ("try agent.replay.capacity=12.", "try --agent.replay.capacity 12."),
        ("take replay.Sequences.", "take --agent.replay sequences."),
        (
            "it needs num_envs=1 and replay.Latest(n_step=1).",
            "it needs --agent.num-envs 1 and --agent.replay latest --agent.replay.n-step 1.",
        ),
        (
            "heads.Scalar(stream=heads.Plain()) without",
            "--agent.head scalar --agent.head.stream plain without",
        ),
        ("The file /tmp/out=3/seed is 4 bytes.", "The file /tmp/out=3/seed is 4 bytes."),
    ],
)
def test_sentences_speak_of_options(sentence: str, translated: str) -> None:
    assert in_options(sentence, qlax.presets.dqn()) == translated


def test_a_command_has_names_of_its_own() -> None:
    assert in_options("path is 'a.mov'.", names={"path": "--film"}) == "--film is 'a.mov'."
    assert in_options("path is 'a.mov'.") == "path is 'a.mov'."


def test_a_block_that_is_given_an_agent_speaks_of_its_options() -> None:
    agent = qlax.presets.dqn()
    with (
        pytest.raises(qlax.UsageError, match=r"--agent\.replay\.capacity is 3, but"),
        speaking_of(agent),
    ):
        raise qlax.UsageError("Uniform.capacity is 3, but")
