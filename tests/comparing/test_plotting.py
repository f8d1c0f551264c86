"""Learning curves: what is drawn, what is left out, and what is refused."""

import json

import numpy as np
import pytest

import qlax
from qlax.cli.main import run as exit_code_of
from qlax.comparing.panels import Wanted
from qlax.comparing.plotting import curves_of, plot
from qlax.errors import UsageError

from .made import made_run, made_seeds
from .test_foreign import OTHERS


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    made_seeds(folder / "CartPole-v1" / "dqn", [400, 450, 500])
    made_seeds(folder / "CartPole-v1" / "c51", [300, 350], agent="c51", every=70)
    made_seeds(folder / "Acrobot-v1" / "dqn", [-80, -90], env="Acrobot-v1", threshold=-100.0)
    return folder


def test_a_panel_an_environment_a_colour_an_agent_and_a_legend_outside(runs, tmp_path):
    figure = plot(runs, tmp_path / "all.svg")
    acrobot, cartpole = figure.axes
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Acrobot-v1", "CartPole-v1"]
    colours = {line.get_label(): line.get_color() for line in cartpole.lines}
    assert colours["dqn"] == acrobot.lines[0].get_color() != colours["c51"]
    (legend,) = figure.legends
    said = {text.get_text() for text in legend.get_texts()}
    assert said == {"dqn (2 to 3 seeds)", "c51 (2 seeds)"}
    assert (tmp_path / "all.svg").read_text().startswith("<?xml")
    assert figure._repr_png_().startswith(b"\x89PNG")  # what a notebook shows


def test_evaluations_are_the_main_line_and_training_the_thin_one(runs):
    (panel,) = curves_of(runs / "CartPole-v1" / "dqn", Wanted()).panels
    drawn = panel.agents["dqn"]
    assert drawn.measure == "eval_return"
    assert drawn.main.middle[-1] == 450.0
    assert drawn.thin.middle[-1] == 225.0
    (panel,) = curves_of(runs / "CartPole-v1" / "dqn", Wanted(x="seconds", y="loss")).panels
    assert panel.agents["dqn"].main.x[-1] == 10.0
    assert panel.agents["dqn"].thin is None
    assert panel.threshold is None


def test_runs_without_evaluations_are_drawn_by_training_returns(tmp_path):
    made_seeds(tmp_path / "old", [100, 200], evaluations=False)
    (panel,) = curves_of(tmp_path, Wanted()).panels
    assert panel.agents["dqn"].measure == "episode_return"


def test_the_band_ends_where_an_unfinished_seed_ends(tmp_path):
    made_run(tmp_path / "a", seed=0, final=400)
    made_run(tmp_path / "b", seed=1, until=500)
    (panel,) = curves_of(tmp_path, Wanted()).panels
    curve = panel.agents["dqn"].main
    assert np.isfinite(curve.low[curve.x <= 500]).all()
    assert np.isnan(curve.low[curve.x > 500]).all()
    figure = plot(tmp_path, band="range")
    assert any(line.get_linestyle() == ":" for line in figure.axes[0].lines)


def test_damaged_and_foreign_runs_do_not_keep_others_from_being_drawn(runs, tmp_path):
    made_run(tmp_path / "good", final=100)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "config.json").write_text("{")
    words = made_run(tmp_path / "words", seed=1, final=1)
    (words / "metrics.jsonl").write_text('{"format": 1, "env_steps": "many"}\n')
    with (tmp_path / "good" / "metrics.jsonl").open("a") as file:
        file.write('{"format": 1, "env_st')
    curves = curves_of([tmp_path, OTHERS], Wanted())
    names = {agent for panel in curves.panels for agent in panel.agents}
    assert names == {"dqn", "dqn (SB3)", "dqn (CleanRL)", "workers (SB3)"}
    assert sum("bad" in note for note in curves.notes) == 1
    assert sum("words" in note for note in curves.notes) == 1
    assert sum("tianshou" in note for note in curves.notes) == 1


def test_agents_of_one_name_with_other_settings_are_told_apart(tmp_path):
    made_run(tmp_path / "a", final=1)
    made_run(tmp_path / "b", final=1, setting=qlax.Agent(discount=0.9))
    made_run(tmp_path / "c", final=1, steps=2000, setting=qlax.Agent(discount=0.9))
    (panel,) = curves_of(tmp_path, Wanted()).panels
    assert set(panel.agents) == {
        "dqn (discount 0.99, 1,000 steps)",
        "dqn (discount 0.9, 1,000 steps)",
        "dqn (discount 0.9, 2,000 steps)",
    }


def test_a_seed_that_is_there_twice_counts_once(tmp_path):
    made_run(tmp_path / "a", final=1)
    made_run(tmp_path / "b", until=500)
    curves = curves_of([tmp_path, tmp_path / "a"], Wanted())
    assert curves.panels[0].agents["dqn"].main.seeds == 1
    (note, _) = curves.notes
    assert note.endswith(f"b is left out: it repeats seed 0 of {tmp_path / 'a'}.")


def test_arguments_of_the_environment_make_it_another(tmp_path):
    made_run(tmp_path / "a", final=1)
    made_run(tmp_path / "b", final=1, env_kwargs={"sutton": True})
    curves = curves_of(tmp_path, Wanted())
    assert [panel.env for panel in curves.panels] == ["CartPole-v1", "CartPole-v1(sutton=True)"]


def test_names_can_be_given(runs):
    curves = curves_of({"mine": runs / "CartPole-v1" / "dqn", "SB3": OTHERS / "sb3"}, Wanted())
    assert set(curves.panels[0].agents) == {"mine", "SB3"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"y": "lss"}, "Did you mean loss"),
        ({"x": "hours"}, "one of steps, updates, seconds"),
        ({"y": 3}, "name of a metric"),
        ({"band": "wide"}, "must be one of"),
        ({"path": "x.pdf"}, "must end in one of"),
        ({"runs": []}, "at least one"),
        ({"runs": 3}, "folders or files"),
        ({"runs": [3]}, "folders or files"),
        ({"runs": "nowhere"}, "is not there"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(runs, wrong, said):
    with pytest.raises(UsageError, match=said):
        plot(**{"runs": runs, **wrong})


def test_a_folder_without_runs_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(UsageError, match="holds no runs"):
        plot(tmp_path)


def test_one_seed_is_drawn_with_a_warning_that_there_is_no_band(tmp_path):
    made_run(tmp_path / "a", final=1)
    with pytest.warns(UserWarning, match="is one seed: there is no band"):
        plot(tmp_path)


def test_the_command_writes_a_picture_or_json(runs, tmp_path, capsys):
    out = tmp_path / "x.png"
    named = f"mine={runs / 'CartPole-v1' / 'c51'}"
    assert exit_code_of(["plot", named, str(runs / "Acrobot-v1"), "--out", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert out.stat().st_size > 10_000
    assert exit_code_of(["plot", named, "--out", str(out), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    curve = document["envs"]["CartPole-v1"]["mine"]
    assert curve["seeds"] == 2
    assert len(curve["x"]) == len(curve["low"]) == len(curve["count"])


def test_the_command_refuses_in_its_own_words(runs, tmp_path, capsys):
    assert exit_code_of(["plot", str(runs), "--y", "lss", "--out", str(tmp_path / "x.png")]) == 2
    assert capsys.readouterr().err.startswith("qlax: --y is 'lss'")
    assert exit_code_of(["plot"]) == 2
    assert "RUN…" in capsys.readouterr().err
