"""`qlax.push`: what is uploaded, and what is refused."""

import io
import json
import shutil

import numpy as np
import pytest
import yaml
from PIL import Image

import qlax
from qlax import UsageError
from qlax.cli.main import run as exit_code_of
from qlax.comparing.statistics import iqm
from qlax.hub.pushing import preview
from tests.runs import small

# The client's own way of uploading a large file.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

FILES = {
    ".gitattributes",
    "README.md",
    "best/evaluation.json",
    "best/params.npz",
    "best/policy.json",
    "config.json",
    "curve.png",
    "metrics.jsonl",
    "policy/params.npz",
    "policy/policy.json",
    "result.json",
}


def test_a_run_is_one_commit_of_data_without_checkpoints(hub, run):
    assert (run / "checkpoints").is_dir()
    pushed = qlax.push(run, "hf:me/car", film=False)
    assert set(hub.files("me/car")) == FILES
    assert {*pushed.files, ".gitattributes"} == FILES
    first, second = hub.repositories["me/car"].commits
    assert set(first[1]) == {".gitattributes"}
    assert second[0] == pushed.commit
    assert second[2] == "custom on CartPole-v1, 120 steps, seed 0"
    assert pushed.url == f"{hub.url}/me/car"
    assert hub.files("me/car")["policy/params.npz"] == (run / "policy/params.npz").read_bytes()


def test_a_film_is_uploaded_where_the_hub_looks_for_it(hub, run):
    qlax.push(run, "hf:me/car")
    files = hub.files("me/car")
    assert files["replay.mp4"][4:8] == b"ftyp"
    assert f"{hub.url}/me/car/resolve/main/replay.mp4" in files["README.md"].decode()


def test_the_card_says_what_hubs_read(pushed, run):
    head = yaml.safe_load(pushed["README.md"].decode().split("---")[1])
    assert head["library_name"] == "qlax"
    assert head["pipeline_tag"] == "reinforcement-learning"
    assert {"CartPole-v1", "qlax"} <= set(head["tags"])
    (index,) = head["model-index"]
    (result,) = index["results"]
    assert result["task"]["type"] == "reinforcement-learning"
    assert result["dataset"]["name"] == "CartPole-v1"
    evaluation = json.loads((run / "result.json").read_text())["eval"]
    told = {one["type"]: one["value"] for one in result["metrics"]}
    assert told["mean_reward"] == f"{evaluation['mean']:.2f} +/- {evaluation['std']:.2f}"
    assert told["iqm_reward"] == pytest.approx(float(iqm(evaluation["returns"])))


def test_the_card_says_what_people_read(pushed, run):
    text = pushed["README.md"].decode()
    assert "qlax watch hf:me/car" in text
    assert "qlax.train(" in text  # an agent without a name has no command
    assert qlax.__version__ in text
    assert "95 % interval" in text
    assert "one of 2 seeds" in text
    assert "![Learning curve](curve.png)" in text
    assert str(run.parent) not in text


@pytest.mark.exhaustive
def test_the_command_of_a_named_agent_is_on_the_card(hub, tmp_path):
    run = qlax.train("CartPole-v1", steps=300, seed=3, eval_episodes=0, out=tmp_path / "named")
    qlax.push(run, "hf:me/named", film=False)
    text = hub.files("me/named")["README.md"].decode()
    assert "qlax train CartPole-v1 --agent dqn --steps 300 --seed 3" in text
    assert "It was not evaluated." in text
    assert "model-index" not in text


def test_what_the_new_run_lacks_is_deleted(hub, run, pushed):
    assert "best/policy.json" in pushed
    shutil.rmtree(run / "best")
    qlax.push(run, "hf:me/car", film=False, message="without the best")
    assert set(hub.files("me/car")) == {one for one in FILES if not one.startswith("best/")}
    assert hub.repositories["me/car"].commits[-1][2] == "without the best"


def test_a_repository_can_be_private(hub, run):
    qlax.push(run, "hf:me/car", film=False, private=True)
    assert hub.repositories["me/car"].private


def test_a_preview_uploads_nothing(hub, run, tmp_path):
    names = preview(run, "hf:me/car", tmp_path / "seen", film=False)
    assert {*names, ".gitattributes"} == FILES
    assert (tmp_path / "seen" / "README.md").is_file()
    assert hub.asked == []
    with pytest.raises(UsageError, match="exists already"):
        preview(run, "hf:me/car", tmp_path / "seen", film=False)


def test_nothing_of_a_strangers_repository_is_touched(hub, run):
    hub.make("me/llm", {"model.safetensors": b"weights"})
    with pytest.raises(UsageError, match=r"holds 'model\.safetensors'.*push to another name"):
        qlax.push(run, "hf:me/llm", film=False)
    assert len(hub.repositories["me/llm"].commits) == 1


