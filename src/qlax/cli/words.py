"""The words of a command line, put right before they are parsed."""

import re

from qlax.errors import UsageError, nearest

_WHOLE = {
    "--steps",
    "--seed",
    "--seeds",
    "--eval-episodes",
    "--episodes",
    "--checkpoint-every",
}
_WITH_EXPONENT = re.compile(r"[+-]?\d[\d_]*(\.\d*)?[eE]\+?\d{1,2}|[+-]?\d+\.0*")

# What other libraries call it, and what it is called here.
_FAMILIAR = {
    "lr": "--agent.optimizer.learning-rate",
    "learning-rate": "--agent.optimizer.learning-rate",
    "alpha": "--agent.optimizer.learning-rate",
    "epsilon": "--agent.explorer.epsilon",
    "eps": "--agent.explorer.epsilon",
    "exploration": "--agent.explorer",
    "exploration-fraction": "--agent.explorer.epsilon.steps",
    "gamma": "--agent.discount",
    "discount": "--agent.discount",
    "batch-size": "--agent.replay.batch-size",
    "buffer-size": "--agent.replay.capacity",
    "replay-size": "--agent.replay.capacity",
    "capacity": "--agent.replay.capacity",
    "n-step": "--agent.replay.n-step",
    "n-steps": "--agent.replay.n-step",
    "tau": "--agent.target.tau",
    "hidden": "--agent.network.hidden",
    "double": "--agent.bootstrap double",
    "dueling": "--agent.head.stream dueling",
    "learning-starts": "--agent.learning-starts",
    "train-freq": "--agent.update-every",
    "train-frequency": "--agent.update-every",
    "num-envs": "--agent.num-envs",
    "n-envs": "--agent.num-envs",
    "total-timesteps": "--steps",
    "timesteps": "--steps",
    "total-steps": "--steps",
    "algo": "--agent",
    "env": "ENV, without a dash, after `qlax train`",
    "env-id": "ENV, without a dash, after `qlax train`",
    "output": "--out",
}


def whole_numbers(words: list[str]) -> list[str]:
    """Return the words with `1e5` written out wherever a whole number is asked for."""
    made: list[str] = []
    for word in words:
        option, joined, value = word.partition("=")
        if joined and option.replace("_", "-") in _WHOLE:
            made.append(f"{option}={_whole(value)}")
        elif made and made[-1].replace("_", "-") in _WHOLE:
            made.append(_whole(word))
        else:
            made.append(word)
    return made


def _whole(word: str) -> str:
    if not _WITH_EXPONENT.fullmatch(word):
        return word
    number = float(word)
    return str(int(number)) if number.is_integer() else word


def require_command(word: str, commands: list[str]) -> None:
    """Raise `UsageError` with the nearest command if a word is none."""
    if not word.startswith("-") and word not in commands:
        hint = nearest(word, commands, f"There are {', '.join(commands)}.")
        raise UsageError(f"There is no command {word!r}. {hint}")


def refuse_familiar(words: list[str]) -> None:
    """Raise `UsageError` for an option that `qlax train` calls by another name."""
    for word in words:
        option = word.partition("=")[0]
        meant = _FAMILIAR.get(option[2:].replace("_", "-")) if option.startswith("--") else None
        if meant is not None:
            raise UsageError(f"There is no option {option}. Did you mean {meant}?")
