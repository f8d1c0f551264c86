"""What progress shows of real runs, in every kind of place."""

import dataclasses
import io
import re

import pytest

import qlax
from qlax import observers
from qlax.observers.progress import with_progress
from qlax.observers.progress.course import Course, Curve
from qlax.observers.progress.panel import BEAUTIFUL, PLAIN, last_lines, panel
from qlax.runs import folder
from tests.runs import small
from tests.terminals import Terminal


class Kept(observers.Observer):
    """Keeps what a course is made of."""

    def __init__(self):
        self.reports = []

    def begin(self, event):
        self.beginning = event

    def report(self, event):
        self.reports.append(event)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    kept, written = Kept(), io.StringIO()
    qlax.train(
        "CartPole-v1",
        small.AGENT,
        steps=small.STEPS,
        eval_episodes=2,
        out=tmp_path_factory.mktemp("progress") / "run",
        observers=[kept, observers.Progress(written)],
    )
    return kept, written.getvalue()


def is_of_training_alone(row):
    """Return whether a row has no evaluation, but an episode of training."""
    return row["episode_return"] is not None and "eval_return" not in row


@pytest.fixture
def course(told):
    kept, _ = told
    made = Course(kept.beginning)
    made.advanced(0)
    made.reported(next(one for one in reversed(kept.reports) if is_of_training_alone(one.rows[0])))
    made.advanced(kept.reports[-1].env_steps)
    return made


def as_text(lines):
    return ["".join(span.text for span in line) for line in lines]


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("letters", [BEAUTIFUL, PLAIN])
def test_the_panel_fits_every_width(course, width, letters):
    shown = as_text(panel(course, width, letters))
    assert 3 <= len(shown) <= 6
    assert all(len(line) < width for line in shown)
    assert letters is BEAUTIFUL or all(line.isascii() for line in shown)


def test_everything_important_is_there_at_forty_columns(course):
    bar, returns, learning, speed = as_text(panel(course, 40))
    assert bar.startswith("training  ━")
    assert "100%" in bar
    assert returns.startswith("return    ")
    assert all(name in learning for name in ("ε 0.", "loss ", "Q "))
    assert "steps/s" in speed
    assert re.search(r"memory [\d.,]+ [MG]B", speed)


def test_evaluations_are_the_main_line_once_there_are_any(told):
    kept, _ = told
    last = kept.reports[-1]
    course = Course(kept.beginning)
    course.advanced(0)
    plain = {name: value for name, value in last.rows[0].items() if not name.startswith("eval_")}
    course.reported(dataclasses.replace(last, rows=(plain | {"episode_return": 20.0},)))
    assert "20  while exploring" in as_text(panel(course, 80))[1]
    course.reported(dataclasses.replace(last, rows=(plain | {"eval_return": 480.0},)))
    assert "480  solved  exploring" in as_text(panel(course, 80))[1]


def test_a_run_that_goes_on_shows_its_whole_curve(tmp_path):
    out, kept = tmp_path / "run", Kept()
    settings = {"out": out, "eval_episodes": 0}
    qlax.train("CartPole-v1", small.AGENT, steps=200, **settings)
    qlax.resume(out, steps=240, observers=[kept])
    course = Course(kept.beginning)
    rows = folder.read_metrics(out)
    earlier = [row for row in rows if row["env_steps"] <= 200]
    assert course.env_steps == 200
    assert course.returns.values == pytest.approx(
        [row["episode_return"] for row in earlier if row["episode_return"] is not None]
    )
    (out / "metrics.jsonl").unlink()
    assert Course(kept.beginning).returns.values == []


def test_nothing_is_left_of_a_run_that_never_began(told):
    kept, _ = told
    course = Course(kept.beginning)
    assert as_text(panel(course, 80)) == ["training  compiling …"]
    assert last_lines(course, 80) == []


def test_values_that_are_no_numbers_are_not_drawn():
    curve = Curve()
    for step, value in enumerate([1.0, None, float("nan"), float("inf"), 2.0]):
        curve.add(step, value)
    assert curve.points == [(0, 1.0), (4, 2.0)]


