"""What a network is made of, as validated settings with a stable JSON form."""

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Activation = Literal["sigmoid", "tanh", "relu", "leaky_relu", "identity"]
Loss = Literal["softmax_cross_entropy", "sigmoid_squared_error", "sigmoid_binary_cross_entropy", "linear_squared_error"]

DIGITS = 10
PIXELS = 28 * 28
MAX_PARAMETERS = 10_000_000


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
    """Sets a random share of its inputs to zero while training and scales the rest up to make good for it."""

    kind: Literal["dropout"] = "dropout"
    rate: float = Field(0.2, gt=0, lt=1)


class Conv2dConfig(Settings):
    """Square filters slid over maps: cross-correlation, bias, activation."""

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
    """Every unit or map shifted and scaled to mean 0 and variance 1 over the batch, then by what it learns."""

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


class InitializationConfig(KindSettings):
    """Where weights start.

    ``he`` and ``glorot`` scale with the layer's size and start biases at zero; ``uniform`` (low to high) and
    ``normal`` (standard_deviation) draw weights and biases alike; ``zeros`` cannot break the symmetry of hidden units.
    """

    kind: Literal["he", "glorot", "uniform", "normal", "zeros"] = "he"
    low: float = Field(-0.5, ge=-10, le=10)
    high: float = Field(0.5, ge=-10, le=10)
    standard_deviation: float = Field(0.01, gt=0, le=10)

    @model_validator(mode="after")
    def _ordered(self) -> "InitializationConfig":
        if self.kind == "uniform" and self.low >= self.high:
            raise ValueError(f"initialization.low must be below initialization.high, got {self.low} and {self.high}")
        return self


class NetworkConfig(Settings):
    """Hidden layers, the output layer's bias, the loss (which decides the output activation) and the initial weights.

    The output layer of 10 units, one a digit, is implied.
    """

    layers: tuple[LayerConfig, ...] = (DenseConfig(),)
    output_bias: bool = True
    loss: Loss = "softmax_cross_entropy"
    initialization: InitializationConfig = InitializationConfig()

    @field_validator("layers")
    @classmethod
    def _not_too_deep(cls, layers: tuple[LayerConfig, ...]) -> tuple[LayerConfig, ...]:
        if len(layers) > 20:
            raise ValueError(f"a network takes at most 20 hidden layers, got {len(layers)}: remove some")
        return layers

    @model_validator(mode="after")
    def _fits(self) -> "NetworkConfig":
        """Every layer takes what the one before it gives, and all together are not too large."""
        from mnistcore.nn.build import build_layers  # which needs this module

        count = sum(math.prod(shape) for layer in build_layers(self) for shape in layer.shapes.values())
        if count > MAX_PARAMETERS:
            raise ValueError(
                f"the network would have {count:,} parameters, at most {MAX_PARAMETERS:,} are allowed: use fewer units"
            )
        return self
