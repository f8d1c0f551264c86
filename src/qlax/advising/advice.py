"""What to train in an environment, and why."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qlax.advising.pace import Speed
from qlax.configuration import Configuration
from qlax.differences import by_part
from qlax.envs.traits import Traits
from qlax.errors import UsageError
from qlax.presets import Preset
from qlax.presets.advising import Reason
from qlax.runs.ram import Forecast

_CHECKED_STEPS = 300


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What to train in an environment, why, what it takes, and what is odd about it."""

    env: str
    """The environment."""
    env_kwargs: Mapping[str, Any]
    """Its arguments."""
    preset: Preset
    """What to train; `qlax.train` takes it as its agent."""
    reasons: tuple[Reason, ...]
    """Why, a sentence for each thing that was decided."""
    traits: Traits
    """What the environment is like."""
    is_tried: bool
    """Whether the settings are ones that were tried in this environment."""
    backend: str | None
    """What runs the environment; None if the agent cannot be trained in it."""
    memory: Forecast | None
    """The memory that training takes."""
    speed: Speed | None
    """How fast it is here; None if that was not measured."""
    random_steps_per_second: float | None
    """Steps of random play on the host, a second; None where it was not played there."""
    problems: tuple[str, ...]
    """What has to be mended in the environment before anything is trained."""
    oddities: tuple[str, ...]
    """What may not be as it is meant, or makes learning hard."""
    command: str | None
    """What to type to train; None for an environment without an id."""

    @property
    def agent(self) -> str:
        """The agent's name."""
        return self.preset.name

    def as_toml(self) -> str:
        """Return what to train as TOML, for `qlax train --config`.

        Raises:
            UsageError: if the environment has no id.
        """
        if self.command is None:
            raise UsageError(
                f"{self.env} has no id, so no file can name it: call qlax.train(env, "
                "advice.preset)."
            )
        return Configuration(
            env=self.env,
            env_kwargs=self.env_kwargs,
            agent_name=self.preset.name,
            agent=self.preset.agent,
            steps=self.preset.steps,
        ).as_toml()

    def as_plain(self) -> dict[str, Any]:
        """Return everything as plain values, for JSON."""
        from qlax import config

        traits = self.traits
        return {
            "env": self.env,
            "env_kwargs": dict(self.env_kwargs),
            "observation": str(traits.spec.observation),
            "num_actions": traits.spec.num_actions,
            "time_limit": traits.spec.time_limit,
            "has_mask": traits.spec.has_mask,
            "played": {
                "steps": traits.steps,
                "legal": traits.legal,
                **{
                    name: None if part is None else dataclasses.asdict(part)
                    for name, part in (
                        ("rewards", traits.rewards),
                        ("episodes", traits.episodes),
                        ("shown", traits.shown),
                    )
                },
            },
            "agent_name": self.agent,
            "agent": config.to_json(self.preset.agent),
            "steps": self.preset.steps,
            "is_tried": self.is_tried,
            "reasons": [reason._asdict() for reason in self.reasons],
            "fitted": [entry._asdict() for entry in self.preset.changed],
            "backend": self.backend,
            "memory": None if self.memory is None else self.memory._asdict(),
            "speed": None
            if self.speed is None
            else {**self.speed._asdict(), "train_seconds": self.speed.train_seconds},
            "random_steps_per_second": self.random_steps_per_second,
            "problems": list(self.problems),
            "oddities": list(self.oddities),
            "command": self.command,
        }

    def lines(self) -> Iterator[tuple[str, str]]:
        """Return topics and what is said of them."""
        yield "env", f"{self.env}: {_shown(self.traits)}"
        yield "played", _played(self.traits)
        yield "agent", f"{self.agent}, {self.preset.steps:,} steps"
        topic = "why"
        for reason in self.reasons:
            yield topic, f"{reason.about}: {reason.sentence}"
            topic = ""
        topic = "settings"
        for line in by_part(self.preset.changed):
            yield topic, line
            topic = ""
        if self.memory is not None:
            yield "memory", str(self.memory)
        if self.speed is not None:
            yield "time", _time(self.speed)
        if self.random_steps_per_second is not None:
            yield "", f"random play on the host: {self.random_steps_per_second:,.0f} steps/s"
        for sentence in self.problems:
            yield "problem", sentence
        for sentence in self.oddities:
            yield "odd", sentence
        if not self.problems:
            yield "next", self.command or "qlax.train(env, advice.preset)"

    def __str__(self) -> str:
        return "\n".join(f"{topic:<10}{text}" for topic, text in self.lines())

    __repr__ = __str__


def _shown(traits: Traits) -> str:
    spec = traits.spec
    limit = "no time limit" if spec.time_limit is None else f"at most {spec.time_limit:,} steps"
    masks = ", action masks" if spec.has_mask else ""
    return f"{spec.observation}, {spec.num_actions:,} actions{masks}, {limit}"


def _played(traits: Traits) -> str:
    rewards, episodes = traits.rewards, traits.episodes
    if rewards is None or episodes is None:
        return "not, see below"
    ends = f"{episodes.finished:,} episodes"
    if episodes.finished:
        ends += f" of {episodes.shortest:,} to {episodes.longest:,} steps"
    else:
        ends += f" ended within {episodes.longest:,} steps"
    legal = "" if traits.legal > 0.999 else f", {traits.legal:.0%} of actions legal"
    return (
        f"{traits.steps:,} random steps: {ends}, {episodes.terminated:,} of them terminated; "
        f"rewards from {rewards.lowest:g} to {rewards.highest:g}, not 0 in {rewards.paid:.1%} of "
        f"steps{legal}"
    )


def _time(speed: Speed) -> str:
    return (
        f"about {_duration(speed.train_seconds)} here: {speed.steps:,} steps at "
        f"{speed.steps_per_second:,.0f} steps/s on {speed.backend}, after "
        f"{speed.compile_seconds:.0f} s of compiling"
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"
