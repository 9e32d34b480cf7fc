"""What an experiment may vary: any setting of a config by its name, and a few that speak of many layers at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import Field, ValidationError

from mnistcore.errors import ConfigError
from mnistcore.nn import DenseConfig, LayerConfig
from mnistcore.nn.layer_config import Activation, Conv2dConfig, DropoutConfig, Settings
from mnistcore.training.config import TrainingConfig, describe_defects

Layers = tuple[LayerConfig, ...]


class ManyLayers(Settings):
    """What each setting that speaks of many layers at once may be."""

    hidden_layers: int = Field(1, ge=0, le=20)
    units: int = Field(1, ge=1, le=4096)
    filters: int = Field(1, ge=1, le=256)
    activation: Activation = "relu"
    dropout: float = Field(0, ge=0, lt=1)


def with_settings(config: TrainingConfig, values: Mapping[str, Any]) -> TrainingConfig:
    """The config with each of the values put in; ConfigError names the setting that cannot have its value.

    The names are those of ``TrainingConfig.overridden`` ("learning_rate", "optimizer.kind"), and those of
    ``OF_MANY_LAYERS``. The number of layers comes first, so that units, filters and dropout reach all of them.
    """
    try:
        many = ManyLayers(**{name: value for name, value in values.items() if name in OF_MANY_LAYERS})
    except ValidationError as error:
        raise ConfigError(describe_defects(error)) from error
    layers = config.layers
    for name in OF_MANY_LAYERS:
        if name in many.model_fields_set:
            layers = OF_MANY_LAYERS[name](layers, getattr(many, name))
    plain = {name: value for name, value in values.items() if name not in OF_MANY_LAYERS}
    if many.model_fields_set:
        plain["layers"] = [layer.model_dump(mode="json") for layer in layers]
    return config.overridden(plain)


def _changed(layer: LayerConfig, **values: Any) -> LayerConfig:
    return layer.model_copy(update=values)


def _hidden_layers(layers: Layers, count: int) -> Layers:
    """So many dense layers, each with what stands behind it: the last is repeated, or the last ones are left out."""
    starts = [place for place, layer in enumerate(layers) if isinstance(layer, DenseConfig)]
    first = starts[0] if starts else len(layers)
    ends = [*starts[1:], len(layers)]
    blocks = [layers[start:end] for start, end in zip(starts, ends, strict=False)] or [(DenseConfig(),)]
    blocks = blocks[:count] + [blocks[-1]] * (count - len(blocks))
    return (*layers[:first], *(layer for block in blocks for layer in block))


def _units(layers: Layers, units: int) -> Layers:
    return tuple(_changed(layer, units=units) if isinstance(layer, DenseConfig) else layer for layer in layers)


def _filters(layers: Layers, filters: int) -> Layers:
    """So many in the first convolution; the others keep their proportion to it."""
    first = next((layer.filters for layer in layers if isinstance(layer, Conv2dConfig)), None)
    if first is None:
        raise ConfigError("filters: this network has no convolution layer to vary; add one, or vary units")
    return tuple(
        _changed(layer, filters=max(1, round(layer.filters * filters / first)))
        if isinstance(layer, Conv2dConfig)
        else layer
        for layer in layers
    )


def _activation(layers: Layers, activation: Activation) -> Layers:
    """Of every layer that has one; batch normalisation takes it over from a layer that left it to it."""
    return tuple(
        _changed(layer, activation=activation)
        if not isinstance(layer, DropoutConfig) and getattr(layer, "activation", "identity") != "identity"
        else layer
        for layer in layers
    )


def _dropout(layers: Layers, rate: float) -> Layers:
    """Behind every dense hidden layer; at 0 there is none."""
    without = [layer for layer in layers if not isinstance(layer, DropoutConfig)]
    if rate == 0:
        return tuple(without)
    put: list[LayerConfig] = []
    for layer in without:
        put.append(layer)
        if isinstance(layer, DenseConfig):
            put.append(DropoutConfig(rate=rate))
    return tuple(put)


# In the order in which they are put in.
OF_MANY_LAYERS: dict[str, Callable[[Layers, Any], Layers]] = {
    "hidden_layers": _hidden_layers,
    "units": _units,
    "filters": _filters,
    "activation": _activation,
    "dropout": _dropout,
}


def present_values(config: TrainingConfig, name: str) -> list[Any]:
    """What a setting is in a config that is not varied; of many layers the values of each, alike ones once."""
    if name == "hidden_layers":
        return [sum(isinstance(layer, DenseConfig) for layer in config.layers)]
    if name in OF_MANY_LAYERS:
        attribute = {"dropout": "rate"}.get(name, name)
        found = (getattr(layer, attribute, None) for layer in config.layers)
        return list(dict.fromkeys(value for value in found if value not in (None, "identity")))
    value: Any = config
    for part in name.split("."):
        value = getattr(value, part)
    return [value]
