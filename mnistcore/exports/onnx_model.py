"""A network as an ONNX model: (n, 28, 28) uint8 images in, probabilities out."""

from typing import Any

import numpy as np

from mnistcore.exports.facts import Facts
from mnistcore.exports.layers import NamedLayer, named_layers
from mnistcore.nn import Network
from mnistcore.nn.activations import LEAKY_SLOPE
from mnistcore.nn.layers import BatchNorm

OPSET, IR_VERSION = 13, 7  # the first whose Softmax goes along one axis; what runs models has read it since 2021
ACTIVATIONS: dict[str, tuple[str, dict[str, float]]] = {
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": LEAKY_SLOPE}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
}


class Graph:
    """Nodes, each of which takes what the one before it gives, and the arrays that they use."""

    def __init__(self, inputs: str) -> None:
        self.nodes: list[Any] = []
        self.arrays: list[Any] = []
        self.last = inputs

    def add(self, kind: str, name: str, *arrays: np.ndarray, **attributes: Any) -> None:
        """A node of the operator ``kind``; ``arrays`` are its inputs after the first."""
        from onnx import helper, numpy_helper

        names = [f"{name}.{number}" for number in range(len(arrays))]
        self.arrays += [numpy_helper.from_array(np.ascontiguousarray(a), n) for a, n in zip(arrays, names, strict=True)]
        self.nodes.append(helper.make_node(kind, [self.last, *names], [name], name, **attributes))
        self.last = name


def onnx_model(network: Network, facts: Facts) -> bytes:
    """The model: input ``images`` (n, 28, 28) uint8, output ``probabilities`` (n, 10) float32 as `predict` gives them.

    The operators: https://onnx.ai/onnx/operators.
    """
    from onnx import TensorProto, checker, helper

    graph = Graph("images")
    graph.add("Cast", "pixels", to=TensorProto.FLOAT)
    graph.add("Mul", "scaled", np.array(1 / 255, np.float32))
    graph.add("Reshape", "x", np.array([-1, *network.input_shape], np.int64))
    for layer in named_layers(network):
        _add_layer(graph, layer)
    _add_probabilities(graph, network.config.loss)
    images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", 28, 28])
    probabilities = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", 10])
    built = helper.make_graph(graph.nodes, "network", [images], [probabilities], graph.arrays)
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(built, opset_imports=[opset], ir_version=IR_VERSION, producer_name="MNIST Explorer")
    model.doc_string = f"{facts.title}: {facts.sentence(network)}"
    helper.set_model_props(model, {"run": facts.run_id, "step": str(facts.step)})
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _add_layer(graph: Graph, named: NamedLayer) -> None:
    layer, arrays, name = named.layer, named.arrays, named.name
    window: dict[str, Any] = {}
    if hasattr(layer, "kernel"):
        window = {"kernel_shape": [layer.kernel] * 2, "strides": [layer.stride] * 2}
    if named.kind == "dense":
        graph.add("Gemm", name, *(arrays[key] for key in ("W", "b") if key in arrays))
    elif named.kind == "conv2d":
        W = arrays["W"].transpose(3, 0, 1, 2)  # filters first
        given = (W, arrays["b"]) if "b" in arrays else (W,)
        graph.add("Conv", name, *given, **window, pads=[layer.padding] * 4)
    elif named.kind == "batch_norm":
        statistics = (arrays[key] for key in ("gain", "b", "mean", "variance"))
        graph.add("BatchNormalization", name, *statistics, epsilon=BatchNorm.EPSILON)
    elif named.kind in ("max_pool2d", "average_pool2d"):
        graph.add("MaxPool" if named.kind == "max_pool2d" else "AveragePool", name, **window)
    elif named.kind == "flatten":
        graph.add("Flatten", name)
    if named.activation != "identity":  # and a dropout lets everything through
        operator, attributes = ACTIVATIONS[named.activation]
        graph.add(operator, f"{name}.{named.activation}", **attributes)


def _add_probabilities(graph: Graph, loss: str) -> None:
    """A softmax; sigmoids divided by their sum are the softmax of their logarithms, which cannot be 0 / 0."""
    if loss.startswith("sigmoid"):
        graph.add("Neg", "minus_logits")
        graph.add("Softplus", "minus_log_sigmoids")
        graph.add("Neg", "log_sigmoids")
    graph.add("Softmax", "probabilities", axis=1)
