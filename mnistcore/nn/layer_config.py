"""The layers of a network, as validated settings with a stable JSON form."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Activation = Literal["relu", "leaky_relu", "sigmoid", "tanh", "identity"]

DIGITS = 10
PIXELS = 28 * 28


class Settings(BaseModel):
    """Base of all settings: immutable, no unknown fields, every default written out in JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class KindSettings(Settings):
    """Settings led by a ``kind``; a plain string stands for that kind with its defaults."""

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value


class DenseConfig(Settings):
    """A fully connected layer: activation(x W + b)."""

    kind: Literal["dense"] = "dense"
    units: int = Field(128, ge=1, le=4096)
    activation: Activation = "relu"
    bias: bool = True


class DropoutConfig(Settings):
    """Sets a random fraction of its inputs to zero during training and scales up the rest to compensate."""

    kind: Literal["dropout"] = "dropout"
    rate: float = Field(0.2, gt=0, lt=1)


class Conv2dConfig(Settings):
    """Square filters that slide over maps: cross-correlation, bias, activation."""

    kind: Literal["conv2d"] = "conv2d"
    filters: int = Field(8, ge=1, le=256)
    kernel: int = Field(5, ge=1, le=28)
    stride: int = Field(1, ge=1, le=28)
    padding: int = Field(0, ge=0, le=14)
    activation: Activation = "relu"
    bias: bool = True


class MaxPool2dConfig(Settings):
    """The largest value of each window."""

    kind: Literal["max_pool2d"] = "max_pool2d"
    kernel: int = Field(2, ge=1, le=28)
    stride: int = Field(2, ge=1, le=28)


class AveragePool2dConfig(Settings):
    """The mean of each window."""

    kind: Literal["average_pool2d"] = "average_pool2d"
    kernel: int = Field(2, ge=1, le=28)
    stride: int = Field(2, ge=1, le=28)


class FlattenConfig(Settings):
    """Maps as one row of numbers: what lies between convolution and dense layers."""

    kind: Literal["flatten"] = "flatten"


class BatchNormConfig(Settings):
    """Every unit or map normalised to mean 0 and variance 1 over the batch, then scaled and shifted as learned."""

    kind: Literal["batch_norm"] = "batch_norm"
    activation: Activation = "identity"


LayerConfig = Annotated[
    DenseConfig
    | DropoutConfig
    | Conv2dConfig
    | MaxPool2dConfig
    | AveragePool2dConfig
    | FlattenConfig
    | BatchNormConfig,
    Field(discriminator="kind"),
]


class LayersConfig(Settings):
    """The hidden layers, and whether the output layer has a bias: of 10 units, one a digit, it is implied."""

    layers: tuple[LayerConfig, ...] = (DenseConfig(),)
    output_bias: bool = True

    @field_validator("layers")
    @classmethod
    def _not_too_deep(cls, layers: tuple[LayerConfig, ...]) -> tuple[LayerConfig, ...]:
        if len(layers) > 20:
            raise ValueError(f"a network takes at most 20 hidden layers, got {len(layers)}: remove some")
        return layers
