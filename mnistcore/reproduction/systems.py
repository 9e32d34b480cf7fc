"""What was published about each system, its goals, and the recipes that have to reach them."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Column = Literal["train_accuracy", "test_accuracy", "views_accuracy", "validation_loss", "seconds"]


@dataclass(frozen=True)
class Goal:
    """One figure of a system: what was published, and the goal, a value from ``low`` to ``high``.

    Accuracies are shares (0.97); ``views_accuracy`` is that of the test images with nine views of each. The figure is
    the ``column`` of a run's last history row that has one, or of the row ``at`` a step, or the highest one ``until`` a
    step. Without bounds it only serves for comparison. ``recipe`` is the one that has to reach it, if not the system's
    own.
    """

    key: str
    words: str
    column: Column
    published: float | None = None
    low: float | None = None
    high: float | None = None
    at: int | None = None
    until: int | None = None
    recipe: str | None = None

    @property
    def unit(self) -> str:
        """How ``shown`` writes it: "%", "s", or "" for a loss."""
        return {"seconds": "s", "validation_loss": ""}.get(self.column, "%")

    @property
    def wanted(self) -> str:
        """The bounds in words: ``at least 97 %``; empty without bounds."""
        if self.low is not None and self.high is not None:
            return f"{self.stated(self.low)} to {self.stated(self.high)}"
        if self.high is not None:
            return f"under {self.stated(self.high)}"
        return f"at least {self.stated(self.low)}" if self.low is not None else ""

    def shown(self, value: float) -> str:
        """A measured value with its unit: 0.9 as ``90.00 %``."""
        if self.column == "seconds":
            return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"
        return f"{value:.4f}" if self.column == "validation_loss" else f"{value * 100:.2f} %"

    def stated(self, value: float) -> str:
        """A published value or a bound, no more exact than it was stated: 0.9 as ``90 %``."""
        return f"{value * 100:g} %" if self.unit == "%" else f"{value:g} {self.unit}".strip()

    def is_met(self, value: float | None) -> bool | None:
        """Whether a value lies within the bounds; None where there are none, or no value."""
        if value is None or not math.isfinite(value) or (self.low is None and self.high is None):
            return None
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def measure(self, rows: Iterable[Mapping[str, Any]]) -> float | None:
        """The figure in a run's history, or None as long as it is not there."""
        found = [(row["step"], row[self.column]) for row in rows if _is_number(row.get(self.column))]
        if self.at is not None:
            return next((float(value) for step, value in found if step == self.at), None)
        if self.until is not None:
            return max((float(value) for step, value in found if step <= self.until), default=None)
        return float(found[-1][1]) if found else None


@dataclass(frozen=True)
class System:
    """A system: who wrote it up, the recipe that trains it here, and its figures; ``variants`` are further recipes."""

    name: str
    title: str
    source: str
    recipe: str
    goals: tuple[Goal, ...]
    variants: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0, 1, 2)

    @property
    def published(self) -> dict[str, float]:
        """The published figures by key."""
        return {goal.key: goal.published for goal in self.goals if goal.published is not None}

    def goal(self, key: str) -> Goal:
        """The goal of that key; KeyError without one."""
        return {goal.key: goal for goal in self.goals}[key]


def _is_number(value: Any) -> bool:
    return value is not None and math.isfinite(value)


def _after(images: int, published: float, low: float | None = None, high: float | None = None) -> Goal:
    words = f"test accuracy after {images:,} images"
    return Goal(f"accuracy_at_{images}", words, "test_accuracy", published, low, high, at=images)


_ALL = (
    System(
        "perceptrons",
        "Ten perceptrons",
        "a blog post in two parts, with a video of the training",
        "perceptrons",
        (
            Goal("accuracy_by_step_500", "test accuracy within 500 steps", "test_accuracy", 0.80, 0.80, until=500),
            Goal("test_accuracy", "test accuracy at the end", "test_accuracy", 0.90, 0.90),
        ),
    ),
    System(
        "stepped-mlp",
        "Stepped-down network",
        "a blog post with scikit-learn's MLPClassifier",
        "stepped-mlp",
        (Goal("test_accuracy", "test accuracy after 20 epochs", "test_accuracy", 0.97, 0.97),),
    ),
    System(
        "from-scratch",
        "From scratch, full batch",
        "a blog post with a notebook, after a video by Samson Zhang",
        "from-scratch",
        (Goal("test_accuracy", "test accuracy after 2,020 iterations", "test_accuracy", 0.8057, 0.7657, 0.8457),),
    ),
    System(
        "deep-leaky",
        "Six hidden layers",
        "a blog post of November 2023 with TensorFlow/Keras",
        "deep-leaky",
        (
            Goal("train_accuracy", "training accuracy after 10 epochs", "train_accuracy", 0.9888, 0.9888),
            Goal("validation_loss", "validation loss after 10 epochs", "validation_loss", 0.0581),
            Goal(
                "regularised_test_accuracy",
                "test accuracy, regularised",
                "test_accuracy",
                low=0.985,
                recipe="deep-leaky-regularised",
            ),
        ),
        variants=("deep-leaky-regularised",),
    ),
    System(
        "linear-online",
        "Linear, one image at a time",
        "the third of a series of blog posts",
        "linear-online",
        (
            _after(0, 0.1256, 0.05, 0.15),
            _after(100, 0.1835),
            _after(1_000, 0.3129),
            _after(10_000, 0.5694, 0.40, 0.72),
            _after(20_000, 0.5709),
            _after(30_000, 0.6719),
            _after(40_000, 0.5761),
            _after(50_000, 0.6901),
            _after(60_000, 0.6928, 0.60, 0.75),
            Goal("seconds", "time for 60,000 images", "seconds", 720, high=3),
        ),
    ),
    System(
        "champion-99.5",
        "Champion, 99.5 %",
        "our own",
        "champion-99.5",
        (
            Goal("test_accuracy", "test accuracy", "test_accuracy", low=0.995),
            Goal("seconds", "training time", "seconds", high=50),
        ),
    ),
    System(
        "champion",
        "Champion",
        "our own",
        "champion",
        (
            Goal("test_accuracy", "test accuracy", "test_accuracy"),
            Goal("views_accuracy", "test accuracy, nine views of each image", "views_accuracy", low=0.997),
            Goal("seconds", "training time", "seconds", high=900),
        ),
        seeds=(0, 1, 2, 3, 4),
    ),
    System(
        "mlp-champion",
        "Champion without convolution",
        "our own",
        "mlp-champion",
        (Goal("test_accuracy", "test accuracy", "test_accuracy", low=0.992),),
    ),
)

SYSTEMS: dict[str, System] = {system.name: system for system in _ALL}
FIVE = tuple(SYSTEMS)[:5]  # those that others have written up
