"""The same network by scikit-learn's MLPClassifier beside ours: test accuracy, seconds, and both curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd
import streamlit as st

from mnistcore.insight import accuracy_interval
from mnistcore.insight.histories import epoch_rows
from mnistcore.training import TrainingConfig
from ui.frame.analysis import show_analysis
from ui.frame.session import get_dataset, get_store
from ui.frame.words import PERCENT_AXIS, duration, fraction, percent
from ui.pictures.run_curves import curves_legend, run_colors

if TYPE_CHECKING:
    from mnistcore.runs import Run

OURS, THEIRS = "MNIST Explorer", "scikit-learn"
MEASURES = {"train_loss": "Training loss", "validation_accuracy": "Validation accuracy"}


def show_twin(config: TrainingConfig, dataset_name: str, run: Run | None) -> None:
    """The button that trains the twin in a worker, or what it has come to so far, beside `run` if there is one."""
    st.markdown(
        "scikit-learn's `MLPClassifier` with the same layers, optimizer, batch size and penalty learns from the "
        "same images, epoch by epoch."
    )
    ours = None if run is None else epoch_rows(get_store().history(run.id))

    def draw(result: dict[str, Any]) -> None:
        _show_table(result, run, len(get_dataset(dataset_name).test_labels))
        _show_curves(result, ours)

    show_analysis(
        "sklearn_twin",
        twin_arguments(config, dataset_name),
        draw,
        start="Train it with scikit-learn",
        key="sklearn_twin",
    )
    st.caption(
        "The seconds include whatever else this machine did meanwhile, and ours include evaluating the validation "
        "images. The library's training loss includes the penalty on large weights, ours does not. Our learning rate "
        "adapts; `MLPClassifier` adapts its own only with plain SGD, although the write-up asked for it."
    )


def twin_arguments(config: TrainingConfig, dataset_name: str) -> dict[str, Any]:
    """What the analysis is asked for."""
    fingerprint = get_dataset(dataset_name).fingerprint
    return {"config": config.model_dump(mode="json"), "dataset": dataset_name, "fingerprint": fingerprint}


def _show_table(result: dict[str, Any], run: Run | None, count: int) -> None:
    rows = []
    if run is not None:
        rows.append(_row(OURS, run.epoch, run.seconds, run.train_accuracy, run.test_accuracy, count))
    epochs, test = len(result["epochs"]), result.get("test_accuracy")
    name = f"{THEIRS} {result['version']}"
    rows.append(_row(name, epochs, result["seconds"], result.get("train_accuracy"), test, count))
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content")


def _row(
    name: str, epochs: float, seconds: float, train_accuracy: float | None, test_accuracy: float | None, count: int
) -> dict[str, str]:
    words, interval = "–", "–"
    if test_accuracy is not None:
        correct = round(test_accuracy * count)
        low, high = accuracy_interval(correct, count)
        words = f"{percent(test_accuracy, 2)} · {fraction(correct, count)}"
        interval = f"{100 * low:.2f} to {percent(high, 2)}"
    return {
        "Trained by": name,
        "Epochs": f"{epochs:.0f}",
        "Seconds": duration(seconds),
        "Training accuracy": percent(train_accuracy, 2),
        "Test accuracy": words,
        "95 % interval": interval,
    }


def _show_curves(result: dict[str, Any], ours: pd.DataFrame | None) -> None:
    """Training loss and validation accuracy against epochs, both networks in each chart."""
    theirs = pd.DataFrame(result["epochs"], columns=["epoch", *MEASURES])
    by_whom = {OURS: ours, THEIRS: theirs}
    pieces = [rows.assign(trained_by=name) for name, rows in by_whom.items() if rows is not None and len(rows)]
    if not pieces:
        return
    table = pd.concat(pieces, ignore_index=True)
    st.html(curves_legend([OURS, THEIRS]))
    for column, (measure, title) in zip(st.columns(2, gap="large"), MEASURES.items(), strict=True):
        with column:
            st.caption(title)
            points = table[["epoch", "trained_by", measure]].rename(columns={measure: "value"}).dropna()
            st.altair_chart(_chart(points, title, result["total_epochs"]), key=f"twin_{measure}")


def _chart(points: pd.DataFrame, title: str, epochs: int) -> alt.Chart:
    is_share = title == MEASURES["validation_accuracy"]
    return (
        alt.Chart(points, height=240)
        .mark_line(point=True, strokeWidth=2)
        .encode(
            x=alt.X("epoch:Q", title="Epoch", scale=alt.Scale(domain=[0, epochs]), axis=alt.Axis(grid=False)),
            y=alt.Y(
                "value:Q",
                title=None,
                scale=alt.Scale(zero=False),
                axis=alt.Axis(format=PERCENT_AXIS if is_share else "~g", tickCount=5),
            ),
            color=alt.Color(
                "trained_by:N", legend=None, scale=alt.Scale(domain=[OURS, THEIRS], range=run_colors([OURS, THEIRS]))
            ),
            tooltip=[
                alt.Tooltip("trained_by:N", title="Trained by"),
                alt.Tooltip("epoch:Q", title="Epoch"),
                alt.Tooltip("value:Q", title=title, format=".2%" if is_share else ".4f"),
            ],
        )
    )
