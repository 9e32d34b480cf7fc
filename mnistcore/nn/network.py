"""The network: its parameters in one flat array, and replicas of its layers that run batches through them."""

from dataclasses import dataclass

import numpy as np

from ..errors import ConfigError, DataError
from .config import DIGITS, PIXELS, DenseConfig, NetworkConfig
from .initialization import initialize
from .layers import Dense, Dropout, Layer
from .losses import LOSSES

CHUNK = 500  # images at a time through a prediction: large enough for BLAS, small enough for the cache


@dataclass(frozen=True)
class LayerSummary:
    """One row of a network's description."""

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int


def build_layers(config: NetworkConfig) -> list[Layer]:
    """The layers of a network, output layer last, not yet bound to any parameters."""
    layers: list[Layer] = []
    inputs = PIXELS
    for layer in config.layers:
        if isinstance(layer, DenseConfig):
            layers.append(Dense(inputs, layer.units, layer.activation, layer.bias))
            inputs = layer.units
        else:
            layers.append(Dropout(inputs, layer.rate))
    return [*layers, Dense(inputs, DIGITS, "identity", config.output_bias)]


def summarize(config: NetworkConfig) -> list[LayerSummary]:
    """Name, kind, output shape and parameter count of every layer, without building the network."""
    rows = []
    layers = build_layers(config)
    for index, layer in enumerate(layers):
        if layer is layers[-1]:
            name = "output"
        elif isinstance(layer, Dense):
            name = f"{index + 1} · dense, {layer.activation.replace('_', ' ')}"
        else:
            name = f"{index + 1} · dropout {layer.rate:g}"
        count = sum(int(np.prod(shape)) for shape in layer.shapes.values())
        rows.append(LayerSummary(name, layer.kind, layer.output_shape, count))
    return rows


class Replica:
    """A network's layers over its shared parameters, with gradients and buffers of their own.

    Several replicas can run batches through one network at the same time.
    """

    def __init__(self, network: "Network", capacity: int, gradients: np.ndarray | None = None) -> None:
        self.capacity = capacity
        self.layers = build_layers(network.config)
        for index, layer in enumerate(self.layers):
            layer.bind(
                network.views(index, network.parameters),
                None if gradients is None else network.views(index, gradients),
                capacity,
            )

    def forward(self, x: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """Logits (n, 10) of x (n, 784), pixels from 0 to 1, n ≤ capacity; with ``rng`` as in training, else without
        dropout. The result is a buffer that the next call overwrites."""
        for layer in self.layers:
            x = layer.forward(x, rng)
        return x

    def backward(self, dlogits: np.ndarray, accumulate: bool = False, to_input: bool = False) -> np.ndarray | None:
        """Write (or add) the gradients of the last forward pass; return the input's (n, 784) if asked for.

        Overwrites dlogits (n, 10).
        """
        dy: np.ndarray | None = dlogits
        for index in range(len(self.layers) - 1, -1, -1):
            assert dy is not None
            dy = self.layers[index].backward(dy, accumulate, to_input or index > 0)
        return dy


class Network:
    """A feed-forward network for 28×28 images of ten digits.

    ``parameters`` (p,) float32 holds everything that is learned: first all weight matrices, then all biases, so that
    an optimizer runs over one array and weight decay over its first ``weight_count`` entries. Each layer's ``W`` and
    ``b`` in ``layers`` are views into it. A network itself has no other state: its methods may run in several threads.
    """

    def __init__(self, config: NetworkConfig, rng: np.random.Generator) -> None:
        self.config = config
        self.loss = LOSSES[config.loss]
        self._places: dict[tuple[int, str], tuple[int, tuple[int, ...]]] = {}
        self._lay_out()
        self.parameters = np.empty(self.parameter_count, np.float32)
        self.layers = Replica(self, 0).layers
        for index, layer in enumerate(self.layers):
            for name, view in self.views(index, self.parameters).items():
                initialize(config.initialization, name, view, rng)
            layer.bind(self.views(index, self.parameters), None, 0)

    def _lay_out(self) -> None:
        """Give each parameter its place in the flat array: matrices first, so that they alone can decay."""
        layers = build_layers(self.config)
        position = 0
        for matrices in (True, False):
            for index, layer in enumerate(layers):
                for name, shape in layer.shapes.items():
                    if (name == "W") is matrices:
                        self._places[index, name] = (position, shape)
                        position += int(np.prod(shape))
            if matrices:
                self.weight_count = position
        self.parameter_count = position

    def __repr__(self) -> str:
        return f"Network({' → '.join(map(repr, self.layers))}; {self.parameter_count:,} parameters)"

    def views(self, index: int, flat: np.ndarray) -> dict[str, np.ndarray]:
        """The arrays of layer ``index`` by name, as views into an array laid out like ``parameters``."""
        return {
            name: flat[start : start + int(np.prod(shape))].reshape(shape)
            for (owner, name), (start, shape) in self._places.items()
            if owner == index
        }

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

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Outputs before softmax or sigmoid, (n, 10) float32, of (n, 28, 28) uint8 images."""
        pixels = as_rows(images)
        replica = Replica(self, min(CHUNK, max(1, len(pixels))))
        out = np.empty((len(pixels), DIGITS), np.float32)
        for start in range(0, len(pixels), CHUNK):
            chunk = pixels[start : start + CHUNK]
            out[start : start + CHUNK] = replica.forward(scale_pixels(chunk))
        return out

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Probabilities, (n, 10) float32 with rows that sum to 1, of (n, 28, 28) uint8 images.

        Sigmoid outputs are divided by their sum; linear outputs go through a softmax, which keeps their order.
        """
        return self.loss.probabilities(self.logits(images))

    def activations(self, images: np.ndarray) -> list[np.ndarray]:
        """Every layer's output, (n, units) float32 each, of (n, 28, 28) uint8 images; all in memory at once."""
        x = scale_pixels(as_rows(images))
        outputs = []
        for layer in Replica(self, max(1, len(x))).layers:
            x = layer.forward(x, None)
            outputs.append(x.copy())
        return outputs

    def input_gradient(self, images: np.ndarray, digit: int) -> np.ndarray:
        """Gradient of the logit of ``digit`` with respect to the pixels (0 to 1), (n, 28, 28) float32."""
        pixels = as_rows(images)
        replica = Replica(self, min(CHUNK, max(1, len(pixels))))
        out = np.empty((len(pixels), PIXELS), np.float32)
        for start in range(0, len(pixels), CHUNK):
            chunk = pixels[start : start + CHUNK]
            replica.forward(scale_pixels(chunk))
            dlogits = np.zeros((len(chunk), DIGITS), np.float32)
            dlogits[:, digit] = 1
            out[start : start + CHUNK] = replica.backward(dlogits, to_input=True)
        return out.reshape(-1, 28, 28)


def as_rows(images: np.ndarray) -> np.ndarray:
    """(n, 28, 28) uint8 images as (n, 784); DataError for anything else."""
    if images.ndim != 3 or images.shape[1:] != (28, 28) or images.dtype != np.uint8:
        raise DataError(f"images must be (n, 28, 28) uint8, got {images.shape} {images.dtype}: prepare them first")
    return images.reshape(len(images), PIXELS)


def scale_pixels(pixels: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """uint8 pixels 0 to 255 as float32 from 0 to 1."""
    return np.multiply(pixels, np.float32(1 / 255), out=out, dtype=np.float32)
