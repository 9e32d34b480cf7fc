"""A stack of layers being built: the output of each, which one does not fit, and how to fix it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from mnistcore.errors import ConfigError
from mnistcore.nn import LayerConfig, NetworkConfig
from mnistcore.nn.build import Layer, build_layers, hidden_layers

Settings = dict[str, Any]  # of one layer, as in a config's JSON
Shape = tuple[int, ...]

OF_MAPS = ("conv2d", "max_pool2d", "average_pool2d", "flatten")  # kinds that take maps
TO_ROW = ("flatten", "dense")  # kinds after which there are no maps any more
FLATTEN: Settings = {"kind": "flatten"}
PIXELS: Shape = (1, 28, 28)

_LAYER: TypeAdapter[LayerConfig] = TypeAdapter(LayerConfig)


@dataclass(frozen=True)
class Stack:
    """Output shape and parameter count of the hidden layers and the output layer, up to the first that is refused."""

    shapes: tuple[Shape, ...]
    parameters: tuple[int, ...]
    refusal: str | None = None  # of the layer that would be next


@dataclass(frozen=True)
class Remedy:
    """A one-click fix for a layer that does not fit: the button's label, and the resulting layers."""

    label: str
    layers: list[Settings]


def measure(layers: Sequence[Settings], output_bias: bool = True) -> Stack:
    """Go through the layers as a network of them would be built."""
    settings = tuple(_LAYER.validate_python(layer) for layer in layers)
    config = NetworkConfig.model_construct(layers=settings, output_bias=output_bias)
    built: list[Layer] = []
    refusal = None
    try:
        built.extend(hidden_layers(config))  # those before the one that raises stay
        built.append(build_layers(config)[-1])
    except ConfigError as error:
        refusal = str(error)
    counts = (sum(math.prod(shape) for shape in layer.shapes.values()) for layer in built)
    return Stack(tuple(layer.output_shape for layer in built), tuple(counts), refusal)


def with_layer(kind: str, layers: Sequence[Settings]) -> list[Settings]:
    """These layers and a new one where it fits: one that takes maps behind the last of that sort, others at the end.

    Its sizes suit what it gets, and a flatten layer comes along where maps would meet a dense layer or the output.
    """
    head, tail = _divided(layers)
    if kind == "flatten":
        return [*head, dict(FLATTEN), *tail]
    if kind in OF_MAPS:
        return [*head, new_layer(kind, _maps_after(head)), *_flat(tail)]
    if kind == "dense" and not tail and any(layer["kind"] in OF_MAPS for layer in head):
        tail = [dict(FLATTEN)]
    return [*head, *tail, new_layer(kind)]


def new_layer(kind: str, maps: Shape = PIXELS) -> Settings:
    """Initial settings for a layer that gets these maps: a window that fits, twice as many filters as maps."""
    channels, smallest = maps[0], min(maps[1:])
    usual: Settings = {"units": 64} if kind == "dense" else {}
    if kind == "conv2d":
        kernel = next((size for size in (5, 3) if size <= smallest), 1)
        usual = {"filters": min(256, max(8, 2 * channels)), "kernel": kernel}
    if kind in ("max_pool2d", "average_pool2d"):
        usual = {"kernel": min(2, smallest), "stride": 2}
    return _LAYER.validate_python({"kind": kind, **usual}).model_dump(mode="json")


def remedy(layers: Sequence[Settings], stack: Stack) -> Remedy | None:
    """A fix for the first layer that does not fit; None where the visitor has to decide."""
    place = len(stack.shapes)
    before, behind = list(layers[:place]), list(layers[place:])
    if stack.refusal is None:
        return None
    if not behind:
        return Remedy("Add a flatten layer", [*before, dict(FLATTEN)])
    refused = behind[0]
    if refused["kind"] == "dense":
        return Remedy("Put a flatten layer before it", [*before, dict(FLATTEN), *behind])
    if len(_shape_before(stack)) != 1:
        return None
    if refused["kind"] == "flatten":
        return Remedy("Remove it", [*before, *behind[1:]])
    head, tail = _divided(before)
    return Remedy(f"Move it before layer {len(head) + 1}", [*head, refused, *_flat(tail), *behind[1:]])


def has_flatten(layers: Sequence[Settings]) -> bool:
    """Whether one more flatten layer would have no effect."""
    _, tail = _divided(layers)
    return bool(tail) and tail[0]["kind"] == "flatten"


def _divided(layers: Sequence[Settings]) -> tuple[list[Settings], list[Settings]]:
    """The layers among which maps may flow, and those from the first on that makes one row of numbers of them."""
    end = next((place for place, layer in enumerate(layers) if layer["kind"] in TO_ROW), len(layers))
    return list(layers[:end]), list(layers[end:])


def _flat(tail: list[Settings]) -> list[Settings]:
    return tail if has_flatten(tail) else [dict(FLATTEN), *tail]


def _maps_after(head: Sequence[Settings]) -> Shape:
    """The maps after these layers, which all keep maps; the image's own if they do not fit."""
    stack = measure([*head, FLATTEN])
    shapes = [PIXELS, *stack.shapes]
    return shapes[len(head)] if stack.refusal is None else PIXELS


def _shape_before(stack: Stack) -> Shape:
    return stack.shapes[-1] if stack.shapes else PIXELS
