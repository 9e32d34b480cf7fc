"""The network: its parameters in one flat array, and its predictions for images."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mnistcore.errors import ConfigError, DataError
from mnistcore.nn.bound_network import BoundNetwork, Pixels
from mnistcore.nn.build import Layer, build_layers, fuse, input_shape
from mnistcore.nn.config import NetworkConfig
from mnistcore.nn.convolution import Conv2d
from mnistcore.nn.initialization import initialize
from mnistcore.nn.layer_config import DIGITS, PIXELS
from mnistcore.nn.layers import BatchNorm, Dense, Dropout, Shard
from mnistcore.nn.losses import LOSSES

CHUNK = 500  # rows of images at a time through a prediction: large enough for BLAS, small enough for the cache
MAPS_CHUNK = 64  # a convolution's columns are many times larger than its image
STATISTICS = ("mean", "variance")  # kept among the parameters, but not trained


@dataclass(frozen=True)
class LayerSummary:
    """One row of a network's description."""

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int


def summarize(config: NetworkConfig) -> list[LayerSummary]:
    """Name, kind, output shape and parameter count of every layer, without building the network."""
    layers = build_layers(config)
    rows = []
    for number, layer in enumerate(layers, 1):
        name = "output" if layer is layers[-1] else f"{number} · {_title(layer)}"
        count = sum(math.prod(shape) for shape in layer.shapes.values())
        rows.append(LayerSummary(name, layer.kind, layer.output_shape, count))
    return rows


def _title(layer: Layer) -> str:
    if isinstance(layer, Dropout):
        return f"dropout {layer.rate:g}"
    words = layer.kind.replace("_", " ").replace("pool2d", "pool")
    if isinstance(layer, Conv2d):
        words = f"conv {layer.kernel} × {layer.kernel}"
    if isinstance(layer, Dense | Conv2d | BatchNorm):
        return f"{words}, {layer.activation.replace('_', ' ')}"
    return words


