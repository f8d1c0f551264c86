"""Policies from strangers: whatever their files hold, they are read or refused in a sentence."""

import json
import math
import random
import shutil
import zipfile

import numpy as np
import pytest

import qlax
from qlax import Agent, UsageError, explorers, heads, memories, networks, replay
from qlax.config import from_json
from qlax.spaces import Box, Composite, Discrete, EnvSpec
from tests.runs import small

AGENTS = {
    "MLP": small.AGENT,
    "C51 and LSTM": Agent(
        network=networks.MLP(hidden=(4,)),
        memory=memories.LSTM(size=4),
        head=heads.C51(atoms=5, low=-1.0, high=1.0),
        explorer=explorers.EpsilonGreedy(epsilon=0.5),
        replay=replay.Sequences(capacity=100, batch_size=2, length=2),
        learning_starts=50,
    ),
    "tiles": qlax.presets.tile_coding().replace(
        network=networks.TileCoding(tilings=2, tiles=3, low=(-1.0,) * 4, high=(1.0,) * 4)
    ),
}


@pytest.fixture(scope="module", name="folders")
def _folders(tmp_path_factory):
    """A sound policy of each agent."""
    folders = {}
    for name, agent in AGENTS.items():
        path = tmp_path_factory.mktemp("sound") / "run"
        qlax.train("CartPole-v1", agent, steps=60, eval_episodes=0, out=path)
        folders[name] = path / "policy"
    return folders


DEEP: list = []
for _ in range(60):
    DEEP = [DEEP]
STRANGE = [
    None,
    True,
    -1,
    0,
    1,
    2.5,
    -0.0,
    1e308,
    2**31,
    2**62,
    2**63,
    10**30,
    "",
    "x",
    "networks.MLP",
    [],
    {},
    [0],
    [None],
    ["x", 1],
    [[1, 2], [3]],
    [10**9, 10**9, 10**9],
    math.nan,
    math.inf,
    {"float": "inf"},
    {"float": "nan"},
    {"float": "x"},
    {"float": [1]},
    {"float": None},
    {"custom": 3},
    {"type": None},
    {"type": "os.system"},
    {"type": "networks.MLP"},
    {"type": "networks.MLP", "hidden": [-3]},
    {"type": "networks.MLP", "hidden": "abc"},
    {"type": "networks.os"},
    {"type": "spaces.Discrete", "n": 0},
    {"type": "spaces.Box", "shape": [3], "dtype": "object", "low": 0, "high": 1},
    {"type": "spaces.Box", "shape": [-3], "dtype": "float32", "low": 0, "high": 1},
    {"type": "spaces.Box", "shape": [10**9] * 3, "dtype": "float32", "low": 0.0, "high": 1.0},
    {"type": "spaces.Box", "shape": [4], "dtype": "float32", "low": [0], "high": None},
    {"type": "spaces.Composite", "entries": [["a"]]},
    {"type": "spaces.Composite", "entries": []},
    {"type": ["networks.MLP"]},
    {"type": "agent.Agent"},
    {"tuple": 3},
    DEEP,
]


def places(document, at=()):
    """Yield the way to every value in a document."""
    yield at
    if isinstance(document, dict | list):
        keys = document if isinstance(document, dict) else range(len(document))
        for key in keys:
            yield from places(document[key], (*at, key))


def with_strange(document, rng):
    """Return a document with something strange at some place, or something missing or added."""
    document = json.loads(json.dumps(document))
    at = rng.choice([place for place in places(document) if place])
    holder = document
    for key in at[:-1]:
        holder = holder[key]
    chance = rng.random()
    if chance < 0.1 and isinstance(holder, dict):
        del holder[at[-1]]
    elif chance < 0.2 and isinstance(holder, dict):
        holder[rng.choice(["x", "type", "__class__", "float", "custom", ""])] = rng.choice(STRANGE)
    else:
        holder[at[-1]] = rng.choice(STRANGE)
    return document


