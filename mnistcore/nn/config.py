"""The parts of a network as validated settings: layers, which must fit together, loss and initial weights."""

import math
from typing import Literal

from pydantic import Field, model_validator

from mnistcore.nn.build import build_layers
from mnistcore.nn.layer_config import KindSettings, LayersConfig

Loss = Literal["softmax_cross_entropy", "sigmoid_squared_error", "sigmoid_binary_cross_entropy", "linear_squared_error"]

MAX_PARAMETERS = 10_000_000


class InitializationConfig(KindSettings):
    """The initial weights.

    ``he`` and ``glorot`` scale with the layer's size and set biases to zero; ``uniform`` (low to high) and
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


class NetworkConfig(LayersConfig):
    """Layers, the loss (which decides the output activation) and the initial weights."""

    loss: Loss = "softmax_cross_entropy"
    initialization: InitializationConfig = InitializationConfig()

    @model_validator(mode="after")
    def _fits(self) -> "NetworkConfig":
        """Every layer takes what the one before it gives, and all together are not too large."""
        count = sum(math.prod(shape) for layer in build_layers(self) for shape in layer.shapes.values())
        if count > MAX_PARAMETERS:
            raise ValueError(
                f"the network would have {count:,} parameters, at most {MAX_PARAMETERS:,} are allowed: use fewer units"
            )
        return self
