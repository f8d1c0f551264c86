import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import qlax
from qlax import presets
from qlax.cli import overrides
from qlax.cli.main import run as exit_code_of
from qlax.cli.summary import print_summaries
from qlax.runs.outcome import Run


def run(*words, cwd):
    return subprocess.run(
        [sys.executable, "-m", "qlax", *words], cwd=cwd, capture_output=True, text=True, check=False
    )


SMALL = ["--steps", "300", "--agent.learning-starts", "50", "--agent.replay.n-step", "2"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    cwd = tmp_path_factory.mktemp("cli")
    words = ["--seed", "5", "--eval-episodes", "2", "--out", "here", *SMALL]
    return cwd, run("train", "MountainCar-v0", *words, cwd=cwd)


def test_training_says_what_it_did_and_where(trained):
    cwd, done = trained
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["training", "dqn", "on", "MountainCar-v0"]
    assert "jax: the environment's own functions" in lines[1]
    assert lines[2] == "fitted    to MountainCar-v0 (elsewhere → here)"
    noted = "epsilon takes 20,000 steps from 1 to 0.05 (--agent.explorer.epsilon.steps)"
    assert any(line.startswith("note") and noted in line for line in lines)
    assert any("300/300 steps" in line and "ε" in line for line in lines)
    assert any("over 2 episodes of the original environment" in line for line in lines)
    assert any("written" in line and "here/" in line for line in lines)
    assert "\x1b" not in done.stdout
    result = json.loads((cwd / "here" / "result.json").read_text())
    assert result["seed"] == 5
    assert 0 < result["import_seconds"] < result["total_seconds"]


def test_overrides_reach_the_agent(trained):
    cwd, _ = trained
    agent = qlax.load(cwd / "here").agent
    assert agent.learning_starts == 50
    assert agent.replay.n_step == 2


def test_a_run_can_be_evaluated(trained):
    cwd, _ = trained
    done = run("eval", "here", "--episodes", "3", "--json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    evaluation = json.loads(done.stdout)
    assert len(evaluation["returns"]) == 3
    assert evaluation["env"] == "MountainCar-v0"


PRESSING = """
import gymnasium, numpy as np
class Pressing(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-2, 2, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(3)
    def reset(self, *, seed=None, options=None):
        return np.zeros(2, np.float32), {}
    def step(self, action):
        raise KeyboardInterrupt
gymnasium.register("Pressing-v0", Pressing)
"""


def test_ctrl_c_in_an_evaluation_has_nothing_to_save(trained):
    cwd, _ = trained
    (cwd / "pressing.py").write_text(PRESSING)
    done = run("eval", "here", "--env", "pressing:Pressing-v0", cwd=cwd)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "qlax: stopped.\n")


def test_a_run_can_be_made_longer(trained):
    cwd, _ = trained
    done = run("resume", "here", "--steps", "400", cwd=cwd)
    assert done.returncode == 0, done.stderr
    assert json.loads((cwd / "here" / "result.json").read_text())["env_steps"] == 400


def test_several_seeds_get_a_summary(tmp_path):
    words = ["--seeds", "2", "--eval-episodes", "1", "--out", "both", *SMALL]
    done = run("train", "CartPole-v1", *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "of 2 seeds solved CartPole-v1" in done.stdout
    assert json.loads((tmp_path / "both" / "result.json").read_text())["seeds"] == [0, 1]
    shown = run("eval", "both", "--episodes", "3", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    heads, *rows, _, mean, solved = shown.stdout.splitlines()
    assert heads.split()[:3] == ["seed", "mean", "return"]
    assert [row.split()[0] for row in rows] == ["0", "1"]
    assert "(standard error) over 2 seeds" in mean
    assert solved == "0 of 2 seeds solved it (threshold 475)."
    found = json.loads(run("eval", "both", "--episodes", "3", "--json", cwd=tmp_path).stdout)
    means = [found["seeds"][seed]["mean"] for seed in (0, 1)]
    assert found["mean"] == pytest.approx(sum(means) / 2)
    assert found["standard_error"] == pytest.approx(abs(means[0] - means[1]) / 2)
    refused = run("eval", "both", "--film", "x.gif", cwd=tmp_path)
    assert "--film takes one of them, both/seed-0." in refused.stderr


def test_quiet_prints_only_the_folder(tmp_path):
    done = run("train", "CartPole-v1", "--quiet", "--eval-episodes", "0", *SMALL, cwd=tmp_path)
    assert done.stdout == "runs/CartPole-v1/dqn/seed-0\n"


def test_quiet_seeds_print_only_the_folder_of_all(capsys):
    names = ("env", "agent", "backend")
    result = dict.fromkeys(names, "") | {"seed": 0, "eval": None, "threshold": None}
    runs = [Run(Path("runs/all") / f"seed-{seed}", result, None) for seed in (0, 1)]
    print_summaries(runs, quiet=True)
    assert capsys.readouterr().out == "runs/all\n"


def test_the_version_is_the_package_s(tmp_path):
    assert run("--version", cwd=tmp_path).stdout == f"qlax {qlax.__version__}\n"


def test_help_names_every_command_without_importing_jax(tmp_path):
    code = (
        "import sys; from qlax.cli.main import run\n"
        "try: run(['--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit('jax' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert all(
        name in done.stdout for name in ("train", "eval", "resume", "agents", "envs", "check")
    )


def test_agents_are_listed_with_their_papers(tmp_path):
    lines = run("agents", cwd=tmp_path).stdout.splitlines()
    for name in qlax.presets.AGENTS:
        (line,) = [line for line in lines if line.split()[:1] == [name]]
        assert "19" in line or "20" in line  # the year of the paper


def test_fields_of_the_agent_are_listed_on_demand(tmp_path):
    done = run("train", "MountainCar-v0", "--agent.help", cwd=tmp_path)
    assert done.returncode == 0
    assert "--agent.replay.capacity INT" in done.stdout
    assert "Steps remembered" in done.stdout


def test_parts_and_schedules_can_be_exchanged():
    from qlax.cli.overrides import override

    words = [
        "--agent.bootstrap",
        "greedy",
        "--agent.explorer.duration",
        "zeta",
        "--agent.explorer.epsilon",
        "0.2",
        "--agent.explorer.duration.exponent",
        "1.5",
        "--agent.head.stream=dueling",
        "--agent.optimizer",
        "sgd",
        "--agent.network.hidden",
        "7",
        "8",
        "--agent.policy",
        "target",
        "--agent.optimizer.max-grad-norm",
        "3",
    ]
    agent = override(qlax.presets.dqn(), words)
    assert agent.bootstrap == qlax.bootstraps.Greedy()
    assert agent.explorer == qlax.explorers.EpsilonGreedy(
        epsilon=0.2, duration=qlax.explorers.Zeta(exponent=1.5)
    )
    assert agent.head.stream == qlax.heads.Dueling()
    assert agent.optimizer == qlax.optimizers.SGD(max_grad_norm=3.0)
    assert agent.network.hidden == (7, 8)
    assert agent.policy == "target"


@pytest.mark.parametrize(
    "words", [["--agent.memory", "none"], ["--agent.memory=none"], ["--agent.memory", "None"]]
)
def test_a_part_that_is_not_needed_can_be_left_out(words):
    agent = overrides.override(presets.drqn(), [*words, "--agent.discount", "0.5"])
    assert agent == presets.drqn().replace(memory=None, discount=0.5)


@pytest.mark.parametrize(
    "words",
    [
        "--agent.replay rollout --agent.num-envs 8",
        "--agent.num-envs 8 --agent.replay rollout",
        "--agent.replay rollout --agent.replay.minibatches 1",
        "--agent.memory lstm --agent.replay sequences",
        "--agent.bootstrap expected-sarsa --agent.explorer.duration one-step",
    ],
)
def test_parts_that_go_together_may_come_in_any_order(words):
    pairs = zip(words.split()[::2], words.split()[1::2], strict=True)
    agent = overrides.override(presets.dqn(), words.split())
    for name, value in pairs:
        found = agent
        for field in name.removeprefix("--agent.").replace("-", "_").split("."):
            found = getattr(found, field)
        assert str(found) == value or type(found).__name__.lower() == value.replace("-", "")


def test_what_may_be_none_can_be_set_to_it():
    agent = overrides.override(presets.dqn(), ["--agent.optimizer.max-grad-norm", "none"])
    assert agent.optimizer.max_grad_norm is None


def test_a_part_that_is_needed_stays(capsys):
    with pytest.raises((SystemExit, qlax.UsageError)):
        overrides.override(presets.dqn(), ["--agent.head", "none"])


def test_parts_of_every_kind_can_be_exchanged_wherever_they_are():
    from qlax.cli.overrides import override

    words = [
        "--agent.replay",
        "sequences",
        "--agent.memory",
        "gru",
        "--agent.memory.size",
        "7",
        "--agent.head.rescaling",
        "square-root",
        "--agent.network.layer=noisy",
        "--agent.network.layer.sigma",
        "0.2",
        "--agent.explorer",
        "boltzmann",
        "--agent.replay.lambda_return",
        "lambda-return",
        "--agent.replay.lambda_return.kind",
        "tree",
        "--agent.explorer.temperature",
        "0.3",
    ]
    agent = override(qlax.presets.dqn(), words)
    assert agent.memory == qlax.memories.GRU(size=7)
    assert agent.head.rescaling == qlax.heads.SquareRoot()
    assert agent.network.layer == qlax.layers.Noisy(sigma=0.2)
    assert agent.explorer == qlax.explorers.Boltzmann(temperature=0.3)
    assert agent.replay == qlax.replay.Sequences(
        lambda_return=qlax.replay.LambdaReturn(kind="tree")
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Box2D's, which crash as errors
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "MountianCar-v0"], "Did you mean MountainCar-v0"),
        (["train", "BipedalWalker-v3"], "--agent.actions grid --agent.actions.points"),
        (["train", "Pendulum-v1", "--agent.actions", "grid:x"], "whole number after the colon"),
        (["train", "Pendulum-v1", "--agent.actions", "grid:1"], "--agent.actions.points is 1"),
        (["train", "Pendulum-v1", "--agent.actions", "grid:3,3"], "one for each of the 1"),
        (["train", "MountainCar-v0", "--agent", "dqnn"], "Did you mean dqn"),
        (["train", "MountainCar-v0", "--agent.replay.capcity", "3"], "--agent.replay.capacity"),
        (["train", "MountainCar-v0", "--agent.bootstrap", "triple"], "There are boltzmann, double"),
        (["train", "MountainCar-v0", "--agent.memory", "elephant"], "There are gru, lstm"),
        (["train", "MountainCar-v0", "--agent.memory", "lstm"], "take --agent.replay sequences"),
        (
            ["train", "MountainCar-v0", "--agent.replay.batch-size", "99999"],
            "--agent.replay.batch-size is",
        ),
        (
            ["train", "MountainCar-v0", "--agent.replay.n-step", "20001"],
            "--agent.replay.n-step is 20001",
        ),
        (["train", "MountainCar-v0", "--agent.explorer.epsilon", "-1"], "must be in [0, 1]"),
        (["train", "MountainCar-v0", "--agent.discount", "high"], "--agent.discount"),
        (["train", "MountainCar-v0", "--backend", "torch"], "--backend"),
        (["train", "LunarLander-v3", "--backend", "gymnax"], "gymnax backend has no LunarLander"),
        (["train", "MountainCar-v0", "--seeds", "0"], "--seeds is 0"),
        (["train", "MountainCar-v0", "--out", "."], ". exists already"),
        (["train"], "ENV"),
        (["eval", "."], "holds no policy"),
        (["resume", "."], "not a run of qlax"),
        (["envs", "MountianCar"], "Did you mean MountainCar-v0"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_mistakes_get_a_sentence_and_exit_code_two(words, said, tmp_path, monkeypatch, capsys):
    (tmp_path / "occupied").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    try:
        code = exit_code_of(words)
    except SystemExit as stop:  # words that the parser does not know
        code = stop.code
    written = capsys.readouterr().err
    assert code == 2, written
    assert said in " ".join(written.replace("│", " ").split())
    assert "Traceback" not in written
    assert [entry.name for entry in tmp_path.iterdir()] == ["occupied"]


SPEAKING = """
import gymnasium
class Speaking(gymnasium.Env):
    observation_space = gymnasium.spaces.Text(5)
    action_space = gymnasium.spaces.Discrete(2)
gymnasium.register("Speaking-v0", Speaking)
"""


def test_observations_that_are_no_arrays_get_a_sentence_and_exit_code_two(tmp_path):
    (tmp_path / "speaking.py").write_text(SPEAKING)
    done = run("train", "speaking:Speaking-v0", cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "observations Text, but arrays are needed" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "runs").exists()


BROKEN = """
import gymnasium, numpy as np
class Broken(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (2,))
    action_space = gymnasium.spaces.Discrete(2)
    steps = 0
    def reset(self, *, seed=None, options=None):
        return np.zeros(2, np.float32), {}
    def step(self, action):
        self.steps += 1
        last = self.steps >= 250
        FAULT
gymnasium.register("Broken-v0", Broken)
"""
GOOD = "np.zeros(2, np.float32), 0.0, False, False, {}"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (f"assert not last, 'gone'\n        return {GOOD}", "failed to step: AssertionError: gone"),
        (f"return np.full(2, np.nan if last else 0, np.float32), {GOOD[24:]}", "not finite"),
        (
            f"return {GOOD.replace('0.0', 'np.nan if last else 0.0')}",
            "the reward is [nan], but must be finite",
        ),
        (f"return np.zeros(3 if last else 2, np.float32), {GOOD[24:]}", "Broken-v0"),
    ],
    ids=["raises", "nan observation", "nan reward", "wrong shape"],
)
def test_an_environment_that_fails_costs_nothing_that_was_learned(fault, said, tmp_path):
    (tmp_path / "broken.py").write_text(BROKEN.replace("FAULT", fault))
    done = run("train", "broken:Broken-v0", "--out", "run", *SMALL, cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    saved = max((tmp_path / "run" / "checkpoints").iterdir())
    # The 250th step failed: iterations 0 … 248 are saved (step 1 of 250 may be a reset).
    assert int(saved.name.removeprefix("iteration-")) in range(240, 250)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_help_is_grouped_and_as_wide_as_the_terminal(width, monkeypatch, capsys):
    from qlax.cli.commands import COMMANDS
    from qlax.cli.commands.core import GROUPS

    monkeypatch.setenv("COLUMNS", str(width))
    assert exit_code_of([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= max(width, 44) for line in lines)
    titles = [line[:-1] for line in lines if line.endswith(":") and line[0] != " "]
    assert titles == [title for title in GROUPS if title in titles]
    for name, command in COMMANDS.items():
        assert any(line.split()[:1] == [name] for line in lines)
        assert command.group in titles
        assert exit_code_of([name, "--help"]) == 0
        text = capsys.readouterr().out
        assert text.startswith(f"usage: qlax {name}")
        assert "\n\n\n" not in text


def test_every_option_has_a_text():
    from qlax.cli.commands import COMMANDS
    from qlax.cli.options import options_of

    for command in COMMANDS.values():
        for option in options_of(command):
            assert option.text.strip("() ").endswith(".") or "default" in option.text, option


def test_letters_that_an_encoding_lacks_are_spelt_out(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "qlax", "train", "MountianCar-v0", "--help"],
        cwd=tmp_path,
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        check=True,
    )
    assert b"usage: qlax train ENV" in done.stdout
    listed = subprocess.run(
        [sys.executable, "-m", "qlax", "runs", "--help"],
        cwd=tmp_path,
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        check=True,
    )
    assert b"usage: qlax runs [FOLDER...]" in listed.stdout
