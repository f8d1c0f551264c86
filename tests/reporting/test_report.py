"""The page: what is on it, that it needs nothing else, and that it stays small."""

import base64
import html.parser
import io
import json
import re

import matplotlib.image
import pytest

import qlax
from qlax.cli.main import run as exit_code_of
from qlax.errors import UsageError
from qlax.reporting import media
from qlax.reporting.report import LARGEST, report, write_report
from qlax.reporting.reproducing import recipe_of
from qlax.runs.saved import read_run
from tests.comparing.made import made_run, made_seeds
from tests.comparing.test_foreign import OTHERS
from tests.runs.small import AGENT

VOID = {"meta", "img", "link", "br", "path", "use", "rect"}


class Page(html.parser.HTMLParser):
    """The elements of a page; fails where one is not closed."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.words = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report") / "run"
    return qlax.train("MountainCar-v0", AGENT, steps=300, eval_episodes=3, out=folder).folder


@pytest.fixture(scope="module")
def page(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "x.html"
    written = write_report(trained, path, values=False)
    assert written.size == path.stat().st_size < LARGEST
    return path.read_text()


def test_a_page_says_what_it_is_and_shows_curves_evaluation_film_and_cost(page):
    found = Page(page)
    heads = [tag for tag, _ in found.elements if re.fullmatch("h[1-6]", tag)]
    assert heads[0] == "h1"
    assert heads.count("h1") == 1
    for said in ("To do it again", "Settings", "Evaluation", "The agent at play", "Cost"):
        assert said in found.text
    assert "MountainCar-v0" in found.text
    assert re.search(r"takes [\d.]+ kB of memory, of which the replay [\d.]+ kB", found.text)
    assert len(found.all("svg")) == 3
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in found.all("svg"))


def test_a_page_fetches_nothing_and_every_picture_has_a_text(page):
    found = Page(page)
    images = found.all("img")
    assert len(images) == 1
    assert all(image["src"].startswith("data:") and image["alt"] for image in images)
    assert not {"script", "link", "iframe"} & {tag for tag, _ in found.elements}
    outside = re.findall(r'(?:src|href)="(?!data:|#)[^"]*"|url\((?!#)[^)]*\)|@import', page)
    assert outside == []
    (policy,) = [meta for meta in found.all("meta") if "http-equiv" in meta]
    assert "default-src 'none'" in policy["content"]


def test_ids_are_unique_and_links_lead_somewhere(trained, tmp_path):
    made_seeds(tmp_path / "runs" / "c51", [100, 120], agent="c51")
    made_seeds(tmp_path / "runs" / "dqn", [400, 420])
    page = Page(
        report(tmp_path / "runs", tmp_path / "x.html", film=False, values=False).read_text()
    )
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {link["href"].removeprefix("#") for link in page.all("a")}
    assert targets <= set(ids)
    assert "2 seeds cannot tell dqn and c51 apart" in page.text


def test_colours_follow_the_page_in_the_dark(page):
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    svg = page[page.index("<svg") : page.index("</svg>")]
    assert "var(--ink)" in svg
    assert "#1f2933" not in svg


def test_values_are_shown_as_explain_draws_them(trained, tmp_path):
    path = report(trained, tmp_path / "x.html", film=False)
    images = Page(path.read_text()).all("img")
    assert images
    assert all(image["src"].startswith("data:image/webp;base64,") for image in images)
    data = base64.b64decode(images[0]["src"].partition(",")[2])
    assert matplotlib.image.imread(io.BytesIO(data), format="webp").shape[1] <= 1_100


def test_a_film_that_is_too_large_is_made_smaller_or_left_out(trained, monkeypatch):
    monkeypatch.setattr(media, "_SIZES", ((120, 1.0), (60, 0.5)))
    run = read_run(trained)
    whole = media.media_of(run, media.Budget(LARGEST), film=True, values=False)
    size = len(whole.film.source)
    smaller = media.media_of(run, media.Budget(size - 1), film=True, values=False)
    assert len(smaller.film.source) < size
    none = media.media_of(run, media.Budget(100), film=True, values=False)
    assert none.film is None
    assert "too large" in none.notes[0]


def test_everything_from_files_is_escaped(tmp_path):
    wicked = "<script>alert('x')</script>&\""
    made_run(tmp_path / "a", final=3, agent=wicked, env=f"{wicked}-v0")
    path = report(tmp_path, tmp_path / "x.html", film=False, values=False)
    page = Page(path.read_text())
    assert "script" not in {tag for tag, _ in page.elements}
    assert "<script>alert('x')</script>" in page.text


def test_the_command_on_the_page_trains_the_same_agent(tmp_path):
    agent = qlax.presets.dqn(env="CartPole-v1")
    made_run(tmp_path / "a", final=3, setting=agent)
    recipe = recipe_of([read_run(tmp_path / "a")])
    expected = "qlax train CartPole-v1 --agent dqn --steps 1000 --seed 0 --backend jax"
    assert recipe.command == expected
    assert recipe.overrides == ()
    network = qlax.networks.MLP(hidden=(32, 16))
    changed = agent.replace(discount=0.9, network=network, target=qlax.targets.Online())
    made_run(tmp_path / "b", final=3, setting=changed, seed=4, env_kwargs={"sutton": True})
    recipe = recipe_of([read_run(tmp_path / "b")])
    for words in ("--agent.discount 0.9", "--agent.network.hidden 32 16", "--env.sutton true"):
        assert words in recipe.command
    assert "--agent.target online" in recipe.command
    assert {entry.field for entry in recipe.overrides} == {"discount", "network.hidden", "target"}
    names = dict(vars(qlax)) | {name: getattr(qlax, name) for name in qlax.__all__}
    (line,) = [line for line in recipe.python.splitlines() if line.startswith("agent = ")]
    assert eval(line.removeprefix("agent = "), names) == changed


def test_an_environment_of_the_users_own_is_said_to_be_one(tmp_path):
    made_run(tmp_path / "a", final=3, env={"custom": "Own"}, setting=AGENT)
    recipe = recipe_of([read_run(tmp_path / "a")])
    assert recipe.command is None
    assert "agent = Agent(" in recipe.python
    assert "qlax.train(env, agent, seed=0" in recipe.python
    written = write_report(tmp_path, tmp_path / "x.html")
    (note,) = written.notes
    assert note.startswith("Own is an environment of the user's own")


def test_several_seeds_are_one_command(tmp_path):
    agent = qlax.presets.dqn(env="CartPole-v1")
    runs = [made_run(tmp_path / f"{seed}", final=3, seed=seed, setting=agent) for seed in (3, 4, 5)]
    recipe = recipe_of([read_run(run) for run in runs])
    assert "--seed 3 --seeds 3" in recipe.command
    assert "train_seeds('CartPole-v1', 'dqn', seeds=[3, 4, 5]" in recipe.python


def test_an_agent_without_a_name_is_written_out_in_python(tmp_path):
    made_run(tmp_path / "a", final=3, agent="mine", setting=AGENT)
    recipe = recipe_of([read_run(tmp_path / "a")])
    assert recipe.command is None
    assert repr(AGENT) in recipe.python


def test_unfinished_failed_and_foreign_runs_have_pages_too(tmp_path):
    made_run(tmp_path / "half", until=500)
    failed = made_run(tmp_path / "failed", until=300, seed=1)
    failure = {"kind": "RuntimeError", "message": "the roof fell in", "traceback": "…"}
    (failed / "failure.json").write_text(json.dumps(failure))
    written = write_report([tmp_path, OTHERS / "sb3"], tmp_path / "x.html")
    page = Page((tmp_path / "x.html").read_text())
    assert "Deep Q-network" in page.text or "DQN" in page.text
    assert "Seed 0 did not finish" in page.text
    assert "Seed 1 failed: RuntimeError: the roof fell in" in page.text
    assert "dqn (SB3) on CartPole-v1" in page.text
    assert any("There is no film" in note for note in written.notes)


@pytest.mark.parametrize(
    ("file", "path", "value"),
    [
        ("config.json", ("agent", "reward", "type"), {}),
        ("config.json", ("spec",), [1]),
        ("config.json", ("versions",), 3),
        ("config.json", ("fitted",), ["x"]),
        ("result.json", ("eval", "mean"), 1e308),
        ("result.json", ("eval", "std"), None),
        ("result.json", ("eval", "episodes"), []),
        ("result.json", ("eval", "returns"), ["x", 1e308]),
        ("result.json", ("train_seconds",), "long"),
    ],
)
def test_a_file_that_somebody_changed_costs_what_it_says_and_no_more(file, path, value, tmp_path):
    folder = made_run(tmp_path / "a", final=3)
    made_run(tmp_path / "b", final=4, seed=1)
    document = json.loads((folder / file).read_text())
    inner = document
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    (folder / file).write_text(json.dumps(document))
    write_report(tmp_path, tmp_path / "x.html", film=False, values=False)
    assert "4.0" in Page((tmp_path / "x.html").read_text()).text


def test_damaged_runs_are_named_on_the_page(tmp_path):
    made_run(tmp_path / "good", final=3)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "config.json").write_text("{")
    written = write_report(tmp_path, tmp_path / "x.html", film=False, values=False)
    assert any("bad" in note for note in written.notes)
    assert "bad" in Page((tmp_path / "x.html").read_text()).text


@pytest.mark.parametrize(
    ("name", "said"), [("x.pdf", "must end in .html"), ("a/b.html", "written")]
)
def test_where_a_page_cannot_go_is_refused(name, said, tmp_path):
    made_run(tmp_path / "run", final=3)
    (tmp_path / "a").write_text("a file")
    with pytest.raises(UsageError, match=said):
        report(tmp_path / "run", tmp_path / name, film=False, values=False)


def test_the_command_says_where_the_page_is(tmp_path, capsys):
    made_run(tmp_path / "run", final=3)
    words = ["report", str(tmp_path / "run"), "--no-film", "--no-values"]
    out = str(tmp_path / "x.html")
    assert exit_code_of([*words, "--out", out]) == 0
    assert capsys.readouterr().out.strip() == out
    assert exit_code_of([*words, "--out", out, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bytes"] < LARGEST
    assert exit_code_of([*words, "--out", "x.txt"]) == 2
    assert "--out is 'x.txt'" in capsys.readouterr().err
