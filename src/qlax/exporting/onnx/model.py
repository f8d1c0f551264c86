"""A whole model: inputs and outputs as they are outside, and the program in between."""

import json
from typing import Any

import numpy as np
from onnx import checker, helper

from qlax._version import __version__
from qlax.exporting.acting import Acting
from qlax.exporting.onnx.emitters import EMITTERS
from qlax.exporting.onnx.graph import OPSET, Graph, element, info


def model_of(acting: Acting) -> Any:
    """Return a policy as an ONNX model, checked."""
    program = acting.program()
    graph = Graph(acting.inputs[0].name)
    inside = {}
    for port, value in zip(acting.inputs, program.inputs, strict=True):
        inside[value.name] = _from_outside(graph, port)
    for operation in program.operations:
        graph.place = operation.place
        names = [inside.get(name, name) for name in map(graph.name, operation.inputs)]
        EMITTERS[operation.kind](graph, operation, names)
    for port, made in zip(acting.outputs, program.outputs, strict=True):
        name = graph.name(made)
        _to_outside(graph, inside.get(name, name), port)
    whole = helper.make_graph(
        graph.nodes,
        "policy",
        [info(port.name, port.shape, port.dtype) for port in acting.inputs],
        [info(port.name, port.shape, port.dtype) for port in acting.outputs],
        graph.used_constants(),
    )
    model = helper.make_model(
        whole,
        producer_name="qlax",
        producer_version=__version__,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=8,
    )
    helper.set_model_props(model, _described(acting))
    checker.check_model(model)
    return model


def _from_outside(graph: Graph, port: Any) -> str:
    """Return the name of an input as the network sees it: counted from zero."""
    if port.first is None:
        return str(port.name)
    name = port.name
    if port.first:
        name = graph.node("Sub", [name, graph.constant(port.first, np.int64)])
    return graph.node("Cast", [name], to=element(port.traced_dtype))


def _to_outside(graph: Graph, name: str, port: Any) -> None:
    """Add what makes an output of what the network computes: counted as the environment does."""
    if port.first is None:
        graph.node("Identity", [name], port.name)
        return
    if not port.first:
        graph.node("Cast", [name], port.name, to=element(port.dtype))
        return
    number = graph.node("Cast", [name], to=element(port.dtype))
    graph.node("Add", [number, graph.constant(port.first, np.int64)], port.name)


def _described(acting: Acting) -> dict[str, str]:
    """Return what the file says of itself."""
    spec = acting.policy.spec
    ports = {port.name: port.meaning for port in (*acting.inputs, *acting.outputs)}
    return {
        "environment": spec.id,
        "actions": str(spec.num_actions),
        "meaning": json.dumps(ports, ensure_ascii=False),
    }
