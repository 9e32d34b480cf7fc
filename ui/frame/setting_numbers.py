"""The settings of the builder that are numbers: what each is called, and the limits that its config gives it."""

from __future__ import annotations

import re
from functools import cache
from types import UnionType
from typing import Any, get_args

from pydantic import BaseModel

from mnistcore.nn.layer_config import LayerConfig
from mnistcore.training import TrainingConfig
from ui.frame.number_field import Number

# Which numbers belong to which kind.
OPTIMIZER_CONSTANTS: dict[str, tuple[str, ...]] = {
    "momentum": ("momentum",),
    "nesterov": ("momentum",),
    "rmsprop": ("rho", "epsilon"),
    "adam": ("beta_1", "beta_2", "epsilon"),
    "adamw": ("beta_1", "beta_2", "epsilon"),
}
SCHEDULE_CONSTANTS: dict[str, tuple[str, ...]] = {
    "step": ("step_epochs", "factor"),
    "cosine": ("final",),
    "one_cycle": ("warmup", "final"),
    "adaptive": ("patience", "tolerance"),
}
INITIALIZATION_CONSTANTS: dict[str, tuple[str, ...]] = {
    "uniform": ("low", "high"),
    "normal": ("standard_deviation",),
}
LABELS = {  # by the setting's dotted name; a layer's by its kind
    "learning_rate": "Learning rate",
    "batch_size": "Batch size",
    "epochs": "Epochs",
    "weight_decay": "Weight decay",
    "label_smoothing": "Label smoothing",
    "weight_average": "Mean of the weights: decay",
    "early_stopping": "Early stopping: patience in epochs",
    "seed": "Seed",
    "train_size": "Training images",
    "validation_size": "Validation images",
    "max_steps": "Maximum steps",
    "target_accuracy": "Stop at a validation accuracy of",
    "max_seconds": "Maximum seconds",
    "optimizer.momentum": "Momentum",
    "optimizer.rho": "Rho",
    "optimizer.beta_1": "Beta 1",
    "optimizer.beta_2": "Beta 2",
    "optimizer.epsilon": "Epsilon",
    "schedule.step_epochs": "Every … epochs",
    "schedule.factor": "Factor",
    "schedule.warmup": "Warm-up fraction",
    "schedule.final": "Final fraction",
    "schedule.patience": "Patience in epochs",
    "schedule.tolerance": "Tolerance",
    "initialization.low": "From",
    "initialization.high": "To",
    "initialization.standard_deviation": "Standard deviation",
    "augmentation.shift": "Shift in pixels",
    "augmentation.rotation": "Rotation in degrees",
    "augmentation.scale": "Scale, as a fraction",
    "augmentation.shear": "Shear",
    "augmentation.elastic": "Elastic bending in pixels",
    "dense.units": "Units",
    "dropout.rate": "Dropout rate",
    "conv2d.filters": "Filters",
    "conv2d.kernel": "Kernel",
    "conv2d.stride": "Stride",
    "conv2d.padding": "Padding",
    "max_pool2d.kernel": "Kernel",
    "max_pool2d.stride": "Stride",
    "average_pool2d.kernel": "Kernel",
    "average_pool2d.stride": "Stride",
}
_LAYERS: dict[str, type[BaseModel]] = {
    kind.model_fields["kind"].default: kind for kind in get_args(get_args(LayerConfig)[0])
}


@cache
def number_of(name: str) -> Number | None:
    """What the field for the setting `name` takes; None for a setting that is no number."""
    if name not in LABELS:
        return None
    if name == "batch_size":  # a number or "full"
        return Number(LABELS[name], is_whole=True, low=1, high=1_000_000)
    *parents, last = name.split(".")
    model: Any = TrainingConfig
    for parent in parents:
        model = _LAYERS.get(parent) or model.model_fields[parent].annotation
    field = model.model_fields[last]
    is_optional = isinstance(field.annotation, UnionType)
    is_whole = int in (get_args(field.annotation) or (field.annotation,))
    limits = {}
    for limit in field.metadata:
        for kind, meaning in (("ge", "low"), ("le", "high"), ("gt", "above"), ("lt", "below")):
            if hasattr(limit, kind):
                limits[meaning] = getattr(limit, kind)
    return Number(LABELS[name], is_whole, is_optional=is_optional, **limits)


def in_words(problem: str) -> str:
    """A sentence about settings with their names as the builder's fields have them."""
    named = _NAMES.sub(lambda found: f"“{LABELS[found[0]]}”", problem)
    return f"{named[0].upper()}{named[1:].rstrip('.')}."


_NAMES = re.compile(r"(?<![\w.])(" + "|".join(map(re.escape, LABELS)) + r")(?!\w|\.\w)")
