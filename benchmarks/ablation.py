"""The claim: what it takes for the tutorial's DQN to solve MountainCar, one change at a time.

The road leads from `article_dqn` to `dqn` as it is fitted to MountainCar-v0. Every agent on it is
trained for the same steps on every seed; then each change alone is taken away from the finished
agent. The finished policies play 100 episodes of Gymnasium's own environment, greedily.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import qlax
from common import RESULTS, fresh, interval, print_table, resumed, write_result
from qlax import Agent, presets
from qlax.drawing import EVAL, FAINT, LINE, SOLVED, new_figure, plain, save_figure

ENV = "MountainCar-v0"
THRESHOLD = -110.0
WORST = -200.0
"""The return of an episode that does not reach the flag."""
BEGIN, END = presets.article_dqn(), presets.dqn(env=ENV)
FULL = "the finished agent"

# What is changed, how it reads when it is taken away, and the change, from the one agent to the
# other: parts are taken from `source`, so that the same function goes both ways.
Change = Callable[[Agent, Agent], Agent]
CHANGES: dict[str, Change] = {
    "the reward as it is": lambda agent, source: agent.replace(reward=source.reward),
    "discount 0.985": lambda agent, source: agent.replace(discount=source.discount),
    "observations scaled": lambda agent, source: agent.replace(observation=source.observation),
    "ε falls over 20,000 steps": lambda agent, source: agent.replace(
        explorer=replace(agent.explorer, epsilon=source.explorer.epsilon),
        learning_starts=source.learning_starts,
    ),
    "exploration that persists": lambda agent, source: agent.replace(
        explorer=replace(agent.explorer, duration=source.explorer.duration)
    ),
    "a target network": lambda agent, source: agent.replace(target=source.target),
    "double Q-learning": lambda agent, source: agent.replace(bootstrap=source.bootstrap),
    "returns over ten steps": lambda agent, source: agent.replace(
        replay=replace(agent.replay, n_step=source.replay.n_step)
    ),
    "a replay of 20,000": lambda agent, source: agent.replace(
        replay=replace(agent.replay, capacity=source.replay.capacity)
    ),
    "layers of 64": lambda agent, source: agent.replace(network=source.network),
    "the Huber loss": lambda agent, source: agent.replace(head=source.head),
    "a learning rate that falls": lambda agent, source: agent.replace(optimizer=source.optimizer),
    "episodes of 200 steps": lambda agent, source: agent.replace(time_limit=source.time_limit),
}


def main() -> None:
    options = _options()
    document = fresh("agents") if options.fresh else resumed(options.out, "agents")
    document |= {"env": ENV, "steps": options.steps, "seeds": options.seeds}
    done = {(one["road"], one["name"]) for one in document["agents"]}
    for road, name, agent in agents():
        if (road, name) not in done:
            document["agents"].append(
                {"road": road, "name": name, "agent": repr(agent), **_measure(agent, options)}
            )
            write_result(options.out, document)
        shown = next(
            one for one in document["agents"] if (one["road"], one["name"]) == (road, name)
        )
        print(f"{road:8} {name:28} {shown['mean']:8.1f} {shown['solved']:3}", flush=True)
    _print(document)
    if options.picture:
        draw(document, options.picture)
    print(f"\nwritten to {options.out}")


def agents() -> list[tuple[str, str, Agent]]:
    """Return every agent: which way it belongs to, what was changed last or is missing, itself."""
    agent = BEGIN
    found = [("there", "the tutorial's DQN", agent)]
    for name, change in CHANGES.items():
        agent = change(agent, END)
        found.append(("there", name, agent))
    if agent != END:
        raise ValueError(f"the road ends with {agent!r}, which is not {END!r}")
    return found + [("without", name, change(END, BEGIN)) for name, change in CHANGES.items()]


def _measure(agent: Agent, options: argparse.Namespace) -> dict[str, Any]:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        runs = qlax.train_seeds(
            ENV,
            agent,
            seeds=range(options.seeds),
            steps=options.steps,
            out=Path(scratch) / "runs",
            eval_episodes=100,
        )
        means = [float(run.result["eval"]["mean"]) for run in runs]
    return {
        "means": means,
        "mean": statistics.fmean(means),
        "interval": interval(means),
        "solved": sum(mean >= THRESHOLD for mean in means),
        "wall_seconds": round(time.perf_counter() - began, 1),
    }


def _print(document: dict[str, Any]) -> None:
    for road, heading in (("there", "one change after another"), ("without", "without")):
        rows = [
            [
                one["name"],
                f"{one['mean']:.1f}",
                "{:.0f} … {:.0f}".format(*one["interval"]),
                f"{one['solved']} of {len(one['means'])}",
            ]
            for one in document["agents"]
            if one["road"] == road
        ]
        print()
        print_table([heading, "mean return", "95 % interval", "solved"], rows)


def draw(document: dict[str, Any], path: Path) -> None:
    """Draw the road from top to bottom, and beside it what each change is worth at the end."""
    figure = new_figure(9.6, 5.2)
    there, without = figure.subplots(1, 2, sharey=False)
    for axes, road, heading in (
        (there, "there", "one change after another"),
        (without, "without", "the finished agent without it"),
    ):
        shown = [one for one in document["agents"] if one["road"] == road]
        places = range(len(shown), 0, -1)
        for place, one in zip(places, shown, strict=True):
            axes.plot(one["means"], [place] * len(one["means"]), "o", color=FAINT, ms=4, zorder=2)
            axes.plot(one["interval"], [place] * 2, color=LINE, lw=2, zorder=3)
            axes.plot(one["mean"], place, "D", color=EVAL, ms=6, zorder=4)
            axes.text(-88, place, f"{one['solved']}", ha="center", va="center", fontsize=9)
        signs = "+ {}" if road == "there" else "− {}"
        names = [
            one["name"] if one["agent"] == repr(BEGIN) else signs.format(one["name"])
            for one in shown
        ]
        axes.set_yticks(list(places), names, fontsize=9)
        axes.axvline(THRESHOLD, color=SOLVED, ls="--", lw=1)
        axes.set_xlim(WORST - 5, -82)
        axes.set_xticks([-200, -180, -160, -140, -120, -100])
        axes.set_title(heading, fontsize=10, loc="left")
        axes.text(-88, len(shown) + 0.75, "solved", ha="center", va="center", fontsize=8)
        axes.set_ylim(0.4, len(shown) + 1.2)
        axes.set_xlabel("mean return of the finished policy")
        plain(axes)
    save_figure(figure, path)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=42_000, help="environment steps of each")
    parser.add_argument("--seeds", type=int, default=10, help="how many")
    parser.add_argument("--fresh", action="store_true", help="begin anew")
    parser.add_argument("--picture", type=Path, help="draw what was measured, PNG or SVG")
    parser.add_argument("--out", type=Path, default=RESULTS / "ablation.json", help="result file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
