"""Looking at an environment, and what follows from it."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from qlax import presets
from qlax.advising.advice import Advice
from qlax.advising.oddities import oddities_of
from qlax.advising.pace import measured
from qlax.arguments import flag, instance_of, refuses_plainly, whole_number
from qlax.envs.checking.check import look_at
from qlax.envs.checking.findings import Findings
from qlax.envs.opening import EnvLike, opened
from qlax.envs.source import Source
from qlax.envs.traits import Play, played, traits_in
from qlax.errors import EnvironmentFailure, UsageError
from qlax.precision import in_32_bits
from qlax.presets.advising import Reason
from qlax.presets.fitting import DEFAULT_AGENT
from qlax.presets.resolve import advised_by
from qlax.rewards import Unchanged
from qlax.runs.ram import Forecast

_CHECKED_STEPS = (20, 300)
"""The most steps of an episode that is checked: where steps take long or fail, and elsewhere."""
_MENDED = "large reward"
"""What a check calls rewards that a reward stage answers."""


@refuses_plainly
@in_32_bits
def advise(
    env: EnvLike,
    agent: str | None = None,
    *,
    env_kwargs: Mapping[str, Any] | None = None,
    seed: int = 0,
    speed: bool = True,
    untried: bool = False,
) -> Advice:
    """Return what to train in an environment and why, what that takes, and what is odd about it.

    The environment is checked and played at random for about two seconds, then trained in for
    about two more, to measure how fast that is. Nothing is written.

    Args:
        env: The environment, as in `train`.
        agent: Name of the agent, if that is decided; None for the one that it asks for.
        env_kwargs: Arguments to make it with, as in `train`.
        seed: Seed of the random play; 0 is the one that `train` takes.
        speed: Whether to measure how fast training is, which takes compiling.
        untried: Whether to leave out the settings that we tried in the environment, if there are
            any, and say what its looks alone ask for.

    Raises:
        UsageError: if there is no such environment or agent, or qlax cannot train in it.
    """
    if agent is not None:
        instance_of("agent", agent, str, "the name of an agent, or None")
    seed = whole_number("seed", seed)
    with_speed, untried = flag("speed", speed), flag("untried", untried)
    with opened(env, env_kwargs) as source:
        return _advice(source, agent, seed=seed, with_speed=with_speed, untried=untried)


def _advice(
    source: Source, name: str | None, *, seed: int, with_speed: bool, untried: bool
) -> Advice:
    if source.vector is not None:
        raise UsageError(
            f"env is {source.name}, a vector environment, but advice is on a single one: give what "
            "makes one of it."
        )
    spec = source.spec
    play = played(source, seed)
    traits = traits_in(spec, play)
    findings = Findings()
    steps = _CHECKED_STEPS[0 if play is None else 1]
    look_at(source, findings, episodes=3, seed=seed, steps=steps)
    preset = presets.resolve(source, name or DEFAULT_AGENT)
    tried = preset.tuned and not untried
    if not tried:
        preset = advised_by(traits, name)
    reasons = preset.advised or (Reason("agent", _tried(tried=tried)),)
    backend = memory = speed = None
    if not findings.problems:
        try:
            memory, backend, speed = measured(source, preset, with_speed=with_speed)
        except (UsageError, EnvironmentFailure) as error:
            findings.problem("training", str(error))
    if not isinstance(preset.agent.reward, Unchanged):
        findings.notes.pop(_MENDED, None)  # which the reward stage answers
    return Advice(
        env=source.name,
        env_kwargs=source.kwargs,
        preset=preset,
        reasons=reasons,
        traits=traits,
        is_tried=tried,
        backend=backend,
        memory=memory,
        speed=speed,
        random_steps_per_second=_pace(play),
        problems=tuple(findings.problems.values()),
        oddities=(*findings.notes.values(), *oddities_of(traits), *_on_memory(memory)),
        command=_command(source, name, tried=tried, untried=untried),
    )


def _pace(play: Play | None) -> float | None:
    """Return steps of random play a second, where they were taken one by one."""
    if play is None or not play.is_on_host or play.seconds <= 0.0:
        return None
    return play.steps / play.seconds


def _tried(*, tried: bool) -> str:
    if tried:
        return "its settings were tried in this environment"
    return "it is what somebody published, and is not fitted to environments"


def _on_memory(memory: Forecast | None) -> Iterator[str]:
    if memory is not None and not memory.fits:
        yield f"Training does not fit into memory: it takes {memory}."


def _command(source: Source, name: str | None, *, tried: bool, untried: bool) -> str | None:
    """Return what to type; `train` chooses by the same rules where no agent is named."""
    if source.id is None:
        return None
    words = [str(source.origin.id)]
    for key, value in source.kwargs.items():
        words += [f"--env.{key.replace('_', '-')}", _word(value)]
    if tried or (name is None and not untried):
        return shlex.join(["qlax", "train", *words, *([] if name is None else ["--agent", name])])
    more = [*([] if name is None else ["--agent", name]), *(["--untried"] if untried else [])]
    asking = shlex.join(["qlax", "advise", *words, *more, "--toml"])
    return f"{asking} > my.toml; qlax train --config my.toml"


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