class Network:
    """A feed-forward network for 28×28 images of ten digits.

    ``parameters`` (p,) float32 holds everything: first all weight matrices, then all biases and gains, then running
    statistics; so an optimizer runs over the first ``trained_count`` entries, and weight decay over the first
    ``weight_count``. Each layer's ``W`` and ``b`` in ``layers`` are views into it. A network itself has no other state:
    its methods may run in several threads.
    """

    def __init__(self, config: NetworkConfig, rng: np.random.Generator) -> None:
        self._describe(config, PIXELS)
        self.use(np.zeros(self.parameter_count, np.float32))
        for layer, views in zip(self.layers, self._views, strict=True):
            for name, view in views.items():
                initialize(config.initialization, name, view, getattr(layer, "fan", (1, 1)), rng)

    @classmethod
    def over(cls, config: NetworkConfig, pixels: int, parameters: np.ndarray | None = None) -> "Network":
        """A network of (n, pixels) rows whose parameters are those given (p,), or all zero."""
        network = cls.__new__(cls)
        network._describe(config, pixels)
        network.use(np.zeros(network.parameter_count, np.float32) if parameters is None else parameters)
        return network

    def _describe(self, config: NetworkConfig, pixels: int) -> None:
        self.config, self.pixels = config, pixels
        self.loss = LOSSES[config.loss]
        self.input_shape = input_shape(config, pixels)
        self.layers = self.build_layers()
        self._places: dict[tuple[int, str], tuple[int, tuple[int, ...]]] = {}
        self._lay_out()

    def build_layers(self) -> list[Layer]:
        """The layers as the settings say, not yet bound."""
        return build_layers(self.config, self.pixels)

    def use(self, parameters: np.ndarray) -> None:
        """Keep the parameters in this array (p,) from now on."""
        self.parameters = parameters
        shard = Shard(0)
        nothing = Pixels(self.input_shape, shard)
        self._views = [self.views(index, parameters) for index in range(len(self.layers))]
        for layer, views in zip(self.layers, self._views, strict=True):
            layer.bind(nothing, views, {}, shard)

    def bind(
        self, n: int, gradients: np.ndarray | None = None, shard: Shard | None = None, is_fused: bool = True
    ) -> BoundNetwork:
        """These parameters with buffers for n images, or for a shard of a batch; writes to gradients (p,), if any.

        Without ``is_fused`` every layer of the settings keeps its own outputs.
        """
        layers = fuse(self.build_layers()) if is_fused else list(enumerate(self.build_layers()))
        found = [{} if gradients is None else self.views(index, gradients) for index in range(len(self.layers))]
        return BoundNetwork(self.input_shape, layers, self._views, found, shard or Shard(n))

    def _lay_out(self) -> None:
        """Give each parameter its place in the flat array."""
        position = 0
        counts = []
        for names in (("W",), ("b", "gain"), STATISTICS):
            for index, layer in enumerate(self.layers):
                for name, shape in layer.shapes.items():
                    if name in names:
                        self._places[index, name] = position, shape
                        position += math.prod(shape)
            counts.append(position)
        self.weight_count, self.trained_count, self.parameter_count = counts

    def __repr__(self) -> str:
        return f"Network({' → '.join(map(repr, self.layers))}; {self.parameter_count:,} parameters)"

    def views(self, index: int, flat: np.ndarray) -> dict[str, np.ndarray]:
        """The arrays of layer ``index`` by name, as views into an array laid out like ``parameters``."""
        return {
            name: flat[start : start + math.prod(shape)].reshape(shape)
            for (owner, name), (start, shape) in self._places.items()
            if owner == index
        }

    def place(self, index: int, name: str) -> slice:
        """Where in the flat array a parameter of layer ``index`` lies."""
        start, shape = self._places[index, name]
        return slice(start, start + math.prod(shape))

    def summary(self) -> list[LayerSummary]:
        """Name, kind, output shape and parameter count of every layer."""
        return summarize(self.config)

    def load_parameters(self, flat: np.ndarray) -> None:
        """Copy (p,) numbers in; ConfigError when their count is not this network's, or one is not finite."""
        if flat.shape != self.parameters.shape:
            raise ConfigError(
                f"the weights hold {flat.size:,} numbers, this network has {self.parameter_count:,} parameters: "
                "load them into the network they were saved from"
            )
        if not np.isfinite(flat).all():
            raise ConfigError("the weights hold numbers that are not finite: use a snapshot from before it diverged")
        self.parameters[:] = flat

    def chunks(self, images: np.ndarray, indices: np.ndarray | None = None) -> Iterator[tuple[slice, BoundNetwork]]:
        """Run (m, 28, 28) uint8 images, or those at ``indices``, through a few at a time, as for a prediction.

        Yields which of them, and the bound network with their outputs, until the next chunk overwrites them.
        """
        pixels = as_rows(images)
        count = len(pixels) if indices is None else len(indices)
        size = CHUNK if len(self.input_shape) == 1 else MAPS_CHUNK
        bound: BoundNetwork | None = None
        for start in range(0, count, size):
            part = slice(start, min(start + size, count))
            if bound is None or bound.n != part.stop - part.start:
                bound = self.bind(part.stop - part.start)
            rows = np.arange(part.start, part.stop) if indices is None else indices[part]
            bound.input.load(pixels, rows)
            bound.forward()
            yield part, bound

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Outputs before softmax or sigmoid, (n, 10) float32, of (n, 28, 28) uint8 images."""
        out = np.empty((len(images), DIGITS), np.float32)
        for part, bound in self.chunks(images):
            out[part] = bound.logits
        return out

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Probabilities, (n, 10) float32 with rows that sum to 1, of (n, 28, 28) uint8 images.

        Sigmoid outputs are divided by their sum; linear outputs go through a softmax, which keeps their order.
        """
        return self.loss.probabilities(self.logits(images))

    def activations(self, images: np.ndarray) -> list[np.ndarray]:
        """Every layer's output for (n, 28, 28) uint8 images, (n, units) or (n, channels, height, width) float32."""
        pixels = as_rows(images)
        bound = self.bind(len(pixels), is_fused=False)
        bound.input.load(pixels, np.arange(len(pixels)))
        bound.forward()
        outputs = (layer.y for _, layer in bound.layers)
        return [y.copy() if y.ndim == 2 else np.ascontiguousarray(np.moveaxis(y, -1, 0)) for y in outputs]

    def input_gradient(self, images: np.ndarray, digit: int | np.ndarray) -> np.ndarray:
        """Gradient of the logit of ``digit``, one or (n,) of them, by the pixels (0 to 1), (n, 28, 28) float32."""
        out = np.empty((len(images), PIXELS), np.float32)
        digits = np.broadcast_to(digit, len(images))
        for part, bound in self.chunks(images):
            bound.dlogits.fill(0)
            bound.dlogits[np.arange(bound.n), digits[part]] = 1
            bound.backward(to_input=True)
            out[part] = bound.input_gradient()
        return out.reshape(-1, 28, 28)


def as_rows(images: np.ndarray) -> np.ndarray:
    """(n, 28, 28) uint8 images as (n, 784); DataError for anything else."""
    if images.ndim != 3 or images.shape[1:] != (28, 28) or images.dtype != np.uint8:
        raise DataError(f"images must be (n, 28, 28) uint8, got {images.shape} {images.dtype}: prepare them first")
    return images.reshape(len(images), PIXELS)
