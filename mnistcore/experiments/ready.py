"""Experiments that are ready to start, and the settings that are often varied, each with usual values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mnistcore.experiments.config import ExperimentConfig, Values, Variation, parse_experiment, parse_variation
from mnistcore.nn import DenseConfig
from mnistcore.training.config import TrainingConfig

HELD_OUT = 5000  # validation images of a base that has none: settings are compared on them

# What each setting is varied over unless somebody says otherwise, as ``parse_variation`` reads it.
USUAL = {
    "learning_rate": "log:1e-4:1e-1",
    "batch_size": "16,64,256",
    "optimizer.kind": "sgd,momentum,adam",
    "units": "32,64,128",
    "hidden_layers": "1,2,3",
    "activation": "relu,tanh,sigmoid",
    "dropout": "0,0.2,0.5",
    "weight_decay": "log:1e-6:1e-2",
    "label_smoothing": "0,0.05,0.1",
    "weight_average": "0,0.99,0.999",
    "epochs": "2,5,10",
    "train_size": "1000,5000,20000",
    "schedule.kind": "constant,cosine,one_cycle",
    "initialization.kind": "he,glorot,normal",
    "filters": "4,8,16",
    "augmentation.shift": "0,1,2",
    "augmentation.rotation": "0,5,10",
}


@dataclass(frozen=True)
class Ready:
    """An experiment that starts with a click: its question, what it does, and what varies over which values."""

    name: str
    title: str
    summary: str
    vary: Mapping[str, str]
    base: Mapping[str, Any]
    seeds: int = 1

    def config(self, dataset: str, images: int) -> ExperimentConfig:
        """The experiment on a data set that has so many training images, those for validation among them.

        Of a list of numbers of images those remain that the data set has.
        """
        base = TrainingConfig(layers=(DenseConfig(units=64),), epochs=3, train_size=10_000, validation_size=2000)
        base = base.overridden(self.base)
        largest = images - base.validation_size
        if base.train_size is not None and base.train_size > largest:
            base = base.overridden({"train_size": None})
        vary = {name: _available(name, parse_variation(text), largest) for name, text in self.vary.items()}
        return parse_experiment(
            {"base": base, "dataset": dataset, "vary": vary, "seeds": self.seeds, "sampler": "grid"}
        )


def _available(name: str, variation: Variation, largest: int) -> Variation:
    if name != "train_size" or not isinstance(variation, Values):
        return variation
    fitting = tuple(count for count in variation.values if isinstance(count, int) and count <= largest)
    return Values(values=fitting or (largest,))


READY = {
    ready.name: ready
    for ready in (
        Ready(
            "rate-and-batch",
            "Learning rate × batch size",
            "Does a larger batch need a larger learning rate? Five rates with four batch sizes.",
            {"learning_rate": "log:1e-4:1e-1", "batch_size": "16,64,256,1024"},
            {},
        ),
        Ready(
            "activation",
            "Which activation?",
            "ReLU, leaky ReLU, tanh and sigmoid in two hidden layers, each with three learning rates and two seeds.",
            {"activation": "relu,leaky_relu,tanh,sigmoid", "learning_rate": "0.0003,0.001,0.003"},
            {"layers": [{"units": 64}, {"units": 64}]},
            seeds=2,
        ),
        Ready(
            "size",
            "How many units and layers?",
            "From 8 to 128 units in one, two or three hidden layers: what is gained, and where it ends.",
            {"units": "8,16,32,64,128", "hidden_layers": "1,2,3"},
            {},
        ),
        Ready(
            "images",
            "How many images are enough?",
            "The same number of training steps on more and more images, three seeds each.",
            {"train_size": "250,500,1000,2000,4000,8000,16000,32000"},
            {"epochs": 250, "max_steps": 1000},
            seeds=3,
        ),
        Ready(
            "overfitting",
            "What holds overfitting back?",
            "A wide network on 1,000 images, with and without dropout, weight decay and shifted images.",
            {"dropout": "0,0.2,0.5", "weight_decay": "0,0.001,0.01", "augmentation.shift": "0,2"},
            {"layers": [{"units": 256}], "train_size": 1000, "epochs": 30},
        ),
        Ready(
            "seed",
            "Does the seed matter?",
            "Two networks that hardly differ, 64 and 72 units, twelve seeds each: chance against the setting.",
            {"units": "64,72"},
            {},
            seeds=12,
        ),
    )
}


def comparable(base: TrainingConfig) -> TrainingConfig:
    """The base with validation images, which settings are compared on; as it is if it has some."""
    return base if base.validation_size else base.overridden({"validation_size": HELD_OUT})


def checked_variation(base: TrainingConfig, name: str, text: str) -> Variation:
    """What is written for a setting, as far as this base can have it; ConfigError says what is wrong."""
    variation = parse_variation(text.strip())
    parse_experiment({"base": base, "vary": {name: variation}, "sampler": "random", "runs": 1})
    return variation
