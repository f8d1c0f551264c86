"""The table of parts is complete, and what is in it can be written down and read back."""

import json

import pytest

import qlax
from qlax import config
from tests.parts import BY_MODULE

ROWS = [(module, part) for module, rows in BY_MODULE.items() for part in rows]


@pytest.mark.parametrize("module", sorted(set(config.PART_MODULES) - {"agent", "spaces"}))
def test_every_part_of_a_module_has_a_row(module):
    assert {type(part).__name__ for part in BY_MODULE[module]} == set(config.part_classes(module))


def namespace():
    names = {}
    exec("from qlax import *", names)  # what a reader of a repr would do
    return names


@pytest.mark.parametrize(("module", "part"), ROWS, ids=lambda value: config.pasteable(value))
def test_a_part_can_be_pasted_back(module, part):
    text = config.pasteable(part)
    assert text.startswith(f"{module}.{type(part).__name__}(")
    assert eval(text, namespace()) == part


@pytest.mark.parametrize(("module", "part"), ROWS, ids=lambda value: config.pasteable(value))
def test_a_part_survives_json(module, part):
    assert config.from_json(json.loads(json.dumps(config.to_json(part)))) == part


@pytest.mark.parametrize(("module", "part"), ROWS, ids=lambda value: config.pasteable(value))
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
