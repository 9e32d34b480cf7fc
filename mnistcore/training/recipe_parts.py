"""What recipes are made of: the record itself, layers that several have, and kinds of recipes."""

from dataclasses import dataclass
from typing import Any

from mnistcore.nn import DenseConfig, InitializationConfig, LayerConfig, OptimizerConfig
from mnistcore.nn.layer_config import (
    Activation,
    BatchNormConfig,
    Conv2dConfig,
    DropoutConfig,
    FlattenConfig,
    MaxPool2dConfig,
)
from mnistcore.training.config import ScheduleConfig, TrainingConfig


@dataclass(frozen=True)
class Recipe:
    """A config with a name, what it shows, and what was published about it (empty for our own)."""

    name: str
    title: str
    summary: str
    published: str
    config: TrainingConfig


def dense(*units: int, activation: Activation = "relu") -> tuple[DenseConfig, ...]:
    return tuple(DenseConfig(units=count, activation=activation) for count in units)


def convolution(*filters: int) -> tuple[LayerConfig, ...]:
    """Rounds of 5 × 5 filters and 2 × 2 max-pooling, then one row of numbers."""
    rounds = [layer for count in filters for layer in (Conv2dConfig(filters=count), MaxPool2dConfig())]
    return (*rounds, FlattenConfig())


def normalized_convolution(filters: int, kernel: int = 3, pooled: bool = False) -> tuple[LayerConfig, ...]:
    """Filters, then batch normalisation and ReLU; pooled before these, which is the same for a quarter of the work."""
    pool = (MaxPool2dConfig(),) if pooled else ()
    filtered = Conv2dConfig(filters=filters, kernel=kernel, activation="identity", bias=False)
    return (filtered, *pool, BatchNormConfig(activation="relu"))


def four_rounds(
    first: int, second: int, third: int, fourth: int, dropout: float, map_dropout: float | None = None
) -> tuple[LayerConfig, ...]:
    """Four rounds of so many filters and a dense layer, all with batch normalisation: few epochs, high accuracy."""
    between = () if map_dropout is None else (DropoutConfig(rate=map_dropout),)
    return (
        *normalized_convolution(first, kernel=5, pooled=True),
        *between,
        *normalized_convolution(second),
        *between,
        *normalized_convolution(third),
        *between,
        *normalized_convolution(fourth, pooled=True),
        FlattenConfig(),
        DropoutConfig(rate=dropout),
        DenseConfig(units=128, activation="identity", bias=False),
        BatchNormConfig(activation="relu"),
    )


def champion(name: str, title: str, summary: str, layers: tuple[LayerConfig, ...], **settings: Any) -> Recipe:
    """As accurate as it gets: images that change each time, and one cycle of the learning rate."""
    config = TrainingConfig(
        layers=layers,
        schedule=ScheduleConfig(kind="one_cycle", warmup=0.2),
        validation_size=0,
        **settings,
    )
    return Recipe(name, title, summary, "", config)


def fast(
    name: str, percent: int, network: str, layers: tuple[LayerConfig, ...], warmup: float, **settings: Any
) -> Recipe:
    """To a test accuracy as soon as possible: few epochs, with one cycle of the learning rate over them."""
    schedule = ScheduleConfig(kind="one_cycle", warmup=warmup)
    return Recipe(
        name,
        f"Fast to {percent} %",
        f"{network}, and a learning rate that rises high, then falls to zero: {percent} % as soon as possible.",
        "",
        TrainingConfig(layers=layers, schedule=schedule, **settings),
    )


def unhealthy(
    name: str,
    title: str,
    summary: str,
    layers: tuple[LayerConfig, ...],
    initialization: InitializationConfig,
    learning_rate: float,
) -> Recipe:
    """What goes wrong in a network that is put together without care, for the health of its layers to show."""
    config = TrainingConfig(
        layers=layers,
        initialization=initialization,
        optimizer=OptimizerConfig(kind="sgd"),
        learning_rate=learning_rate,
        epochs=3,
    )
    return Recipe(name, title, summary, "", config)
