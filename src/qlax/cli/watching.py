"""`qlax film`, `qlax watch` and `qlax play`."""

import contextlib
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qlax.addresses import place_of
from qlax.arguments import whole_number
from qlax.cli.commands.core import existing
from qlax.cli.console import complain, print_json
from qlax.cli.env_arguments import arguments
from qlax.envs.opening import EnvLike, describe
from qlax.envs.source import Source
from qlax.errors import UsageError
from qlax.loading import load
from qlax.policy import Policy
from qlax.runs.folder import as_name
from qlax.runs.moments import BEST
from qlax.watching.drawable import has_display
from qlax.watching.filming import Scene, film_scenes
from qlax.watching.following import Newest
from qlax.watching.learning import scenes_of_learning
from qlax.watching.live import watch
from qlax.watching.page import Page
from qlax.watching.person import HELP, play_by_hand
from qlax.watching.playing import Game
from qlax.watching.recording import Recorder
from qlax.watching.remote import Screen
from qlax.watching.window import Window
from qlax.wording import counted

if TYPE_CHECKING:
    from qlax.cli.commands.film import Film
    from qlax.cli.commands.play import Play
    from qlax.cli.commands.watch import Watch


def film_run(command: "Film", folder: Path, env_words: Sequence[str]) -> None:
    """Film the run in a folder, and say where the film is and what is to be seen."""
    if command.learning and command.best:
        raise UsageError("--learning ends with the last policy: it cannot be given with --best.")
    if command.learning:
        scenes = scenes_of_learning(folder)
    else:
        scenes = [Scene(policy_of(folder, best=command.best))]
    usual = 30.0 if command.learning else 20.0
    name = "learning.mp4" if command.learning else "film.mp4"
    env, env_kwargs = environment_of(scenes[0].policy, folder, command.env, env_words)
    made = film_scenes(
        scenes,
        place_of(command.run_folder, folder) / name if command.out is None else command.out,
        env,
        env_kwargs=env_kwargs,
        seed=command.seed,
        seconds=usual if command.seconds is None else command.seconds,
        fps=command.fps,
        every=command.every,
        width=command.width,
        episodes=command.episodes,
        panel=not command.no_panel,
    )
    if command.json:
        described = {
            "film": str(made.path),
            "seconds": round(made.seconds, 3),
            "fps": made.fps,
            "scenes": [
                {"caption": scene.caption, "returns": shown.returns, "cut": shown.cut}
                for scene, shown in zip(scenes, made.scenes, strict=True)
            ],
        }
        print_json(described)
        return
    print(f"{made.path}: {counted(round(made.seconds), 'second')}.")
    for scene, shown in zip(scenes, made.scenes, strict=True):
        returns = ", ".join(f"{value:g}" for value in shown.returns)
        about = "" if scene.caption is None else f"{scene.caption}: "
        print(f"{about}return {returns}" + (", so far" if shown.cut else ""))


def watch_run(command: "Watch", folder: Path, env_words: Sequence[str]) -> None:
    """Show the run in a folder at play, and print what it earned in the end."""
    following = Newest(folder)
    newest = _best_of(folder) if command.best else following
    policy = newest()
    env, env_kwargs = environment_of(policy, folder, command.env, env_words)
    title = f"{policy.spec.id}: {command.run_folder}"
    returns = watch(
        newest,
        _screen(title, command.port, on_page=command.page),
        env,
        env_kwargs=env_kwargs,
        seed=command.seed,
        episodes=command.episodes,
        fps=command.fps,
        width=command.width,
        caption=following.said,
    )
    if command.json:
        print_json({"returns": returns})
    elif returns:
        mean = sum(returns) / len(returns)
        print(f"mean return {mean:.6g} of {counted(len(returns), 'episode')}")


def _best_of(folder: Path) -> Callable[[], Policy]:
    policy = policy_of(folder, best=True)
    return lambda: policy


def _screen(title: str, port: int, *, on_page: bool) -> Screen:
    """Return a window where there is a display, else a page, and say where it is."""
    if has_display() and not on_page:
        with contextlib.suppress(UsageError):  # a display that is named, but not there
            return Window(title)
    page = Page(title, whole_number("port", port))
    why = "The" if on_page else "There is no display for a window, so the"
    complain(f"{why} play is at {page.address}. Ctrl-C ends it.")
    return page


def play_env(command: "Play", env_words: Sequence[str]) -> None:
    """Let a person play, and print where the episodes are."""
    beside = None if command.agent_run is None else existing(command.agent_run)
    policy = None if beside is None else load(beside)
    env_kwargs = arguments(command.env, env_words)
    describe(command.env, env_kwargs=env_kwargs)
    if not has_display():
        raise UsageError(
            "There is no display for a window, which playing by hand needs: run it where there is "
            "one, or watch an agent with `qlax watch RUN`."
        )
    folder = command.out or _session_of(command.env)

    def recorder_of(source: Source, played: Game) -> Recorder:
        noted = None if beside is None else str(command.agent_run)
        return Recorder(folder.expanduser(), source.spec, played.names, source.origin, beside=noted)

    recorder = play_by_hand(
        command.env,
        Window(command.env, HELP),
        recorder_of,
        env_kwargs=env_kwargs,
        policy=policy,
        seed=secrets.randbelow(2**31) if command.seed is None else command.seed,
        episodes=command.episodes,
        fps=command.fps,
        width=command.width,
        waits=command.wait,
    )
    kept = recorder.episodes
    if command.json:
        where = str(recorder.folder) if kept else None
        print_json({"folder": where, "episodes": kept})
    elif kept:
        returns = ", ".join(f"{one['return']:g}" for one in kept)
        print(f"{counted(len(kept), 'episode')} in {recorder.folder}/, return {returns}")
    else:
        print("Nothing was played.")


def _session_of(env: str) -> Path:
    return Path("plays") / as_name(env.rpartition(":")[2]) / time.strftime("%Y%m%d-%H%M%S")


def policy_of(folder: Path, *, best: bool) -> Policy:
    """Return the policy of a run, or its best.

    Raises:
        UsageError: if there is none.
    """
    if not best:
        return load(folder)
    if not (folder / BEST).is_dir():
        raise UsageError(
            f"{folder} has no {BEST}/: it was trained without evaluations on the way, or by an "
            "older qlax. Leave out --best for the last policy."
        )
    return load(folder / BEST)


def environment_of(
    policy: Policy, folder: Path, env: str | None, env_words: Sequence[str]
) -> tuple[EnvLike, Mapping[str, Any]]:
    """Return the environment to play in, and its arguments.

    Raises:
        UsageError: if the run is of an environment of the user's own, and no other is named.
    """
    name = policy.environment_id if env is None else env
    if name is None:
        raise UsageError(
            f"{folder} is of a run in an environment of your own, {policy.origin}: name one with "
            "--env, or use qlax in Python."
        )
    found, given, _ = policy.environment(env, arguments(name, env_words))
    return found, given
