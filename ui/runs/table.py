"""Runs as tables: one row a run with its settings and results, and the settings in which several runs differ."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from mnistcore.nn.outline import outline_layer
from mnistcore.runs import Run
from mnistcore.runs.listing import Row
from ui.frame.setting_numbers import INITIALIZATION_CONSTANTS, LABELS, OPTIMIZER_CONSTANTS, SCHEDULE_CONSTANTS
from ui.frame.words import DISPLAY_NAMES, augmentation_words, figure, percent, shortened, state_words, status_words
from ui.runs.start import start_words

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
RARE = ("tags", "experiment", "starts_from", "notes")  # columns that are left out while no run has any
DIFFERENCES = {
    "validation_accuracy": ("validation", 2, "Points"),
    "test_accuracy": ("test", 2, "Points"),
    "train_accuracy": ("training", 2, "Points"),
    "seconds": ("seconds", 1, "Seconds"),
}
BESIDE = "more (+) or less (-) than the baseline."
KINDS = {"optimizer": OPTIMIZER_CONSTANTS, "schedule": SCHEDULE_CONSTANTS, "initialization": INITIALIZATION_CONSTANTS}
TITLES = {
    "loss": "Loss",
    "optimizer": "Optimizer",
    "schedule": "Schedule",
    "initialization": "Initial weights",
    "output_bias": "Bias in the output layer",
    "shuffle": "Shuffled every epoch",
    "early_stopping": "Early stopping",
    "target_accuracy": "Target on validation",
    "max_seconds": "Maximum seconds",
    "evaluate_at_steps": "Evaluated at steps",
    "follow_test": "Test set followed",
}


def runs_table(rows: Sequence[Row], titles: Mapping[str, str]) -> pd.DataFrame:
    """One row a run, in the order given: what came out and how it was set; accuracies in per cent.

    titles: how the data sets are called. Built column by column: 10,000 runs take 0.1 s, row by row 0.3 s.
    """

    def column(key: str) -> list[Any]:
        return [row[key] for row in rows]

    def shares(key: str) -> pd.Series:
        return 100 * pd.Series(column(key), dtype="float64")

    table: dict[str, Any] = {
        "name": [shortened(name) for name in column("name")],
        "status": [state_words(row["status"], row["is_guessing"]) for row in rows],
        "validation_accuracy": shares("validation_accuracy"),
        "test_accuracy": shares("test_accuracy"),
        "train_accuracy": shares("train_accuracy"),
        "tags": [" ".join(tags) for tags in column("tags")],
        "network": column("network"),
        "activation": [", ".join(DISPLAY_NAMES[name] for name in names) or "–" for names in column("activation")],
        "loss": [DISPLAY_NAMES[name] for name in column("loss_function")],
        "optimizer": [DISPLAY_NAMES[name] for name in column("optimizer")],
        "learning_rate": column("learning_rate"),
        "batch_size": [setting_text(size) for size in column("batch_size")],
        "epochs": column("epochs_done"),
        "dataset": [titles.get(name, name) for name in column("dataset")],
        "seconds": pd.Series(column("seconds"), dtype="float64"),
        "validation_loss": pd.Series(column("validation_loss"), dtype="float64"),
        "parameters": column("parameters"),
        "recipe": [recipe or "–" for recipe in column("recipe")],
        "experiment": [experiment or "" for experiment in column("experiment")],
        "starts_from": [start or "" for start in column("starts_from")],
        "notes": [shortened(" ".join(notes.split())) if notes else "" for notes in column("notes")],
        "seed": column("seed"),
        "created_at": column("created_at"),
        "run": column("run"),
    }
    return pd.DataFrame({key: values for key, values in table.items() if key not in RARE or any(values)})


def part_of_table(
    rows: Sequence[Row], shown: Sequence[Row], titles: Mapping[str, str], baseline: Row | None = None
) -> pd.DataFrame:
    """Those of all ``rows`` that are shown, as ``runs_table`` has them; beside figures, how far from the baseline's.

    The whole table is kept while the store gives the same rows: a search then takes a part of it.
    """
    kept = _kept.get("newest")
    if kept is None or kept.rows is not rows or kept.titles != titles:
        places = {row["run"]: place for place, row in enumerate(rows)}
        kept = _kept["newest"] = _Table(rows, dict(titles), runs_table(rows, titles), places)
    table = kept.table.take([kept.places[row["run"]] for row in shown])
    for key in DIFFERENCES:
        if baseline is not None and baseline[key] is not None:
            difference = table[key] - (baseline[key] if key == "seconds" else 100 * baseline[key])
            table.insert(table.columns.get_loc(key) + 1, f"{key}_difference", difference)
    return table


@dataclass(frozen=True, eq=False)
class _Table:
    """The table of all runs, and the place of each in it, by id."""

    rows: Sequence[Row]
    titles: dict[str, str]
    table: pd.DataFrame
    places: dict[str, int]


_kept: dict[str, _Table] = {}  # the newest one, for all sessions: they see the same store


def runs_columns() -> dict[str, Any]:
    """How each column of ``runs_table`` is titled, formatted and explained."""
    column = st.column_config
    differences = {
        f"{key}_difference": column.NumberColumn(f"Δ {title}", format=f"%+.{digits}f", help=f"{unit} {BESIDE}")
        for key, (title, digits, unit) in DIFFERENCES.items()
    }
    return differences | {
        "name": column.TextColumn("Run", pinned=True),
        "status": column.TextColumn("Status"),
        "tags": column.TextColumn("Tags"),
        "notes": column.TextColumn("Notes"),
        "experiment": column.TextColumn("Experiment"),
        "starts_from": column.TextColumn("Starts from", help="The run whose weights it started from, by its id."),
        "network": column.TextColumn("Network"),
        "activation": column.TextColumn("Activation"),
        "optimizer": column.TextColumn("Optimizer"),
        "learning_rate": column.NumberColumn("Learning rate", format="%.4g"),
        "batch_size": column.TextColumn("Batch"),
        "epochs": column.NumberColumn("Epochs", format="%.1f", help="Passes over the training images so far."),
        "dataset": column.TextColumn("Trained on"),
        "validation_accuracy": column.NumberColumn("Validation", format="%.2f %%", help="The figure to choose by."),
        "validation_loss": column.NumberColumn("Validation loss", format="%.4g"),
        "train_accuracy": column.NumberColumn("Training", format="%.2f %%", help="Accuracy on images it learned from."),
        "test_accuracy": column.NumberColumn(
            "Test, at the end", format="%.2f %%", help="Measured once, after training. Never choose by it."
        ),
        "seconds": column.NumberColumn("Seconds", format="%.1f", help="Training time, without pauses."),
        "parameters": column.NumberColumn("Parameters", format="localized"),
        "loss": column.TextColumn("Loss"),
        "recipe": column.TextColumn("Recipe"),
        "seed": column.NumberColumn("Seed", format="%d"),
        "created_at": column.DatetimeColumn("Started", format="distance"),
        "run": column.TextColumn("Run id", help="Part of the address of every page that shows the run."),
    }


def settings_of(run: Run, titles: Mapping[str, str]) -> dict[str, str]:
    """Every setting in use, in words, by its title; hidden layers and augmentation in one line each."""
    config = run.config.model_dump(mode="json", exclude={"layers", "augmentation", "start_from"})
    layers = " → ".join(map(outline_layer, run.config.layers)) or "no hidden layer"
    words = {
        "Recipe": run.recipe or "–",
        "Data set": titles.get(run.dataset, run.dataset),
        "Layers": re.sub("[a-z_]+", lambda word: DISPLAY_NAMES.get(word[0], word[0]), layers),
        "Augmentation": augmentation_words(run.config.augmentation) or "–",
        "Starts from the weights of": "–" if run.config.start_from is None else start_words(run.config.start_from),
    }
    for name, value in config.items():
        title = TITLES.get(name) or LABELS[name]
        if name not in KINDS:
            words[title] = setting_text(value)
            continue
        words[title] = setting_text(value["kind"])
        for constant in KINDS[name].get(value["kind"], ()):
            label = LABELS[f"{name}.{constant}"]
            words[f"{title}: {label[0].lower()}{label[1:]}"] = setting_text(value[constant])
    return words


def setting_text(value: Any) -> str:
    """The value of a setting in words; a dash where nothing is set."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str):
        return "all images" if value == "full" else DISPLAY_NAMES.get(value, value)
    if isinstance(value, list):
        return ", ".join(f"{step:,}" for step in value) or "–"
    return "–" if value is None else str(value)


def compared_settings(
    runs: Sequence[Run], only_differences: bool = True, titles: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Settings as rows, runs as columns (text); by default only the settings in which the runs differ.

    titles: how the data sets are called.
    """
    columns = {label: settings_of(run, titles or {}) for label, run in labelled(runs).items()}
    rows = dict.fromkeys(title for settings in columns.values() for title in settings)
    table = pd.DataFrame(columns, index=list(rows)).fillna("–")
    return table[table.nunique(axis=1) > 1] if only_differences else table


def compared_results(runs: Sequence[Run]) -> pd.DataFrame:
    """Results as rows, runs as columns, as text; test accuracy is marked as measured after training."""
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
        return figure(value) if key.endswith("loss") else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else status_words(run)


def labelled(runs: Sequence[Run]) -> dict[str, Run]:
    """Runs by a unique label: the name, followed by the start of the id where two runs share a name."""
    names = [shortened(run.name) for run in runs]
    return {
        name if names.count(name) == 1 else f"{name} · {run.id[:4]}": run for name, run in zip(names, runs, strict=True)
    }
