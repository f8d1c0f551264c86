"""Words put right, or refused with the option that is meant."""

from pathlib import Path

import pytest

from qlax.cli.commands import COMMANDS
from qlax.cli.main import run
from qlax.cli.words import whole_numbers
from qlax.errors import UsageError
from qlax.runs.folder import require_free
from qlax.wording import mean_of, significant


@pytest.mark.parametrize(
    ("words", "right"),
    [
        (["train", "E", "--steps", "1e5"], ["train", "E", "--steps", "100000"]),
        (["train", "E", "--steps=2.5e3"], ["train", "E", "--steps=2500"]),
        (["train", "E", "--steps", "10_000"], ["train", "E", "--steps", "10_000"]),
        (["train", "1e5", "--out", "1e5"], ["train", "1e5", "--out", "1e5"]),
    ],
)
def test_numbers_with_an_exponent_are_whole_numbers(words: list[str], right: list[str]) -> None:
    assert whole_numbers(words, COMMANDS["train"]) == right


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("trian CartPole-v1", "Did you mean train?"),
        ("CartPole-v1", "Did you mean `qlax train CartPole-v1`?"),
        ("enjoy here", "Did you mean `qlax watch RUN`?"),
        ("train CartPole-v1 dqn", "an agent is named by --agent dqn"),
        ("train CartPole-v1 --agents dqn", "Did you mean --agent?"),
        ("train CartPole-v1 --lr 1", "Did you mean --agent.optimizer.learning-rate?"),
        ("train CartPole-v1 --gamma=0.9", "Did you mean --agent.discount?"),
        ("train CartPole-v1 --batch_size 3", "Did you mean --agent.replay.batch-size?"),
        ("train CartPole-v1 --double", "Did you mean --agent.bootstrap double?"),
        ("train CartPole-v1 --gpu", "JAX takes the GPU if there is one"),
        ("train CartPole-v1 --render", "Did you mean `qlax watch RUN`"),
        ("train CartPole-v1 --verbose", "`qlax train` has --agent, --as-published,"),
        ("train CartPole-v1 --steps 10k", "must be a whole number, such as 10000."),
        ("train CartPole-v1 --steps 1000.5", "--steps is '1000.5'"),
        ("train CartPole-v1 --seeds 0,1,2", "--seeds is '0,1,2', but must be a whole number"),
        ("train CartPole-v1 --seed -1", "--seed is -1, but must be a whole number, at least 0."),
        ("train CartPole-v1 --agent double-dqn", "Did you mean double_dqn?"),
        ("train CartPole-v1 --agent.lr 1", "Did you mean --agent.optimizer.learning-rate?"),
        ("train CartPole-v1 --agent.optimiser sgd", "Did you mean --agent.optimizer?"),
        ("train CartPole-v1 --agent.replay prioritized", "Did you mean prioritised?"),
        (
            "train CartPole-v1 --agent.replay none",
            "--agent.replay is 'none', but must be one of dyna, latest, prioritised, rollout,",
        ),
        ("train CartPole-v1 --agent.replay", "--agent.replay needs one of dyna, latest,"),
        (
            "train CartPole-v1 --agent.replay.burn-in 1",
            "Uniform has no such field; --agent.replay sequences has it.",
        ),
        (
            "train CartPole-v1 --agent.memory.size 3",
            "it is none now; --agent.memory gru or lstm has it.",
        ),
        (
            "train CartPole-v1 --agent.explorer.duration 1",
            "--agent.explorer.duration is '1', but must be one of one-step, uniform, zeta.",
        ),
        ("train CartPole-v1 --agent.explorer noisy", "--agent.network.layer noisy"),
        ("train CartPole-v1 --agent.head qr", "Did you mean quantile-regression?"),
        ("train CartPole-v1 --agent.head.stream scalar", "There are dueling, plain."),
        (
            "train CartPole-v1 --agent.replay.capacity 1e1",
            "--agent.replay.batch-size is 64, but must be from 1 to the capacity (10).",
        ),
        ("train CartPole-v1 --agent.network per-key", "make the agent in Python"),
        ("envs --search cart", "`qlax envs` has --json."),
        ("eval CartPole-v1", "CartPole-v1 is not there."),
        ("train", "`qlax train` needs ENV: Gymnasium's id of the environment, such as"),
        ("eval --episodes 3", "`qlax eval` needs RUN: the run's folder, or that of several"),
        (
            "resume here --agent.discount 1",
            "does not take --agent.discount, as `qlax train`, `qlax tune` and `qlax config` would.",
        ),
        ("train LunarLander-v3 --backend gymnax", "Use --backend gymnasium or --backend auto."),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Box2D's, which crash as errors
def test_what_people_may_try_leads_to_what_there_is(
    words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words.split()) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("mean", "std", "count", "text"),
    [(0.803, 0.4, 100, "0.803"), (-0.06, 0.95, 100, "-0.060"), (-99.04, 8.0, 100, "-99.0")],
)
def test_a_mean_has_the_digits_its_error_leaves(
    mean: float, std: float, count: int, text: str
) -> None:
    assert mean_of(mean, std, count) == text


def test_a_small_spread_keeps_two_digits() -> None:
    assert (significant(0.397), significant(12.34), significant(0.0)) == ("0.40", "12.3", "0.0")


def test_an_ordinary_folder_is_not_a_run_to_go_on_with(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(UsageError) as refused:
        require_free(tmp_path)
    assert "resume" not in str(refused.value)
