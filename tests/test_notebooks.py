"""What notebooks show: pieces of HTML that are whole and escaped, in a real notebook too."""

from html.parser import HTMLParser

import numpy as np
import pytest
from flax import linen as nn

import qlax
from qlax.notebooks.curve import curve, finite
from qlax.presets import AGENTS
from tests.runs import small


class Checked(HTMLParser):
    """Keeps the text of HTML whose elements are all closed, in their order."""

    def __init__(self):
        super().__init__()
        self.open, self.text, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(html):
    parser = Checked()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    assert "script" not in parser.tags
    return " ".join(parser.text)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("notebooks") / "a run & more"
    return qlax.train("CartPole-v1", small.AGENT, steps=small.STEPS, eval_episodes=4, out=out)


def test_a_run_shows_its_result_its_curve_and_what_comes_next(run):
    html = run._repr_html_()
    text = read(html)
    assert "custom on CartPole-v1, seed 0" in text
    assert "not solved : mean return" in text.replace("not solved:", "not solved :")
    assert "threshold 475" in text
    assert "<svg" in html
    assert f"qlax.load({str(run.folder)!r})" in text
    assert "qlax eval '" in text  # the folder has blanks
    assert len(repr(run)) < 200


def test_a_run_whose_folder_is_gone_is_still_shown(run, tmp_path):
    gone = qlax.Run(tmp_path / "gone", run.result, run.policy)
    assert "<svg" not in gone._repr_html_()
    assert "custom on CartPole-v1" in read(gone._repr_html_())


def test_a_policy_says_what_it_is_for(run):
    text = read(run.policy._repr_html_())
    assert "Policy for CartPole-v1" in text
    assert "actions 2" in text
    assert "networks.MLP(hidden=(8,))" in text


def test_an_evaluation_shows_how_returns_are_distributed(run):
    evaluation = qlax.evaluate(run.policy, episodes=4)
    html = evaluation._repr_html_()
    assert "4, seeds from 1,000,000 on" in read(html)
    assert "returns=" not in repr(evaluation)
    assert ("<rect" in html) is (evaluation.max > evaluation.min)


@pytest.mark.parametrize("name", AGENTS)
def test_every_agent_shows_all_of_its_parts(name):
    agent = AGENTS[name]()
    text = read(agent._repr_html_())
    assert all(slot in text for slot in ("network", "bootstrap", "replay", "discount"))
    assert len(agent._repr_html_()) < 40_000


class Odd(nn.Module):
    """A network of the user's own, whose text would be HTML."""

    note: str = "<b>bold</b> & 'quoted'"

    @nn.compact
    def __call__(self, observation):
        return nn.Dense(4)(observation)


def test_what_users_write_is_escaped():
    html = small.AGENT.replace(network=Odd())._repr_html_()
    assert "<b>bold" not in html
    assert "<b>bold</b> & 'quoted'" in read(html).replace('"', "")


@pytest.mark.parametrize(
    "points", [[], [(0, 1.0)], [(0, 1.0), (10, 1.0)], [(step, step**2) for step in range(5_000)]]
)
def test_a_curve_of_any_length_is_a_small_picture(points):
    html = curve(points, points, until=5_000, threshold=2.0, said="returns")
    read(html)
    assert len(html) < 15_000
    assert "nan" not in html.replace("dominant", "")


def test_values_that_are_no_numbers_are_left_out():
    points = [(0, 1.0), (1, None), (2, np.nan), (3, np.inf), (4, 2.0)]
    assert finite(points) == [(0, 1.0), (4, 2.0)]


CELLS = (
    "import qlax; from tests.runs import small",
    "run = qlax.train('CartPole-v1', small.AGENT, steps=400, eval_episodes=2, out='run')",
    "run",
    "run.policy.agent",
    "qlax.train('CartPole-v1', small.AGENT, steps=80, eval_episodes=0, out='b', progress=False);",
)


@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore")  # those of the kernel
def test_a_notebook_shows_one_figure_that_changes_and_rich_results(tmp_path, monkeypatch):
    import nbclient
    import nbformat

    monkeypatch.setenv("PYTHONPATH", __file__.rpartition("/tests/")[0])
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    _, trained, shown, agent, silent = notebook.cells
    (figure,) = [one for one in trained.outputs if one.output_type != "stream"]
    assert "100% · 400/400 steps" in read(figure.data["text/html"])
    assert "custom on CartPole-v1" in figure.data["text/plain"]
    assert [one.name for one in trained.outputs if one.output_type == "stream"] == []
    assert "CartPole-v1, seed 0" in read(shown.outputs[0].data["text/html"])
    assert shown.outputs[0].data["text/plain"] == "Run('run')"
    assert "networks.MLP" in read(agent.outputs[0].data["text/html"])
    assert silent.outputs == []