def test_a_change_by_somebody_else_is_not_overwritten(hub, run, pushed, monkeypatch):
    from qlax.hub import pushing

    gather = pushing._gather

    def slowly(*args):
        hub.repositories["me/car"].commit({**pushed, "README.md": b"---\na: 1\n---\nedited"})
        return gather(*args)

    monkeypatch.setattr(pushing, "_gather", slowly)
    with pytest.raises(UsageError, match="changed by somebody else"):
        qlax.push(run, "hf:me/car", film=False, message="again")
    assert hub.files("me/car")["README.md"].endswith(b"edited")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("me/car", "must be hf:USER/NAME"),
        ("hf:car", "must be hf:USER/NAME"),
        ("hf:me/car/policy", "must be hf:USER/NAME"),
        ("hf:../car", "must be hf:USER/NAME"),
        ("hf:me/c..r", "must be hf:USER/NAME"),
        ("hf:me/", "must be hf:USER/NAME"),
        ("hf:me/car@v1", "pushed to the main branch: give 'hf:me/car'"),
        (3, "address is 3"),
    ],
)
def test_addresses_that_are_none_are_refused(hub, run, address, said):
    with pytest.raises(UsageError, match=said):
        qlax.push(run, address)
    assert hub.asked == []


def test_who_is_not_logged_in_is_told_how(hub, run, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(UsageError, match=r"Nobody is logged in.*`hf auth login`"):
        qlax.push(run, "hf:me/car")
    assert hub.asked == []


@pytest.mark.parametrize(
    ("token", "to", "said"),
    [
        ("hf_old", "hf:me/car", "does not accept your token"),
        ("hf_guest", "hf:me/car", "may not do that with hf:me/car"),
        ("hf_me", "hf:you/car", "may not do that with hf:you/car"),
    ],
)
def test_who_may_not_write_is_told(hub, run, monkeypatch, token, to, said):
    monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(UsageError, match=said):
        qlax.push(run, to, film=False)
    assert hub.repositories == {}


@pytest.mark.parametrize("word", ["/preupload/", "/objects/batch", "/commit/"])
def test_a_hub_that_fails_midway_leaves_the_old_commit(hub, run, pushed, word):
    (run / "result.json").write_text((run / "result.json").read_text() + "\n")
    (run / "policy/params.npz").write_bytes((run / "best/params.npz").read_bytes())
    hub.large.clear()
    hub.faults[word] = 400
    with pytest.raises(UsageError, match="status 400"):
        qlax.push(run, "hf:me/car", film=False)
    assert hub.files("me/car") == pushed


def test_runs_that_cannot_be_pushed(hub, run, tmp_path):
    with pytest.raises(UsageError, match=r"holds several seeds: push one of them.*seed-0"):
        qlax.push(run.parent, "hf:me/car")
    (run / "result.json").unlink()
    with pytest.raises(UsageError, match="is not finished, it is unfinished"):
        qlax.push(run, "hf:me/car")
    with pytest.raises(UsageError, match="not there"):
        qlax.push(tmp_path / "nothing", "hf:me/car")
    assert hub.asked == []


def test_a_damaged_policy_is_not_pushed(hub, run):
    (run / "policy/params.npz").write_bytes(b"PK")
    with pytest.raises(UsageError, match="damaged"):
        qlax.push(run, "hf:me/car")
    assert hub.asked == []


@pytest.mark.exhaustive
def test_an_agent_with_parts_of_ones_own_is_pushed_and_pulled(hub, tmp_path):
    import flax.linen as nn

    class Own(nn.Module):
        @nn.compact
        def __call__(self, x):
            return nn.relu(nn.Dense(4)(x))

    agent = small.AGENT.replace(network=Own())
    run = qlax.train("CartPole-v1", agent, steps=60, eval_episodes=1, out=tmp_path / "own")
    qlax.push(run.folder, "hf:me/own", film=False)
    folder = qlax.pull("hf:me/own", tmp_path / "back")
    with pytest.raises(UsageError, match="part of your own"):
        qlax.load(folder)
    observation = np.zeros(4, np.float32)
    again = qlax.load(folder, agent)
    np.testing.assert_array_equal(again.q_values(observation), run.policy.q_values(observation))


def test_the_command_line_pushes_and_pulls(hub, run, tmp_path, capsys):
    assert exit_code_of(["push", str(run), "hf:me/car", "--no-film", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["commit"] == hub.repositories["me/car"].commits[-1][0]
    assert exit_code_of(["pull", "hf:me/car", "--json"]) == 0
    pulled = json.loads(capsys.readouterr().out)
    assert pulled == {"folder": "runs/hub/me/car", "commit": told["commit"]}
    assert exit_code_of(["eval", "hf:me/car", "--episodes", "2"]) == 0
    assert "CartPole-v1" in capsys.readouterr().out
    assert exit_code_of(["push", str(run), "hf:car"]) == 2
    assert capsys.readouterr().err.startswith("qlax: TO is 'hf:car', but must be hf:USER/NAME")


def test_the_curve_on_the_card_is_a_picture(pushed):
    with Image.open(io.BytesIO(pushed["curve.png"])) as picture:
        assert min(picture.size) > 100
