"""The claim: in a loop of one's own an agent learns within 10 % of the host driver's speed.

Double DQN with two layers of 64 units and an update of batch 32 a step, and the same without
updates, on Gymnasium's CartPole-v1. The host driver and a plain loop around `Learner` take turns in
one process, after compilation. Beside it, what the loop's environment alone takes.
"""

import argparse
import time
from pathlib import Path

import gymnasium as gym
import jax

from common import (
    RESULTS,
    machine,
    print_table,
    qlax_versions,
    shown_spread,
    spread,
    write_result,
)
from qlax import Agent, Learner, bootstraps, networks, replay
from qlax.drivers import HostDriver
from qlax.envs.select import select


def made(learning_starts: int) -> Agent:
    """Return the agent, which learns from a step on."""
    return Agent(
        network=networks.MLP(hidden=(64, 64)),
        bootstrap=bootstraps.Double(),
        replay=replay.Uniform(capacity=10_000, batch_size=32),
        learning_starts=learning_starts,
    )


class Driven:
    """The host driver."""

    def __init__(self, agent: Agent) -> None:
        env = select("CartPole-v1", num_envs=1, backend="gymnasium").env
        self.driver = HostDriver(agent, env)  # type: ignore[arg-type]
        self.state, self.done = self.driver.init([0]), 0

    def seconds(self, steps: int) -> float:
        """Return what some steps take."""
        began = time.perf_counter()
        self.state = self.driver.advance(self.state, self.done, self.done + steps)
        jax.block_until_ready(self.state.statistics)
        self.done += steps
        return time.perf_counter() - began


class Own:
    """A loop of one's own."""

    def __init__(self, agent: Agent) -> None:
        self.env = gym.make("CartPole-v1", disable_env_checker=True)
        self.learner = Learner(agent, "CartPole-v1")
        self.observation, _ = self.env.reset(seed=0)

    def seconds(self, steps: int) -> float:
        """Return what some steps take."""
        began, until = time.perf_counter(), self.learner.steps + steps
        env, learner, observation = self.env, self.learner, self.observation
        while learner.steps < until:
            action = learner.act(observation)
            observation, reward, terminated, truncated, _ = env.step(action)
            learner.observe(reward, observation, terminated, truncated)
            if terminated or truncated:
                observation, _ = env.reset()
        self.observation = observation
        learner.updates  # noqa: B018  # waits for the last program
        return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=5_000, help="of a round")
    parser.add_argument("--out", type=Path, default=RESULTS / "learner.json")
    options = parser.parse_args()
    before, summary, rows = machine(), {}, []
    for name, starts in {"with updates": 64, "acting only": 10**9}.items():
        driven, own = Driven(made(starts)), Own(made(starts))
        for each in (driven, own):  # compiled, and the replay filled
            each.seconds(1_000)
        rounds = [
            {"driver": driven.seconds(options.steps), "own": own.seconds(options.steps)}
            for _ in range(options.rounds)
        ]
        micros = {
            kind: [one[kind] / options.steps * 1e6 for one in rounds] for kind in ("driver", "own")
        }
        ratios = [one["own"] / one["driver"] for one in rounds]
        summary[name] = {
            "driver_microseconds_a_step": spread(micros["driver"]),
            "learner_microseconds_a_step": spread(micros["own"]),
            "learner_takes_times": spread(ratios),
        }
        shown = [shown_spread(micros[kind]) for kind in ("driver", "own")]
        rows.append((name, *shown, shown_spread(ratios, 2)))
    print_table(("", "host driver, µs a step", "Learner, µs a step", "takes times"), rows)
    write_result(options.out, {"machine": before, "versions": qlax_versions(), "summary": summary})


if __name__ == "__main__":
    main()
