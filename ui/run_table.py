"""Runs as tables: one row a run with its settings and results, and the settings in which several runs differ."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from mnistcore.nn.outline import outline_layer, outline_network
from mnistcore.runs import Run
from mnistcore.training.config import TrainingConfig
from ui.words import percent

RESULTS = {
    "status": "Status",
    "epoch": "Epochs done",
    "step": "Steps",
    "train_accuracy": "Training accuracy",
    "validation_accuracy": "Validation accuracy",
    "validation_loss": "Validation loss",
    "test_accuracy": "Test accuracy, at the end",
    "seconds": "Training seconds",
    "images_per_second": "Images per second",
}
SHORT_LOSSES = {
    "softmax_cross_entropy": "softmax, cross-entropy",
    "sigmoid_squared_error": "sigmoid, squared error",
    "sigmoid_binary_cross_entropy": "sigmoid, binary cross-entropy",
    "linear_squared_error": "linear, squared error",
}


def activations(config: TrainingConfig) -> str:
    """The activations in use, each named once, in the order of the layers; a dash when there is none."""
    used = [
        layer.activation
        for layer in config.layers
        if layer.kind in ("dense", "conv2d") or (layer.kind == "batch_norm" and layer.activation != "identity")
    ]
    return ", ".join(dict.fromkeys(used)) or "–"


def runs_table(runs: Sequence[Run], titles: Mapping[str, str]) -> pd.DataFrame:
    """One row a run, in the order given: what came out and how it was set; accuracies in per cent.

    titles: how the data sets are called.
    """
    rows = [
        {
            "name": run.name,
            "status": run.status,
            "validation_accuracy": percentage(run.validation_accuracy),
            "test_accuracy": percentage(run.test_accuracy),
            "train_accuracy": percentage(run.train_accuracy),
            "network": outline_network(run.config),
            "activation": activations(run.config),
            "loss": SHORT_LOSSES.get(run.config.loss, run.config.loss),
            "optimizer": run.config.optimizer.kind,
            "learning_rate": run.config.learning_rate,
            "batch_size": str(run.config.batch_size),
            "epochs": run.epoch,
            "dataset": titles.get(run.dataset, run.dataset),
            "seconds": run.seconds,
            "validation_loss": run.validation_loss,
            "parameters": run.parameter_count,
            "recipe": run.recipe or "–",
            "seed": run.config.seed,
            "created_at": run.created_at,
            "run": run.id,
        }
        for run in runs
    ]
    return pd.DataFrame(rows)


def percentage(share: float | None) -> float | None:
    """A share from 0 to 1 in per cent."""
    return None if share is None else 100 * share


def runs_columns() -> dict[str, Any]:
    """How each column of ``runs_table`` is titled, formatted and explained."""
    column = st.column_config
    return {
        "name": column.TextColumn("Run", pinned=True, width=150),
        "status": column.TextColumn("Status"),
        "network": column.TextColumn("Network"),
        "activation": column.TextColumn("Activation"),
        "optimizer": column.TextColumn("Optimizer"),
        "learning_rate": column.NumberColumn("Learning rate", format="%g"),
        "batch_size": column.TextColumn("Batch"),
        "epochs": column.NumberColumn("Epochs", format="%.1f", help="Passes over the training images so far."),
        "dataset": column.TextColumn("Trained on"),
        "validation_accuracy": column.NumberColumn("Validation", format="%.2f %%", help="The figure to choose by."),
        "validation_loss": column.NumberColumn("Validation loss", format="%.4f"),
        "train_accuracy": column.NumberColumn("Training", format="%.2f %%", help="Accuracy on images it learned from."),
        "test_accuracy": column.NumberColumn(
            "Test, at the end", format="%.2f %%", help="Looked at once, after training. Never choose by it."
        ),
        "seconds": column.NumberColumn("Seconds", format="%.1f", help="Training time, pauses left out."),
        "parameters": column.NumberColumn("Parameters", format="localized"),
        "loss": column.TextColumn("Loss"),
        "recipe": column.TextColumn("Recipe"),
        "seed": column.NumberColumn("Seed", format="%d"),
        "created_at": column.DatetimeColumn("Started", format="distance"),
        "run": column.TextColumn("Run id", help="Stands in the address of every page that shows the run."),
    }


def settings_of(run: Run) -> dict[str, str]:
    """Every setting of a run as text, nested ones with dots (``optimizer.kind``), hidden layers in one line."""
    config = run.config.model_dump(mode="json", exclude={"layers"})
    layers = " → ".join(map(outline_layer, run.config.layers)) or "no hidden layer"
    return {"recipe": run.recipe or "–", "data set": run.dataset, "layers": layers, **dict(flattened(config))}


def flattened(settings: dict[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    """Nested settings as (dotted key, text) pairs."""
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{prefix}{key}.")
        else:
            yield prefix + key, "–" if value is None or value == [] else str(value)


def compared_settings(runs: Sequence[Run], only_differences: bool = True) -> pd.DataFrame:
    """Settings as rows, runs as columns (text); by default only the settings in which the runs differ."""
    columns = {label: settings_of(run) for label, run in labelled(runs).items()}
    table = pd.DataFrame(columns).fillna("–")
    if only_differences:
        table = table[table.nunique(axis=1) > 1]
    return readable_index(table)


def compared_results(runs: Sequence[Run]) -> pd.DataFrame:
    """Results as rows, runs as columns, as text; test accuracy says that it was looked at after training."""
    return pd.DataFrame(
        {
            label: {title: result_text(run, key) for key, title in RESULTS.items()}
            for label, run in labelled(runs).items()
        }
    )


def result_text(run: Run, key: str) -> str:
    """One result of a run as a reader wants it, a dash where there is none yet."""
    value = getattr(run, key)
    if value is None:
        return "–"
    if key.endswith("accuracy"):
        return percent(value, 2)
    if isinstance(value, float):
        return f"{value:,.4f}" if key.endswith("loss") else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def labelled(runs: Sequence[Run]) -> dict[str, Run]:
    """Runs by a label that is unlike all others: the name, with the start of the id where two runs share a name."""
    names = [run.name for run in runs]
    return {run.name if names.count(run.name) == 1 else f"{run.name} · {run.id[:4]}": run for run in runs}


def readable_index(table: pd.DataFrame) -> pd.DataFrame:
    """``optimizer.kind`` becomes ``optimizer``; underscores and dots become spaces."""
    names = [str(name).removesuffix(".kind").replace(".", " ").replace("_", " ") for name in table.index]
    return table.set_axis(names, axis=0)
