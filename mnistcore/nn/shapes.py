"""The shape of a network: which weights it has; weights move between networks of the same shape only."""

from mnistcore.nn.build import build_layers
from mnistcore.nn.config import NetworkConfig
from mnistcore.nn.network import summarize
from mnistcore.nn.outline import outline_network

Shape = tuple[tuple[str, tuple[tuple[str, tuple[int, ...]], ...]], ...]


def weight_shapes(config: NetworkConfig) -> Shape:
    """For each layer that has any: its kind, and its weights by name with their shapes. Nothing is built.

    Activations, dropout and the loss are no part of it: they have no weights.
    """
    layers = ((layer.kind, tuple(layer.shapes.items())) for layer in build_layers(config))
    return tuple((kind, shapes) for kind, shapes in layers if shapes)


def describe_shape(config: NetworkConfig) -> str:
    """`784-128-10 (101,770 parameters)`, for a message about shapes that differ."""
    return f"{outline_network(config)} ({sum(layer.parameters for layer in summarize(config)):,} parameters)"
