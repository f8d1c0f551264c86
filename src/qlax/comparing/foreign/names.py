"""What the folders of other libraries' runs say: the environment, the agent and the seed."""

import re
from pathlib import Path
from typing import NamedTuple

_CLEANRL = re.compile(r"(?P<env>.+-v\d+)__(?P<agent>.+?)__(?P<seed>\d+)__\d+")
_ENV = re.compile(r"(?P<env>[A-Za-z][\w.-]*-v\d+)(?:_(?P<seed>\d+))?")
_SEED = re.compile(r"seed[-_=]?(?P<seed>\d+)", re.IGNORECASE)
_WITH_SEED = re.compile(r"(?P<agent>.+?)[-_]+seed[-_=]?(?P<seed>\d+)", re.IGNORECASE)
_NUMBERED = re.compile(r"(?P<agent>.*\D)_(?P<seed>\d{1,4})")
_TIME = re.compile(r"[\d_:.T-]+")
_SAYING_NOTHING = frozenset(
    ("log", "logs", "run", "runs", "results", "result", "tensorboard", "tb", "train", "output", "")
)


class Names(NamedTuple):
    """What is known of a run."""

    env: str | None
    agent: str | None
    seed: int | None
    library: str = "not qlax"
    """What names its folders so."""


def names_in(folder: Path) -> Names:
    """Return what a folder's name and those of the three above it say.

    CleanRL has `ENV__AGENT__SEED__TIME`, RL Zoo `AGENT/ENV_NUMBER`, Stable-Baselines3's TensorBoard
    `AGENT_NUMBER`; others have `ENV/AGENT/SEED/TIME` in some order.
    """
    env: str | None = None
    agent: str | None = None
    seed: int | None = None
    parts = [part for part in folder.absolute().parts if part != folder.anchor]
    for part in list(reversed(parts))[:4]:
        if found := _CLEANRL.fullmatch(part):
            return Names(found["env"], found["agent"], int(found["seed"]), "CleanRL")
        if found := _WITH_SEED.fullmatch(part):
            agent, seed = agent or found["agent"], int(found["seed"])
        elif found := _SEED.fullmatch(part):
            seed = int(found["seed"]) if seed is None else seed
        elif env is None and (found := _ENV.fullmatch(part)):
            env = found["env"]
            seed = int(found["seed"]) if seed is None and found["seed"] else seed
        elif _TIME.fullmatch(part):
            seed = int(part) if seed is None and part.isdecimal() and len(part) < 5 else seed
        elif agent is None and part.lower() not in _SAYING_NOTHING:
            agent = part
            if seed is None and (found := _NUMBERED.fullmatch(part)):
                agent, seed = found["agent"], int(found["seed"])
        if env is not None and agent is not None:
            break
    return Names(env, agent, seed)
