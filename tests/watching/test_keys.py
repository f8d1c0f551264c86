"""Keys and the actions that they stand for."""

import pytest

from qlax import UsageError
from qlax.spaces import Box, EnvSpec
from qlax.watching.keys import keys_of


class World:
    """An environment with attributes, as Gymnasium's wrappers give them."""

    def __init__(self, **attributes):
        self._attributes = attributes

    def get_wrapper_attr(self, name):
        try:
            return self._attributes[name]
        except KeyError:
            raise AttributeError(name) from None


def spec_of(identity, actions, first=0):
    box = Box((2,), "float32", -1.0, 1.0)
    return EnvSpec(id=identity, observation=box, num_actions=actions, first_action=first)


def keys(identity, names, first=0, **attributes):
    return keys_of(World(**attributes), spec_of(identity, len(names), first), names)


def action(found, *held):
    return found.action(frozenset(held))


@pytest.mark.parametrize(
    "own",
    [
        {("w",): 1, ("w", " "): 2, (): 0},
        {"w": 1, "w ": 2, "": 0},
        {(ord("w"),): 1, (ord("w"), ord(" ")): 2, (): 0},
    ],
    ids=["letters", "text", "numbers"],
)
def test_an_environments_own_keys_are_taken_in_every_form_that_gymnasium_has(own):
    found = keys("Own-v0", ("0", "1", "2"), get_keys_to_action=lambda: own)
    assert (found.idle, found.at_once) == (0, True)
    assert action(found, "w") == 1
    assert action(found, "w", "space", "p") == 2
    assert action(found, "up") == 1  # for hands used to arrows
    assert action(found, "p") is None
    assert action(found) is None


def test_numbers_that_pygame_gave_arrows_are_arrows():
    own = {(276,): 0, (275,): 2, (1073741906,): 1}
    found = keys("Own-v0", ("a", "b", "c"), get_keys_to_action=lambda: own)
    assert [action(found, key) for key in ("left", "right", "up")] == [0, 2, 1]


@pytest.mark.parametrize(
    "own",
    [lambda: {("a",): 7}, lambda: 3, lambda: {}, lambda: {("a",): "x"}, 5],
    ids=["an action too many", "a number", "nothing", "a text", "no function"],
)
def test_own_keys_that_make_no_sense_are_passed_over(own):
    found = keys("Own-v0", ("p", "q"), get_keys_to_action=own)
    assert [action(found, "0"), action(found, "1")] == [0, 1]


def test_names_of_actions_suggest_arrows_and_idling():
    names = ("none", "left", "right fire")
    found = keys("Own-v0", names, first=5)
    assert (found.idle, found.at_once) == (5, True)
    assert action(found, "left") == 6
    assert action(found, "right", "space") == 7
    assert found.labels(spec_of("Own-v0", 3, 5), names) == (
        "none",
        "←  left",
        "→+space  right fire",
    )


def test_names_that_do_not_tell_actions_apart_leave_digits():
    names = ("turn left", "move left")
    found = keys("Own-v0", names)
    assert [action(found, "0"), action(found, "1")] == [0, 1]
    assert not found.at_once
    assert found.labels(spec_of("Own-v0", 2), names) == ("0  turn left", "1  move left")
    assert found.labels(spec_of("Own-v0", 2), ("0", "1")) == ("0", "1")


def test_time_goes_on_in_carts_and_stands_still_in_grids():
    assert keys("CartPole-v1", ("left", "right")).at_once
    assert not keys("FrozenLake-v1", ("left", "down", "right", "up")).at_once


def test_more_actions_than_keys_are_refused():
    with pytest.raises(UsageError, match=r"Own-v0 has 99 actions, more than there are keys \(36\)"):
        keys("Own-v0", tuple(map(str, range(99))))