def with_other_bytes(path, rng):
    data = bytearray(path.read_bytes())
    kind = rng.randrange(4)
    if kind == 0:
        data = data[: rng.randrange(len(data))]
    elif kind == 1:
        for _ in range(rng.randrange(1, 20)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    elif kind == 2:
        at = rng.randrange(len(data))
        del data[at : at + rng.randrange(1, 50)]
    else:
        at = rng.randrange(len(data))
        data[at:at] = rng.randbytes(rng.randrange(1, 50))
    path.write_bytes(bytes(data))


def with_other_arrays(path, rng):
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    name = rng.choice(list(arrays))
    array = arrays[name]
    arrays[name] = rng.choice(
        [
            array.astype(np.float64),
            array.astype(np.complex64),
            array[None],
            array.ravel()[:1],
            np.full_like(array, np.nan),
            np.full_like(array, np.inf),
            np.zeros(array.shape, [("a", "f4")]),
            np.array(3.0, np.float32),
            np.array("text"),
        ]
    )
    np.savez(path, **arrays)


HEAD = "{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}"
HEADS = [
    HEAD.format("<f4", (10**12,)),
    HEAD.format("<f4", (2**62, 2**62)),
    HEAD.format("<f4", (-4, 8)),
    HEAD.format("|O", (4, 8)),
    HEAD.format("<q9", (4, 8)),
    "{'descr': '<f4'",
    "import os",
    "[" * 3_000,
    "",
]


def with_other_heads(path, rng):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(list(members))
    head = rng.choice(HEADS).encode() + b"\n"
    version = rng.choice([b"\x01\x00", b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\x09\x09"])
    length = len(head).to_bytes(2 if version[0] == 1 else 4, "little")
    members[name] = b"\x93NUMPY" + version + length + head + b"\x00" * 128
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)


RAW = [b"", b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe\x00", b"null", b"3", b'"x"', b"1" * 6_000]


def damage(folder, rng):
    """Change one thing about a policy's folder."""
    description, arrays = folder / "policy.json", folder / "params.npz"
    kind = rng.randrange(20)
    if kind < 11:
        document = json.loads(description.read_text())
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            document = with_strange(document, rng)
        description.write_text(json.dumps(document))
    elif kind == 11:
        description.write_bytes(rng.choice(RAW))
    elif kind == 12:
        with_other_bytes(description, rng)
    elif kind < 15:
        with_other_bytes(arrays, rng)
    elif kind < 17:
        with_other_arrays(arrays, rng)
    elif kind < 19:
        with_other_heads(arrays, rng)
    else:
        arrays.unlink()
        if rng.random() < 0.5:
            arrays.mkdir()


def assert_read_or_refused(sound, seed, tmp_path):
    """Damage a copy; it must be refused in a sentence, or act."""
    rng = random.Random(seed)
    folder = tmp_path / str(seed)
    shutil.copytree(rng.choice(sorted(sound.values())), folder)
    damage(folder, rng)
    try:
        policy = qlax.load(folder)
        action = policy.actor().act(np.zeros(4, np.float32), first=True)
        assert isinstance(action, int)
        assert isinstance(repr(policy), str)
    except UsageError:
        pass
    shutil.rmtree(folder)


def test_damaged_policies_are_refused_in_a_sentence(folders, tmp_path):
    for seed in range(200):
        assert_read_or_refused(folders, seed, tmp_path)


@pytest.mark.exhaustive
def test_many_damaged_policies_are_refused_in_a_sentence(folders, tmp_path):
    for seed in range(200, 5_000):
        assert_read_or_refused(folders, seed, tmp_path)


@pytest.mark.parametrize("raw", RAW, ids=range(len(RAW)))
def test_what_is_no_description_is_refused(folders, raw, tmp_path):
    shutil.copytree(folders["MLP"], tmp_path / "policy")
    (tmp_path / "policy" / "policy.json").write_bytes(raw)
    with pytest.raises(UsageError, match=r"policy"):
        qlax.load(tmp_path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(folders, value, tmp_path):
    shutil.copytree(folders["MLP"], tmp_path / "policy")
    path = tmp_path / "policy" / "params.npz"
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    name = next(iter(arrays))
    arrays[name].flat[0] = value
    np.savez(path, **arrays)
    with pytest.raises(UsageError, match=f"not finite in {name}"):
        qlax.load(tmp_path)


def test_a_huge_array_is_refused_before_it_is_read(folders, tmp_path):
    shutil.copytree(folders["MLP"], tmp_path / "policy")
    path = tmp_path / "policy" / "params.npz"
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = next(iter(members))
    head = HEAD.format("<f4", (10**12,)).encode() + b"\n"
    members[name] = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    with pytest.raises(UsageError, match=r"as float32\[1000000000000\], and the agent"):
        qlax.load(tmp_path)


GOOD = {"id": "A", "observation": Discrete(2), "num_actions": 2}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Box((-1,), "float32", 0.0, 1.0), r"Box\.shape is \(-1,\)"),
        (lambda: Box([2], "float32", 0.0, 1.0), r"Box\.shape is \[2\]"),
        (lambda: Box((10**5, 10**5), "float32", 0.0, 1.0), r"16,777,216 numbers at most"),
        (lambda: Box((2,), "text", 0.0, 1.0), r"Box\.dtype is 'text'"),
        (lambda: Box((2,), "float32", (0.0,), 1.0), r"Box\.low is \(0\.0,\).*a tuple of 2"),
        (lambda: Box((2,), "float32", 0.0, math.nan), r"Box\.high is nan"),
        (lambda: Box((2,), "float32", 0.0, 1.0, frames=3), r"Box\.frames is 3"),
        (lambda: Box((2,), "float32", 0.0, 1.0, padding="ones"), r"Box\.padding is 'ones'"),
        (lambda: Discrete(0), r"Discrete\.n is 0"),
        (lambda: Discrete(2.0), r"Discrete\.n is 2\.0"),
        (lambda: Discrete(2, "a"), r"Discrete\.start is 'a'"),
        (lambda: Composite(()), r"Composite\.entries is \(\)"),
        (lambda: Composite((("a", 3),)), r"Composite\.entries"),
        (lambda: Composite((("a", Discrete(2)), ("a", Discrete(2)))), r"Composite\.entries"),
        (lambda: EnvSpec(**{**GOOD, "id": 3}), r"EnvSpec\.id is 3"),
        (lambda: EnvSpec(**{**GOOD, "observation": 3}), r"EnvSpec\.observation is 3"),
        (lambda: EnvSpec(**{**GOOD, "num_actions": 0}), r"EnvSpec\.num_actions is 0"),
        (lambda: EnvSpec(**GOOD, first_action=0.5), r"EnvSpec\.first_action is 0\.5"),
        (lambda: EnvSpec(**GOOD, has_mask="no"), r"EnvSpec\.has_mask is 'no'"),
        (lambda: EnvSpec(**GOOD, time_limit=0), r"EnvSpec\.time_limit is 0"),
        (lambda: EnvSpec(**GOOD, reward_threshold=math.nan), r"EnvSpec\.reward_threshold is nan"),
    ],
    ids=range(21),
)
def test_spaces_check_themselves(make, said):
    with pytest.raises(UsageError, match=said):
        make()


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"type": "networks.MLP", "hiden": [3]}, "gives networks.MLP 'hiden', which it does not"),
        ({"type": "spaces.Box", "shape": [3]}, "lacks 'dtype' of spaces.Box"),
        ({"float": "x"}, "holds 'x', which is no number"),
        ({"type": "networks.MLP", "hidden": [0.5]}, "cannot be right: MLP.hidden"),
        ({"type": "os.system"}, "names 'os.system', which is no part of qlax"),
    ],
)
def test_a_configuration_says_what_is_wrong_with_it(document, said):
    with pytest.raises(UsageError, match=said):
        from_json(document)
