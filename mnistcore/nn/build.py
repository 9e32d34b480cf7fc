"""From settings to layers: each layer's shape follows from the one before, and a layer that does not fit is refused."""

from collections.abc import Iterator

from mnistcore.errors import ConfigError
from mnistcore.nn.convolution import Conv2d, ConvPool2d
from mnistcore.nn.layer_config import (
    DIGITS,
    PIXELS,
    AveragePool2dConfig,
    BatchNormConfig,
    Conv2dConfig,
    DenseConfig,
    DropoutConfig,
    FlattenConfig,
    LayerConfig,
    LayersConfig,
    MaxPool2dConfig,
)
from mnistcore.nn.layers import BatchNorm, Dense, Dropout, Shape
from mnistcore.nn.pooling import AveragePool2d, Flatten, MaxPool2d

Layer = Dense | Dropout | BatchNorm | Conv2d | MaxPool2d | AveragePool2d | Flatten

MAX_COLUMNS = 500_000  # numbers that a convolution's columns may hold for one image


def input_shape(config: LayersConfig, pixels: int = PIXELS) -> Shape:
    """(1, 28, 28) where the first layer that cares takes maps, else (pixels,)."""
    for layer in config.layers:
        if isinstance(layer, DenseConfig):
            break
        if isinstance(layer, Conv2dConfig | MaxPool2dConfig | AveragePool2dConfig | FlattenConfig):
            return (1, 28, 28)
    return (pixels,)


def hidden_layers(config: LayersConfig, pixels: int = PIXELS) -> Iterator[Layer]:
    """The layers before the output layer one by one, not yet bound; ConfigError at the first that does not fit."""
    shape = input_shape(config, pixels)
    for number, settings in enumerate(config.layers, 1):
        layer = _build(settings, shape, f"layer {number}, {settings.kind},")
        yield layer
        shape = layer.output_shape


def build_layers(config: LayersConfig, pixels: int = PIXELS) -> list[Layer]:
    """The layers of a network as its settings say, output layer last, not yet bound; ConfigError if two do not fit."""
    layers = list(hidden_layers(config, pixels))
    shape = layers[-1].output_shape if layers else input_shape(config, pixels)
    if len(shape) != 1:
        raise ConfigError(
            f"the output layer takes a row of numbers, not {_maps(shape)}: add a flatten layer at the end"
        )
    return [*layers, Dense(shape[0], DIGITS, "identity", config.output_bias)]


def fuse(layers: list[Layer]) -> list[tuple[int, Layer]]:
    """The same layers with their places, a convolution and the 2 × 2 max-pooling after it as one."""
    fused: list[tuple[int, Layer]] = []
    for place, layer in enumerate(layers):
        before = fused[-1][1] if fused else None
        if isinstance(layer, MaxPool2d) and type(before) is Conv2d and _can_fuse(before, layer):
            settings = before.filters, before.kernel, before.stride, before.padding, before.activation, before.bias
            fused[-1] = place - 1, ConvPool2d(before.input_shape, *settings)
        else:
            fused.append((place, layer))
    return fused


def _can_fuse(conv: Conv2d, pool: MaxPool2d) -> bool:
    return pool.kernel == pool.stride == 2 and conv.output_shape[1] % 2 == conv.output_shape[2] % 2 == 0


def _build(settings: LayerConfig, shape: Shape, name: str) -> Layer:
    if isinstance(settings, DropoutConfig):
        return Dropout(shape, settings.rate)
    if isinstance(settings, BatchNormConfig):
        return BatchNorm(shape, settings.activation)
    if isinstance(settings, DenseConfig):
        if len(shape) != 1:
            raise ConfigError(f"{name} takes a row of numbers, not {_maps(shape)}: put a flatten layer before it")
        return Dense(shape[0], settings.units, settings.activation, settings.bias)
    if len(shape) != 3:
        raise ConfigError(
            f"{name} takes maps, but gets a row of {shape[0]:,} numbers: move it before the first dense one"
        )
    if isinstance(settings, FlattenConfig):
        return Flatten(shape)
    layer: Layer
    if isinstance(settings, Conv2dConfig):
        layer = Conv2d(
            shape,
            settings.filters,
            settings.kernel,
            settings.stride,
            settings.padding,
            settings.activation,
            settings.bias,
        )
    else:
        pool = MaxPool2d if isinstance(settings, MaxPool2dConfig) else AveragePool2d
        layer = pool(shape, settings.kernel, settings.stride)
    if min(layer.output_shape) < 1:
        size = f"{settings.kernel} × {settings.kernel}"
        raise ConfigError(f"{name} needs at least {size} pixels, but gets {_maps(shape)}: use a smaller kernel")
    if isinstance(layer, Conv2d) and layer.shapes["W"][0] * layer.output_shape[1] * layer.output_shape[2] > MAX_COLUMNS:
        raise ConfigError(f"{name} would take too much memory on {_maps(shape)}: use fewer maps or a larger stride")
    return layer


def _maps(shape: Shape) -> str:
    channels, height, width = shape
    return f"{channels} map{'' if channels == 1 else 's'} of {height} × {width}"
