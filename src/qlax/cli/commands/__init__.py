"""The commands, a file each. Only commands that need JAX import it, when they run."""

from qlax.cli.commands.advise import Advise
from qlax.cli.commands.agents import Agents
from qlax.cli.commands.board import Board
from qlax.cli.commands.cache import Cache
from qlax.cli.commands.check import Check
from qlax.cli.commands.compare import Compare
from qlax.cli.commands.completion import Completion
from qlax.cli.commands.config import Config
from qlax.cli.commands.core import Command, Words
from qlax.cli.commands.doctor import Doctor
from qlax.cli.commands.envs import Envs
from qlax.cli.commands.eval import Eval
from qlax.cli.commands.explain import Explain
from qlax.cli.commands.export import Export
from qlax.cli.commands.film import Film
from qlax.cli.commands.play import Play
from qlax.cli.commands.plot import Plot
from qlax.cli.commands.pull import Pull
from qlax.cli.commands.push import Push
from qlax.cli.commands.report import Report
from qlax.cli.commands.resume import Resume
from qlax.cli.commands.runs import Runs
from qlax.cli.commands.train import Train
from qlax.cli.commands.tune import Tune
from qlax.cli.commands.watch import Watch
from qlax.cli.commands.zoo import Zoo

__all__ = ["COMMANDS", "Command", "Words"]

COMMANDS: dict[str, type[Command]] = {
    "train": Train,
    "tune": Tune,
    "eval": Eval,
    "explain": Explain,
    "resume": Resume,
    "config": Config,
    "export": Export,
    "film": Film,
    "runs": Runs,
    "board": Board,
    "plot": Plot,
    "compare": Compare,
    "report": Report,
    "watch": Watch,
    "play": Play,
    "push": Push,
    "pull": Pull,
    "zoo": Zoo,
    "agents": Agents,
    "envs": Envs,
    "check": Check,
    "advise": Advise,
    "doctor": Doctor,
    "cache": Cache,
    "completion": Completion,
}
"""Every command by its name, in the order of `qlax --help`."""