def test_a_curve_stays_small_and_covers_the_whole_run():
    curve = Curve()
    for step in range(50_000):
        curve.add(step, float(step))
    assert len(curve.points) <= 2_000
    assert curve.points[0][0] == 0
    assert curve.points[-1][0] > 49_000


def test_a_file_gets_plain_lines(told):
    _, written = told
    assert "\x1b" not in written
    assert written.splitlines()[0] == "training  custom on CartPole-v1"
    assert f"{small.STEPS}/{small.STEPS} steps  " in written


def test_an_encoding_without_greek_gets_words(tmp_path):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252", write_through=True)
    qlax.train(
        "CartPole-v1",
        small.AGENT,
        steps=100,
        eval_episodes=0,
        out=tmp_path / "run",
        observers=[observers.Progress(stream)],
    )
    written = stream.buffer.getvalue().decode("cp1252")
    assert "epsilon 0.9" in written
    assert "?" not in written


def test_progress_is_added_where_it_is_wanted_and_never_twice():
    own, other = observers.Progress(), observers.StopWhenSolved()
    assert with_progress([other], None) == [other]  # nobody looks at a test
    assert with_progress([other], False) == [other]
    assert with_progress([own], True) == [own]
    added, kept = with_progress([other], True)
    assert isinstance(added, observers.Progress)
    assert kept is other
    with pytest.raises(qlax.UsageError, match=r"progress is 'yes', but must be True, False or No"):
        with_progress([], "yes")
    with pytest.raises(qlax.UsageError, match="observers is 3"):
        with_progress(3, None)


SCRIPT = """
import qlax
from qlax.runs import folder
from tests.runs import small
run = qlax.train("CartPole-v1", small.AGENT, steps=small.STEPS, eval_episodes=2, out="run")
print("over")
"""


@pytest.mark.parametrize("colours", [True, False])
def test_a_program_on_a_terminal_shows_a_panel_that_leaves_two_lines(tmp_path, colours):
    terminal = Terminal(80, 12)
    root = __file__.rpartition("/tests/")[0]
    environment = {"PYTHONPATH": root} | ({} if colours else {"NO_COLOR": "1"})
    assert terminal.run(["-c", SCRIPT], tmp_path, **environment) == 0
    *_, bar, curve, over = terminal.lines
    assert bar.startswith("training  ━━━")
    assert "100%" in bar
    assert curve.startswith("return    ")
    assert over == "over"
    assert sum(line.startswith("training  ") for line in terminal.lines) == 2
    assert "compiling" in terminal.raw
    assert ("\x1b[36m" in terminal.raw) is colours


def test_seeds_that_follow_each_other_leave_a_line_each(tmp_path):
    script = SCRIPT.replace("train(", "train_seeds(").replace(
        'out="run"', "out='run', seeds=[3, 8], backend='gymnasium'"
    )
    terminal = Terminal(80, 24)
    root = __file__.rpartition("/tests/")[0]
    assert terminal.run(["-c", script], tmp_path, PYTHONPATH=root) == 0
    *_, first, second, over = terminal.lines
    assert first.startswith("seed 3    ")
    assert second.startswith("seed 8    ")
    assert over == "over"


@pytest.mark.parametrize("given", ["TERM=dumb", "progress=False"])
def test_no_panel_is_drawn_where_it_cannot_be_or_is_not_wanted(tmp_path, given):
    terminal = Terminal(80, 24)
    root = __file__.rpartition("/tests/")[0]
    script, environment = SCRIPT, {"PYTHONPATH": root}
    if given == "TERM=dumb":
        environment["TERM"] = "dumb"
    else:
        script = SCRIPT.replace('out="run"', 'out="run", progress=False')
    assert terminal.run(["-c", script], tmp_path, **environment) == 0
    assert "\x1b" not in terminal.raw
    if given == "TERM=dumb":
        assert "400/400 steps" in terminal.raw
    else:
        assert terminal.lines == ["over"]
