"""The covering of all pairs of parts, kept in a file, so that a new part only adds to it.

`python -m tests.probes.stored_pairs` writes to the file what the table of parts has gained. Until
that is done the tests find the missing combinations anew at each run.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from qlax.config import pasteable
from tests.parts import Row
from tests.probes.combinations import NOTHING, Covering

FILE = Path(__file__).with_name("pairs.json")


def read(slots: Mapping[str, Sequence[Row]]) -> Covering:
    """Return what the file holds of combinations whose options are all still in the slots."""
    stored = json.loads(FILE.read_text())
    if list(stored["options"]) != list(slots):
        return NOTHING
    index = [
        {number: texts.index(text) for number, text in enumerate(was) if text in texts}
        for was, texts in zip(stored["options"].values(), _texts(slots).values(), strict=True)
    ]
    return Covering(
        [
            tuple(index[slot][option] for slot, option in enumerate(combination))
            for combination in stored["combinations"]
            if all(option in index[slot] for slot, option in enumerate(combination))
        ],
        {
            (one, index[one][option], other, index[other][choice])
            for one, option, other, choice in stored["impossible"]
            if option in index[one] and choice in index[other]
        },
    )


def write(slots: Mapping[str, Sequence[Row]], covering: Covering) -> None:
    """Keep a covering of the slots in the file, one combination a line."""
    lines = ["{", '"options": ' + json.dumps(_texts(slots), indent=1) + ","]
    lines += ['"combinations": [', ",\n".join(map(json.dumps, covering.combinations)), "],"]
    lines += ['"impossible": [', ",\n".join(map(json.dumps, sorted(covering.impossible))), "]", "}"]
    FILE.write_text("\n".join(lines) + "\n")


def _texts(slots: Mapping[str, Sequence[Row]]) -> dict[str, list[str]]:
    return {slot: [pasteable(row.part) for row in rows] for slot, rows in slots.items()}


if __name__ == "__main__":
    from tests.probes.test_learning import COVERING, SLOTS

    write(SLOTS, COVERING)
    print(f"{FILE}: {len(COVERING.combinations)} combinations")
