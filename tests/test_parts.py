"""The table of parts is complete, and what is in it can be written down and read back."""

import importlib
import inspect
import json
import pkgutil

import flax.linen as nn
import pytest

import qlax
from qlax import config
from tests.parts import BY_MODULE, ROWS

PARTS = [(module, row.part) for module, row in ROWS]


@pytest.mark.parametrize("module", sorted(set(config.PART_MODULES) - {"agent", "spaces"}))
def test_every_part_of_a_module_has_a_row(module):
    assert {type(row.part).__name__ for row in BY_MODULE[module]} == set(
        config.part_classes(module)
    )


@pytest.mark.parametrize("module", sorted(set(config.PART_MODULES) - {"agent", "spaces"}))
def test_every_part_has_a_public_name(module):
    """A part in a file of its own is one of its folder's names, or nobody could use it.

    A Flax module is a part if it checks its fields; the others are what parts are built from.
    """
    package = importlib.import_module(f"qlax.{module}")
    files = [
        importlib.import_module(f"qlax.{module}.{found.name}")
        for found in pkgutil.iter_modules(getattr(package, "__path__", []))
    ]
    parts = {
        name
        for file in files
        for name, found in vars(file).items()
        if config.is_part_class(found)
        and found.__module__ == file.__name__
        and not name.startswith("_")
        and (not issubclass(found, nn.Module) or "check_types(self)" in inspect.getsource(found))
    }
    assert parts <= set(config.part_classes(module))


def namespace():
    names = {}
    exec("from qlax import *", names)  # what a reader of a repr would do
    return names


@pytest.mark.parametrize(("module", "part"), PARTS, ids=lambda value: config.pasteable(value))
def test_a_part_can_be_pasted_back(module, part):
    text = config.pasteable(part)
    assert text.startswith(f"{module}.{type(part).__name__}(")
    assert eval(text, namespace()) == part


@pytest.mark.parametrize(("module", "part"), PARTS, ids=lambda value: config.pasteable(value))
def test_a_part_survives_json(module, part):
    assert config.from_json(json.loads(json.dumps(config.to_json(part)))) == part


@pytest.mark.parametrize(("module", "part"), PARTS, ids=lambda value: config.pasteable(value))
def test_a_part_is_frozen_and_hashable(module, part):
    assert hash(part) == hash(eval(config.pasteable(part), namespace()))
    for field in config.fields_of(part):
        with pytest.raises(AttributeError):
            setattr(part, field.name, None)


def test_everything_public_is_there_and_nothing_else():
    assert set(dir(qlax)) == set(qlax.__all__)
    for name in qlax.__all__:
        assert getattr(qlax, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        qlax.no_such_name  # noqa: B018
