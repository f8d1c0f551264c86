"""A whole module's source text, and the arrays that it reads."""

import re
from typing import Any

import numpy as np

from qlax._version import __version__
from qlax.exporting.acting import Acting, Port
from qlax.exporting.program import Operand, Operation, Value
from qlax.exporting.torch.emitters import EMITTERS, dtype, literal

_TEMPLATE = '''"""The policy of {environment}, exported by qlax {version}.

    import torch
    from policy import Policy

    policy = Policy()
    with torch.inference_mode():
        {example}

Inputs, each with the batch as its first axis:
{inputs}
Outputs, likewise:
{outputs}"""

from pathlib import Path

import numpy as np
import torch
{functional}from torch import nn


class Policy(nn.Module):
    """Observations to actions."""

    def __init__(self, weights=Path(__file__).with_name("weights.npz")):
        super().__init__()
        with np.load(weights, allow_pickle=False) as arrays:
            for name in arrays.files:
                array = torch.from_numpy(arrays[name])
                if name.endswith(("weight", "bias")):
                    self.register_parameter(name, nn.Parameter(array))
                else:
                    self.register_buffer(name, array)

    def forward(self, {arguments}):
{body}
        return {returned}
'''


def source_of(acting: Acting) -> tuple[str, dict[str, np.ndarray]]:
    """Return a policy as source text, and its weights by name."""
    program = acting.program()
    writing = _Writing()
    arguments = [_identifier(port.name) for port in acting.inputs]
    for port, argument, value in zip(acting.inputs, arguments, program.inputs, strict=True):
        writing.names[value.name] = argument
        if port.first is not None:
            offset = f" - {port.first}" if port.first > 0 else f" + {-port.first}"
            counted = f"({argument}{offset})" if port.first else argument
            writing.line(f"{argument} = {counted}.to({dtype(port.traced_dtype)})")
    for operation in program.operations:
        writing.operation(operation)
    returned = []
    for port, made in zip(acting.outputs, program.outputs, strict=True):
        source = writing.source(made, "output")
        if port.first is not None:
            offset = f" + {port.first}" if port.first > 0 else f" - {-port.first}"
            source = f"{source}.to({dtype(port.dtype)}){offset if port.first else ''}"
        returned.append(source)
    lines = writing.lines
    if any(re.search(r"\bbatch\b", line) for line in lines):
        lines = [f"batch = {arguments[0]}.shape[0]", *lines]
    functional = any("F." in line for line in lines)
    text = _TEMPLATE.format(
        environment=acting.policy.spec.id,
        version=__version__,
        example=_example(acting.outputs, arguments),
        inputs=_described(acting.inputs),
        outputs=_described(acting.outputs),
        arguments=", ".join(arguments),
        functional="import torch.nn.functional as F\n" if functional else "",
        body="\n".join(f"        {line}" for line in lines),
        returned=", ".join(returned),
    )
    return text, writing.weights


class _Writing:
    """Lines of source text, and the constants that they name."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.weights: dict[str, np.ndarray] = {}
        self.names: dict[str, str] = {}
        self._place = ""

    def line(self, text: str) -> None:
        """Add a line."""
        self.lines.append(text)

    def operation(self, operation: Operation) -> None:
        """Add an operation, below a comment where another part of the network begins."""
        place = _place(operation.place)
        if place and place != self._place:
            self.line(f"# {place}")
        self._place = place
        inputs = [self.source(one, _role(operation)) for one in operation.inputs]
        made = EMITTERS[operation.kind](operation, inputs)
        self.line(f"{operation.output.name} = {made}")

    def source(self, operand: Operand, role: str) -> str:
        """Return an operand as source text; a constant of several numbers becomes a weight."""
        if isinstance(operand, Value):
            return self.names.get(operand.name, operand.name)
        if operand.ndim == 0:
            number = literal(operand.item())
            return f"({number})" if number.startswith("-") else number
        known = [
            name
            for name, one in self.weights.items()
            if one.dtype == operand.dtype
            and one.shape == operand.shape
            and one.tobytes() == operand.tobytes()
        ]
        if known:
            return f"self.{known[0]}"
        place = self._place.replace(" / ", "_")
        name, count = _identifier("_".join(filter(None, [place, role]))), 1
        while name in self.weights:
            count += 1
            name = _identifier("_".join(filter(None, [place, str(count), role])))
        self.weights[name] = np.array(operand, order="C")
        return f"self.{name}"


def _role(operation: Operation) -> str:
    roles = {"matmul": "weight", "convolution": "weight", "add": "bias", "take": "table"}
    is_real = operation.output.dtype.kind == "f"
    return roles.get(operation.kind, "constant") if is_real else "constant"


def _place(place: str) -> str:
    """Return the names of Flax modules in a place."""
    names = [name for name in place.split("/") if name and not set(name) & set("(.")]
    names = [name for name in names if name != "QNetwork" and name.isidentifier()]
    return " / ".join(dict.fromkeys(names))


def _identifier(name: str) -> str:
    made = re.sub(r"\W", "_", name)
    return made if made[:1].isalpha() or made[:1] == "_" else f"_{made}"


def _example(outputs: tuple[Port, ...], arguments: list[str]) -> str:
    names = ", ".join(_identifier(port.name) for port in outputs)
    return f"{names} = policy({', '.join(arguments)})"


def _described(ports: Any) -> str:
    lines = [
        f"    {_identifier(port.name)}: {dtype(port.dtype)}, "
        f"[{', '.join(['batch', *map(str, port.shape)])}]: {port.meaning}\n"
        for port in ports
    ]
    return "".join(lines)
