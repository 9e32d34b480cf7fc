"""The report of a run: figures with their intervals, curves, confusions, weight images, all settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mnistcore.data import split_indices
from mnistcore.errors import ExplorerError
from mnistcore.insight.confusion import (
    accuracy_counts,
    accuracy_interval,
    confusion_matrix,
    mistakes,
    most_confused_pairs,
)
from mnistcore.insight.weight_images import weight_images, weighted_layers
from mnistcore.nn.outline import outline_layer, outline_network
from mnistcore.palette import DIGIT_COLORS
from mnistcore.reports.figures import Line, confusion_table, digit_images, line_chart, weight_sheet
from mnistcore.reports.page import document, facts, note, percent, section, table, with_interval

if TYPE_CHECKING:
    import pandas as pd

    from mnistcore.nn import Network
    from mnistcore.runs import Run, RunStore

MOST_MISTAKES, MOST_PAIRS, MOST_IMAGES = 16, 8, 64
ACCENT, OTHER = DIGIT_COLORS[0], DIGIT_COLORS[8]


def run_report(store: RunStore, run: Run, network: Network, step: int) -> bytes:
    """One HTML page (UTF-8) on a run, whose weights after ``step`` the network has.

    Where the run's data set is gone, or has changed, what needs it is left out, and the page says so.
    """
    dataset = dataset_title(store, run.dataset)
    sentence = f"{outline_network(run.config)}, {run.parameter_count:,} parameters, trained on {dataset}: {run.status}."
    history = store.history(run.id, max_points=400)
    sections = [
        section("Figures", facts(_figures(store, run, step)), *([note(run.message)] if run.message else [])),
        curves(history),
        confusions(store, run, network, step),
        weights(network),
        section("Settings", facts(settings(run, dataset)), note(_repeat_words(run))),
    ]
    return document(run.name, sentence, [part for part in sections if part])


def dataset_title(store: RunStore, name: str) -> str:
    """How a data set is called: what a person named it, or its own name."""
    return {stored.name: stored.title for stored in store.datasets()}.get(name, name)


def _figures(store: RunStore, run: Run, step: int) -> dict[str, str]:
    rows = {"Run": run.id}
    try:
        tests = len(store.open_dataset(run.dataset).test_labels)
    except ExplorerError:
        tests = 0
    held_back = run.config.validation_size
    for title, share, count in (
        ("Test accuracy, measured after training", run.test_accuracy, tests),
        ("Validation accuracy, to choose by", run.validation_accuracy, held_back),
    ):
        if share is not None:
            correct = round(share * count)
            known = count and abs(correct / count - share) < 1e-6  # else measured on others
            rows[title] = with_interval(correct, count, accuracy_interval(correct, count)) if known else percent(share)
    losses = (("Training loss", run.train_loss), ("Validation loss", run.validation_loss), ("Test loss", run.test_loss))
    rows |= {title: f"{loss:.4g}" for title, loss in losses if loss is not None}
    rows |= {"Weights after step": f"{step:,}", "Epochs": f"{run.epoch:.4g}", "Training time": f"{run.seconds:,.1f} s"}
    rows["Begun"] = f"{run.created_at:%Y-%m-%d %H:%M} UTC"
    return rows | ({"Tags": ", ".join(run.tags)} if run.tags else {}) | ({"Notes": run.notes} if run.notes else {})


def curves(history: pd.DataFrame) -> str:
    """Accuracy and loss over the epochs, solid for validation, dotted for training; "" where nothing was measured."""
    charts = []
    for measure, title in (("accuracy", "Accuracy"), ("loss", "Loss")):
        lines = []
        for part, color in (("validation", ACCENT), ("train", OTHER)):
            points = history[["epoch", f"{part}_{measure}"]].dropna().to_numpy(np.float64)
            points = points[np.isfinite(points).all(axis=1)]
            if len(points):
                name = "validation images" if part == "validation" else "training images"
                lines.append(Line(name, color, points[:, 0], points[:, 1], is_faint=part == "train"))
        if lines:
            charts.append(f"<h3>{title}</h3>" + line_chart(lines, "Epoch", title, measure == "accuracy"))
    if not charts:
        return ""
    return section("Learning curves", *charts, note("A steep start may leave the chart."))


def confusions(store: RunStore, run: Run, network: Network, step: int) -> str:
    """The matrix, the most frequent confusions and the most certain mistakes: test images once training has ended."""
    try:
        dataset = store.open_dataset(run.dataset)
    except ExplorerError as error:
        return section("Confusions", note(f"Left out, because the data set cannot be opened: {error}"))
    if run.fingerprint is not None and run.fingerprint != dataset.fingerprint:
        return section("Confusions", note("Left out: the data set has changed since training."))
    part, images, labels = "test", dataset.test_images, dataset.test_labels
    if run.status != "finished" or step != store.newest_step(run.id):
        split = split_indices(dataset.train_labels, run.config.validation_size, run.config.train_size, run.config.seed)
        part, images, labels = (
            "validation",
            dataset.train_images[split.validation],
            dataset.train_labels[split.validation],
        )
    if not len(labels):
        return section("Confusions", note("Left out: training has not ended, and the run has no validation images."))
    probabilities = network.predict(images)
    matrix = confusion_matrix(labels, probabilities.argmax(axis=1))
    pairs = most_confused_pairs(matrix, MOST_PAIRS)
    rows = [
        (f"{row.true} taken for {row.predicted}", f"{row.count:,}", f"{100 * row.share:.1f} %")
        for row in pairs.itertuples(index=False)
    ]
    wrong = mistakes(probabilities, labels)[:MOST_MISTAKES]
    captions = [
        f"{labels[i]} taken for {probabilities[i].argmax()}, {100 * probabilities[i].max():.1f} %" for i in wrong
    ]
    correct, count = accuracy_counts(matrix)
    accuracy = with_interval(correct, count, accuracy_interval(correct, count))
    parts = [
        note(f"{accuracy}; {part} images, weights after step {step:,}."),
        confusion_table(matrix),
        note("Rows: the digit. Columns: what the network took it for."),
    ]
    if len(wrong):
        parts += [table(("Most frequent", "Images", "Of this digit"), rows), "<h3>The most certain mistakes</h3>"]
        parts.append(digit_images(images[wrong], captions))
    return section("Confusions", *parts)


def weights(network: Network) -> str:
    """The weights of the first layer that has some, an image a unit or filter; of one layer, an image a digit."""
    images = weight_images(network)
    first = weighted_layers(network.config)[0]
    if images.shape[1:] == (1, 1):
        return ""
    shown = images[:MOST_IMAGES]
    units = "digits" if len(weighted_layers(network.config)) == 1 else "filters" if first.kind == "conv2d" else "units"
    of = f"{len(shown)} of the {len(images)}" if len(shown) < len(images) else str(len(images))
    told = f"The weights of the first layer, an image for each of {of} {units}."
    colors = "Ink counts for it where it is red, against it where it is blue."
    return section("Weight images", note(f"{told} {colors}"), weight_sheet(shown, "Weights of the first layer"))


def settings(run: Run, dataset: str) -> dict[str, str]:
    """Every setting by the name that ``--set`` takes, and its value; the layers in words."""
    rows = {"recipe": run.recipe or "–", "data set": dataset}
    rows["layers"] = " → ".join(map(outline_layer, run.config.layers)) or "no hidden layer"
    return rows | flat(run.config.model_dump(mode="json", exclude={"layers"}))


def flat(values: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """Nested settings as rows: ``{"optimizer": {"kind": "adam"}}`` as ``optimizer.kind: adam``."""
    rows: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            rows |= flat(value, f"{before}{name}.")
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else "–" if value is None else str(value)
            rows[before + name] = text or "–"
    return rows


def _repeat_words(run: Run) -> str:
    changed = json.dumps(run.config.differences(), ensure_ascii=False)
    return f"To train it again, keep this as a file and give it to `train --config FILE`: {changed}"
