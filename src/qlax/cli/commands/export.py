"""`qlax export`."""

import dataclasses
from pathlib import Path
from typing import Annotated, ClassVar

from qlax.cli.commands.core import FLAG, Command, RunFolder, Words, existing, named


@dataclasses.dataclass(frozen=True)
class Export(Command):
    """Write a run's policy in a form that runs without qlax, once it was seen to act alike.

    What is done to observations, masks and the choice of the best action are all inside. onnx: a
    file for onnxruntime and many other programs. torch: a folder of Python that can be read, and
    weights. jax: a program for jax.export, without qlax. page: a page that plays CartPole,
    MountainCar or Acrobot in the browser, without a network.
    """

    group: ClassVar = "Take it away"
    names: ClassVar = {"out": "--out", "to": "--to", "outputs": "--outputs"}

    run_folder: RunFolder
    """The run's folder."""
    to: Annotated[str | None, named("{onnx,torch,jax,page}")] = None
    """The format. By default what the name of --out asks for, or onnx."""
    out: Annotated[Path | None, named("PATH")] = None
    """What to write. By default policy.onnx, or another format's name, in the run's folder."""
    outputs: Annotated[str, named("values,quantiles")] = ""
    """What comes out besides the action: the values of all actions, quantiles of returns, or
    both."""
    best: Annotated[bool, *FLAG] = False
    """Export the best policy of the training, not the last."""
    json: Annotated[bool, *FLAG] = False
    """Print what was written, its inputs and outputs as JSON."""

    def run(self, words: Words) -> None:  # noqa: ARG002
        """Write it, and say what goes in and what comes out."""
        from qlax.cli.exporting import export_run

        export_run(self, existing(self.run_folder))
