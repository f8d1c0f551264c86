"""`python -m qlax.board.worker TASK`: an agent at play, or what it thinks states are worth.

It answers in lines of JSON on its standard output, and ends when nobody reads them.
"""

import base64
import contextlib
import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from qlax.errors import EnvironmentFailure, UsageError
from qlax.wording import kind_and_first_line

Say = Callable[[dict[str, Any]], None]


def main(document: str) -> int:
    """Do a task, and return the process's exit code."""
    say = _voice()
    # An environment `module:Name-v0` may live in the folder one is in, as for `qlax train`.
    sys.path.append("")
    warnings.simplefilter("ignore")
    with contextlib.suppress(AttributeError, OSError):  # training goes first
        os.nice(10)
    request = json.loads(document)
    task = _TASKS[request.pop("task")]
    try:
        for answer in task(**request):
            say(answer)
    except (UsageError, EnvironmentFailure) as error:
        say({"error": str(error)})
    except BrokenPipeError:
        return 0
    except Exception as error:
        say({"error": f"The agent could not be shown: {kind_and_first_line(error)}."})
    return 0


def _voice() -> Say:
    """Return what writes answers to the standard output, which is closed to everything else.

    Environments greet people and libraries print; that is not to get between the answers.
    """
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def say(answer: dict[str, Any]) -> None:
        out.write(json.dumps(answer) + "\n")

    return say


def _play(folder: str, seed: int, fps: float, width: int) -> Iterator[dict[str, Any]]:
    """Yield the frames of one episode after another, at a pace that people can follow."""
    import qlax
    from qlax.envs.opening import opened
    from qlax.watching.streaming import frames

    policy = qlax.load(folder)
    with opened(*policy.environment()) as source:
        due = time.monotonic()
        for frame in frames(policy, source, seed=seed, width=width, panel=False, form="png"):
            image = base64.b64encode(frame.image).decode()
            yield {"image": image, "form": frame.form, **frame.values}
            due = max(due + (1.0 if frame.values["end"] else 1.0 / fps), time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))


def _values(folders: list[str], size: int) -> Iterator[dict[str, Any]]:
    """Yield what each of several policies of a run thinks states are worth."""
    import qlax
    from qlax.board.worth import worths

    yield from worths(map(qlax.load, folders), size)


_TASKS: dict[str, Callable[..., Iterator[dict[str, Any]]]] = {"play": _play, "values": _values}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
