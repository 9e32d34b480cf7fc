"""What a trained network has learned and where it errs: arrays in, arrays out."""

from mnistcore.insight.confusion import (
    accuracy_interval,
    cell_examples,
    confusion_matrix,
    most_confused_pairs,
    per_digit_metrics,
)
from mnistcore.insight.feature_maps import LayerOutput, layer_outputs
from mnistcore.insight.weight_images import (
    WeightedLayer,
    digit_templates,
    symmetric_limit,
    unit_weights,
    weight_images,
    weighted_layers,
)

__all__ = [
    "LayerOutput",
    "WeightedLayer",
    "accuracy_interval",
    "cell_examples",
    "confusion_matrix",
    "digit_templates",
    "layer_outputs",
    "most_confused_pairs",
    "per_digit_metrics",
    "symmetric_limit",
    "unit_weights",
    "weight_images",
    "weighted_layers",
]
