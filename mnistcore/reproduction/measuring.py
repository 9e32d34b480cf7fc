"""Training a system's recipes, from one seed or several, for the figures of its goals."""

import math
import statistics
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from mnistcore.data import Dataset
from mnistcore.errors import RunError
from mnistcore.nn.views import predict_views
from mnistcore.reproduction.systems import System
from mnistcore.reproduction.verdict import figures
from mnistcore.training import Progress, TrainingConfig, TrainingState, recipe, train

Watch = Callable[[str, int, Progress], object]  # is told recipe, seed and how far it is
COLUMNS = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "test_loss", "test_accuracy")


def measure(system: System, dataset: Dataset, seed: int, watch: Watch | None = None) -> dict[str, float]:
    """Train the system's recipe and its variants, all from ``seed``: key → value of its goals.

    ConfigError if there is no such recipe, RunError if a training diverges.
    """
    found: dict[str, float] = {}
    in_views = any(goal.column == "views_accuracy" for goal in system.goals)
    for name in (system.recipe, *system.variants):
        config = recipe(name).config.model_copy(update={"seed": seed})
        found |= figures(history(config, dataset, watch and partial(watch, name, seed), in_views), system, name)
    return found


def history(
    config: TrainingConfig,
    dataset: Dataset,
    watch: Callable[[Progress], object] | None = None,
    in_views: bool = False,
) -> list[dict[str, Any]]:
    """Train to the end: a row a step with what was measured there, as ``RunStore.history`` has them.

    ``in_views``: and in the last one the accuracy of the test images with nine views of each.
    """
    rows: dict[int, dict[str, Any]] = {}
    state = TrainingState.begin(config, dataset)
    for progress in train(state):
        if watch is not None:
            watch(progress)
        if progress.outcome == "diverged":
            raise RunError(f"seed {config.seed}: {progress.message}")
        row = rows.setdefault(progress.step, {"step": progress.step})
        row["seconds"] = progress.seconds
        row |= {name: value for name in COLUMNS if _is_finite(value := getattr(progress, name))}
    if in_views:
        answers = predict_views(state.result, dataset.test_images).argmax(axis=1)
        rows[state.step]["views_accuracy"] = float((answers == dataset.test_labels).mean())
    return list(rows.values())


def summarize(measured: Iterable[dict[str, float]]) -> dict[str, dict[str, Any]]:
    """Key → {"mean", "seeds"} of what ``measure`` gave for each seed; the mean is over the seeds."""
    by_seed = list(measured)
    seeds = {key: [found[key] for found in by_seed] for key in by_seed[0]}
    return {key: {"mean": statistics.fmean(values), "seeds": values} for key, values in seeds.items()}


def _is_finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
