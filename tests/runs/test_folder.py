"""Where a run goes, and what is written there."""

from pathlib import Path

import gymnasium
import pytest

import qlax
from qlax.runs.folder import new_folder


@pytest.mark.parametrize(
    ("env", "name"),
    [
        ("MountainCar-v0", "MountainCar-v0"),
        ("ALE/Pong-v5", "ALE-Pong-v5"),
        ("my_package:My/Game-v0", "My-Game-v0"),
        ("<lambda>", "lambda"),
        ("a b: c*", "c"),
        ("..", "environment"),
    ],
)
def test_folders_have_names_that_need_no_quotes(
    env: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with new_folder(None, env, "dqn", "seed-0") as folder:
        assert folder == Path("runs") / name / "dqn" / "seed-0"
    assert list(tmp_path.iterdir()) == []


def test_paths_begin_at_home_if_they_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    agent = qlax.presets.dqn().replace(learning_starts=50)
    run = qlax.train(
        lambda: gymnasium.make("CartPole-v1").unwrapped,
        agent.replace(time_limit=20),
        steps=100,
        eval_episodes=0,
        out="~/a",
    )
    assert run.folder == tmp_path / "home" / "a"
    policy = qlax.load("~/a")
    policy.save("~/b")
    assert qlax.load("~/b").spec == policy.spec
    qlax.film(policy, "~/play.gif", "CartPole-v1", seconds=0.2)
    qlax.resume("~/a", env=lambda: gymnasium.make("CartPole-v1").unwrapped)
    assert {"a", "b", "play.gif"} <= {path.name for path in (tmp_path / "home").iterdir()}
    assert not (tmp_path / "~").exists()


def test_a_folder_of_seeds_is_not_a_policy(tmp_path: Path) -> None:
    for seed in (10, 9):
        (tmp_path / f"seed-{seed}" / "policy").mkdir(parents=True)
    (tmp_path / "seed-x" / "policy").mkdir(parents=True)
    with pytest.raises(qlax.UsageError) as refused:
        qlax.load(tmp_path)
    folders = f"{tmp_path}/seed-9, {tmp_path}/seed-10"
    assert str(refused.value) == f"{tmp_path} is of several seeds: give one of {folders}."
