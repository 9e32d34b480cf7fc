"""What a trained network has learned and where it fails: arrays in, arrays out."""

from mnistcore.insight.confusion import (
    DigitPair,
    accuracy_counts,
    accuracy_interval,
    cell_examples,
    confused_both_ways,
    confusion_matrix,
    mistakes,
    most_confused_pairs,
    per_digit_metrics,
    row_shares,
)
from mnistcore.insight.feature_maps import LayerOutput, layer_outputs
from mnistcore.insight.gradient_check import GradientCheck, check_gradients
from mnistcore.insight.trace import LayerTrace, StepTrace, trace_step
from mnistcore.insight.weight_images import (
    WeightedLayer,
    difference,
    digit_templates,
    strongest_unit,
    symmetric_limit,
    unit_weights,
    weight_images,
    weighted_layers,
)

__all__ = [
    "DigitPair",
    "GradientCheck",
    "LayerOutput",
    "LayerTrace",
    "StepTrace",
    "WeightedLayer",
    "accuracy_counts",
    "accuracy_interval",
    "cell_examples",
    "check_gradients",
    "confused_both_ways",
    "confusion_matrix",
    "difference",
    "digit_templates",
    "layer_outputs",
    "mistakes",
    "most_confused_pairs",
    "per_digit_metrics",
    "row_shares",
    "strongest_unit",
    "symmetric_limit",
    "trace_step",
    "unit_weights",
    "weight_images",
    "weighted_layers",
]
