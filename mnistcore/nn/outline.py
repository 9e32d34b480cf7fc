"""Networks and layers in a few words, for names, tables and the command line."""

from mnistcore.nn.config import NetworkConfig
from mnistcore.nn.layer_config import (
    AveragePool2dConfig,
    BatchNormConfig,
    Conv2dConfig,
    DenseConfig,
    DropoutConfig,
    FlattenConfig,
    LayerConfig,
    MaxPool2dConfig,
)


def outline_network(config: NetworkConfig) -> str:
    """``784-128-10`` where all layers are dense, else the layers that shape it: ``conv 8×5×5, pool, 128``.

    Dropout and flatten layers are left out: the first leaves the shape alone, the second follows from the rest.
    """
    layers = [layer for layer in config.layers if not isinstance(layer, DropoutConfig | FlattenConfig)]
    units = [str(layer.units) for layer in layers if isinstance(layer, DenseConfig)]
    if len(units) == len(layers):
        return "-".join(["784", *units, "10"])
    return ", ".join(_short(layer) for layer in layers)


def outline_layer(layer: LayerConfig) -> str:
    """A layer with all that was set: ``128 relu``, ``dropout 0.2``, ``conv 8×5×5 stride 2 relu``, ``pool``."""
    if isinstance(layer, DropoutConfig):
        return f"dropout {layer.rate:g}"
    if isinstance(layer, DenseConfig | Conv2dConfig):
        extras = [f"padding {layer.padding}"] if isinstance(layer, Conv2dConfig) and layer.padding else []
        return ", ".join([f"{_short(layer)} {layer.activation}", *extras, *([] if layer.bias else ["no bias"])])
    if isinstance(layer, BatchNormConfig):
        return _short(layer) if layer.activation == "identity" else f"{_short(layer)} {layer.activation}"
    return _short(layer)


def _short(layer: LayerConfig) -> str:
    """What a layer does to the shape."""
    if isinstance(layer, DenseConfig):
        return str(layer.units)
    if isinstance(layer, Conv2dConfig):
        stride = "" if layer.stride == 1 else f" stride {layer.stride}"
        return f"conv {layer.filters}×{layer.kernel}×{layer.kernel}{stride}"
    if isinstance(layer, MaxPool2dConfig | AveragePool2dConfig):
        name = "pool" if isinstance(layer, MaxPool2dConfig) else "average pool"
        size = "" if layer.kernel == layer.stride == 2 else f" {layer.kernel}×{layer.kernel}"
        return name + size + ("" if layer.stride == layer.kernel else f" stride {layer.stride}")
    return layer.kind.replace("_", " ")
