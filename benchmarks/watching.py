"""The claim: from the install to a film of the solved car in two commands, well within two minutes.

Wall time of both commands on one core, with nothing compiled yet; then what a picture of the film
costs: the environment's own drawing, what the policy thinks, the values of actions beside it, and
writing it, for heads that predict a mean, atoms and quantiles.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from PIL import Image

import qlax
from common import RESULTS, machine, print_table, qlax_versions, run_pinned, write_result
from qlax.envs.opening import opened
from qlax.watching.film_file import write_film
from qlax.watching.layout import Layout
from qlax.watching.playing import game, play
from qlax_runs import qlax_command

ENV = "MountainCar-v0"
HEADS = {
    "mean": qlax.heads.Scalar(),
    "51 atoms": qlax.heads.C51(low=-100.0, high=0.0),
    "51 quantiles": qlax.heads.QuantileRegression(),
}


def main() -> None:
    options = _options()
    about = {"machine": machine(), "versions": qlax_versions()}
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        commands = _commands(here, options.core)
        costs = {name: _costs(head, here / name, options.turns) for name, head in HEADS.items()}
        written = _written(here / "mean", here)
    print_table(["command", "seconds"], [[name, f"{of:.1f}"] for name, of in commands.items()])
    print()
    print_table(
        ["head", "plays: ms", "draws itself: ms", "values beside: ms", "pictures/s"],
        [[name, *(f"{value:.2f}" for value in cost.values())] for name, cost in costs.items()],
    )
    print()
    print_table(
        ["file", "ms a picture", "kB a second of film"],
        [[name, *(f"{value:.1f}" for value in one.values())] for name, one in written.items()],
    )
    write_result(options.out, {**about, "commands": commands, "costs": costs, "written": written})
    print(f"\nwritten to {options.out}")


def _commands(here: Path, core: int) -> dict[str, float]:
    """Return the seconds of both commands, with an empty cache of compiled programs."""
    run, environment = here / "run", {"XDG_CACHE_HOME": str(here / "cache"), "DISPLAY": None}
    words = {
        f"qlax train {ENV}": ["train", ENV, "--out", run],
        "qlax film RUN": ["film", run],
        "qlax film RUN --learning": ["film", run, "--learning"],
    }
    return {
        name: run_pinned([qlax_command(), *command], core, environment).seconds
        for name, command in words.items()
    }


def _costs(head: Any, out: Path, turns: int) -> dict[str, float]:
    """Return the milliseconds of each part of a picture, and pictures a second in all."""
    agent = qlax.presets.dqn(env=ENV).replace(head=head)
    policy = qlax.train(ENV, agent, steps=1000, eval_episodes=0, out=out, progress=False).policy
    with opened(ENV) as source:
        played = {draws: _seconds(policy, source, turns, draws=draws) for draws in (False, True)}
        with game(source, policy) as known:
            layout = Layout(known.spec, known.names, width=360)
        shown = list(play(policy, source, episodes=1))
    layout.picture(shown[0])
    began = time.perf_counter()
    for at in range(turns):
        layout.picture(shown[at % (len(shown) - 1)])
    beside = (time.perf_counter() - began) / turns
    return {
        "plays": 1e3 * played[False],
        "draws": 1e3 * (played[True] - played[False]),
        "beside": 1e3 * beside,
        "pictures_per_second": 1 / (played[True] + beside),
    }


def _seconds(policy: qlax.Policy, source: Any, turns: int, *, draws: bool) -> float:
    """Return the seconds of a turn, the first few not counted."""
    going_on = play(policy, source, episodes=None, draws=draws)
    for _ in range(5):
        next(going_on)
    began = time.perf_counter()
    for _ in range(turns):
        next(going_on)
    taken = time.perf_counter() - began
    going_on.close()
    return taken / turns


def _written(run: Path, here: Path) -> dict[str, dict[str, float]]:
    """Return what writing costs, and what a second of film takes, for each kind of file."""
    policy = qlax.load(run)
    with opened(ENV) as source, game(source, policy) as known:
        layout = Layout(known.spec, known.names, width=360)
    with opened(ENV) as source:
        pictures = [layout.picture(turn) for turn in play(policy, source)][:150]
    return {kind: _of_file(pictures, here / f"film.{kind}") for kind in ("mp4", "webp", "gif")}


def _of_file(pictures: list[Image.Image], path: Path) -> dict[str, float]:
    began = time.perf_counter()
    write_film(path, pictures, fps=30)
    taken = time.perf_counter() - began
    size = path.stat().st_size / (len(pictures) / 30)
    return {"ms": 1e3 * taken / len(pictures), "kilobytes": size / 1e3}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=300, help="pictures that are timed")
    parser.add_argument("--core", type=int, default=0, help="the core of the commands")
    parser.add_argument("--out", type=Path, default=RESULTS / "watching.json", help="result file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
