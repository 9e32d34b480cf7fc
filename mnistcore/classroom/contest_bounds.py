"""What a teacher allows in a contest, and the settings that a phone may choose within it."""

from dataclasses import dataclass
from typing import Any

from mnistcore.errors import ConfigError
from mnistcore.nn import summarize
from mnistcore.training.config import TrainingConfig, parse_config

MEASURES = ("accuracy", "accuracy × speed", "fewest parameters")
OPTIMIZERS = ("sgd", "momentum", "adam")
ACTIVATIONS = ("relu", "tanh", "sigmoid")
UNITS = (8, 16, 32, 64, 128, 256)
MOST_LAYERS = 3
BATCH_SIZES = (16, 32, 64, 128, 256)
LEARNING_RATES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
MAX_EPOCHS, MAX_TRIES = 20, 50


@dataclass(frozen=True)
class Bounds:
    """What the teacher allows, and what counts.

    ``target`` is the validation accuracy that a network must reach where the fewest parameters win.
    """

    dataset: str
    train_size: int = 10_000
    epochs: int = 5
    parameters: int = 200_000
    tries: int = 5
    measure: str = "accuracy"
    target: float = 0.9
    validation_size: int = 5000

    def check(self) -> None:
        """ConfigError for bounds that cannot be ones."""
        limits = {
            "train_size": 60_000,
            "validation_size": 10_000,
            "epochs": MAX_EPOCHS,
            "parameters": 1_000_000,
            "tries": MAX_TRIES,
        }
        for name, most in limits.items():
            value = getattr(self, name)
            if not 1 <= value <= most:
                raise ConfigError(f"{name} must be 1 to {most:,} in a contest, got {value:,}")
        if self.measure not in MEASURES:
            raise ConfigError(f"measure must be one of {', '.join(MEASURES)}, got {self.measure!r}")
        if not 0 <= self.target <= 1:
            raise ConfigError(f"target must be 0 to 1, got {self.target:g}")


def validation_size_for(images: int) -> int:
    """How many of a data set's training images judge a contest: 5,000, or a sixth of them where that is less."""
    return max(1, min(Bounds.validation_size, images // 6))


def parse_choice(value: Any, bounds: Bounds) -> TrainingConfig:
    """A phone's choice as a config; ConfigError, in words for whoever chose, for anything outside the bounds."""
    if not isinstance(value, dict):
        raise ConfigError("The settings did not arrive: load the page again.")
    layers = value.get("layers")
    if (
        not isinstance(layers, list)
        or len(layers) > MOST_LAYERS
        or any(type(n) is not int or n not in UNITS for n in layers)
    ):
        raise ConfigError(f"Hidden layers: at most {MOST_LAYERS}, each of {', '.join(map(str, UNITS))} units.")
    choices = {
        "activation": ACTIVATIONS,
        "optimizer": OPTIMIZERS,
        "batch_size": BATCH_SIZES,
        "learning_rate": LEARNING_RATES,
    }
    for name, allowed in choices.items():
        if type(value.get(name)) not in (str, int, float) or value[name] not in allowed:
            raise ConfigError(f"{name.replace('_', ' ').capitalize()} must be one of {', '.join(map(str, allowed))}.")
    epochs = value.get("epochs")
    if type(epochs) is not int or not 1 <= epochs <= bounds.epochs:
        raise ConfigError(f"Epochs must be 1 to {bounds.epochs}.")
    settings = {"layers": [{"units": units, "activation": value["activation"]} for units in layers], "epochs": epochs}
    settings |= {"train_size": bounds.train_size, "validation_size": bounds.validation_size}
    settings |= {"optimizer": value["optimizer"], "batch_size": value["batch_size"]}
    config = parse_config(settings | {"learning_rate": float(value["learning_rate"])})
    count = sum(layer.parameters for layer in summarize(config))
    if count > bounds.parameters:
        raise ConfigError(
            f"This network has {count:,} parameters, at most {bounds.parameters:,} are allowed: make it smaller."
        )
    return config
