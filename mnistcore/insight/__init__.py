"""What a trained network has learned and where it errs: arrays in, arrays out."""

from mnistcore.insight.confusion import (
    accuracy_interval,
    cell_examples,
    confusion_matrix,
    most_confused_pairs,
    per_digit_metrics,
)
from mnistcore.insight.feature_maps import LayerOutput, layer_outputs
from mnistcore.insight.gradient_check import GradientCheck, check_gradients
from mnistcore.insight.trace import LayerTrace, StepTrace, trace_step
from mnistcore.insight.weight_images import (
    WeightedLayer,
    digit_templates,
    symmetric_limit,
    unit_weights,
    weight_images,
    weighted_layers,
)

__all__ = [
    "GradientCheck",
    "LayerOutput",
    "LayerTrace",
    "StepTrace",
    "WeightedLayer",
    "accuracy_interval",
    "cell_examples",
    "check_gradients",
    "confusion_matrix",
    "digit_templates",
    "layer_outputs",
    "most_confused_pairs",
    "per_digit_metrics",
    "symmetric_limit",
    "trace_step",
    "unit_weights",
    "weight_images",
    "weighted_layers",
]
