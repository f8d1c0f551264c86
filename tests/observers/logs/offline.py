"""The records of a W&B run that was written offline: LevelDB's log format behind seven bytes."""

import json
import struct
from collections import defaultdict

_START, _BLOCK, _HEAD = 7, 32_768, 7
_FIRST_AND_WHOLE = (1, 2)


def records(path):
    """Return every record of a `.wandb` file."""
    from wandb.proto import wandb_internal_pb2 as protocol

    content, at, parts = path.read_bytes(), _START, []
    assert content[:4] == b":W&B"
    while at + _HEAD <= len(content):
        if _BLOCK - at % _BLOCK < _HEAD:  # the rest of a block is empty
            at += _BLOCK - at % _BLOCK
            continue
        _, size, kind = struct.unpack_from("<IHB", content, at)
        at += _HEAD
        if kind in _FIRST_AND_WHOLE:
            parts = []
        parts.append(content[at : at + size])
        at += size
        if kind in (1, 4):
            record = protocol.Record()
            record.ParseFromString(b"".join(parts))
            yield record


def run_of(path):
    """Return what a file says: the run, its rows by step, its summary and its exit code."""
    run, rows, summary, exit_code = None, defaultdict(dict), {}, None
    for record in records(path):
        kind = record.WhichOneof("record_type")
        if kind == "run":
            run = run or record.run
        elif kind == "history":
            rows[record.history.step.num] |= {
                item.key or "/".join(item.nested_key): json.loads(item.value_json)
                for item in record.history.item
            }
        elif kind == "summary":
            summary |= {
                item.key or "/".join(item.nested_key): json.loads(item.value_json)
                for item in record.summary.update
            }
        elif kind == "exit":
            exit_code = record.exit.exit_code
    return run, dict(rows), summary, exit_code
