"""What a trained network has learned and where it errs: arrays in, arrays out."""

from mnistcore.insight.confusion import (
    accuracy_interval,
    cell_examples,
    confusion_matrix,
    most_confused_pairs,
    per_digit_metrics,
)
from mnistcore.insight.weight_images import digit_templates, symmetric_limit, weight_images

__all__ = [
    "accuracy_interval",
    "cell_examples",
    "confusion_matrix",
    "digit_templates",
    "most_confused_pairs",
    "per_digit_metrics",
    "symmetric_limit",
    "weight_images",
]
