"""The generated pages are those that the docstrings make, and links lead somewhere."""

import functools
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest
from docs import generate

import qlax
from qlax import presets
from qlax.envs.worlds import WORLDS, world_named

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
GENERATED = [
    *map(Path, generate._SINGLE),
    *sorted(path.relative_to(DOCS) for files in generate._FOLDERS for path in DOCS.glob(files)),
]
WRITTEN = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "benchmarks" / "README.md"]
pages = functools.cache(generate.pages)


@pytest.mark.parametrize("path", GENERATED, ids=str)
def test_a_page_is_what_the_docstrings_make(path):
    assert (DOCS / path).read_text() == pages().get(path), "run `python docs/generate.py`"


def test_every_part_has_its_page():
    assert set(GENERATED) == set(pages())


@pytest.mark.parametrize("env", generate._WORLDS)
def test_the_agents_side_by_side_are_those_that_are_trained(env):
    world = world_named(env)
    if not world.is_installed:
        pytest.skip(f"{world.package} is not installed")
    assert generate.agent_in(env) == presets.resolve(env).agent


WITHOUT_EXTRAS = """
import sys
from pathlib import Path

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in %r:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
from docs import generate
for path, text in generate.pages().items():
    if (Path("docs") / path).read_text() != text:
        print(path)
"""


def test_pages_are_the_same_whatever_is_installed():
    extras = {world.package for world in WORLDS} - {"gymnasium", "qlax"}
    program = [sys.executable, "-c", WITHOUT_EXTRAS % extras]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


def test_every_named_agent_has_its_name_and_its_page():
    """Every function of the modules of `presets` that returns an agent; helpers are not public."""
    made = {
        name
        for module in pkgutil.iter_modules(presets.__path__)
        if module.name not in ("deep", "fitted", "fitting", "resolve")
        for name, found in vars(importlib.import_module(f"qlax.presets.{module.name}")).items()
        if inspect.isfunction(found)
        and found.__module__ == f"qlax.presets.{module.name}"
        and not name.startswith("_")
    }
    assert set(presets.AGENTS) == made
    assert set(presets.__all__) == made | {"AGENTS", "Preset", "fitted", "resolve"}
    index = (DOCS / "agents" / "README.md").read_text()
    for name in made:
        assert getattr(presets, name) is presets.AGENTS[name]
        assert (DOCS / "agents" / f"{name}.md").is_file()
        assert f"({name}.md)" in index


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)", path.read_text()):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_every_public_name_is_in_the_reference():
    from docs.reference import _GROUPS

    shown = {name for names in _GROUPS.values() for name in names}
    states = {"ActorState", "LearnerState", "TrainState"}  # what a part of one's own is given
    modules = {name for name in qlax.__all__ if inspect.ismodule(getattr(qlax, name))}
    assert shown == set(qlax.__all__) - states - modules - {"__version__"}
