"""What the batch size costs: the seconds of an epoch, measured live, and the accuracy after it."""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from mnistcore.training import TrainingConfig
from ui.frame.analysis import show_analysis
from ui.frame.session import get_dataset
from ui.frame.words import PERCENT_AXIS, duration, percent

SIZES = (5000, 1000, 500, 100, 20, 5, 1)  # the quickest first, so that there is soon something to see
PUBLISHED = 500  # the batch size of the write-up: an epoch took less than half the time of one with batches of 1
COLOR = "#5273e6"


def show_batch_sizes(config: TrainingConfig, dataset_name: str) -> None:
    """The button that measures in a worker, or what was measured so far: two charts, a table and the comparison."""
    st.markdown(
        "Large batches mean few steps in an epoch, small batches many. Each row trains a new network for one epoch "
        "on this machine."
    )
    whole = st.toggle(
        "Finish the slow ones too",
        key="batches_whole",
        help="Off: an epoch that would take more than 15 seconds ends after 4, and its time is extrapolated. "
        "Batches of 1 take half a minute or more.",
    )
    arguments = batch_arguments(config, dataset_name, whole)
    show_analysis("batch_sizes", arguments, _draw, start="Measure", key=f"batch_sizes_{whole}")
    st.caption("Other runs slow it down: measure while nothing else is training.")


def batch_arguments(config: TrainingConfig, dataset_name: str, whole: bool) -> dict[str, Any]:
    """What the analysis is asked for."""
    return {
        "config": config.model_dump(mode="json"),
        "dataset": dataset_name,
        "fingerprint": get_dataset(dataset_name).fingerprint,
        "sizes": list(SIZES),
        "whole": whole,
    }


def batch_rows(result: dict[str, Any]) -> pd.DataFrame:
    """The result's rows by batch size; ``accuracy`` where measured, ``measured`` says how much of an epoch was run."""
    rows = [
        {
            "batch_size": row["batch_size"],
            "steps": row["steps"],
            "epoch_seconds": row["epoch_seconds"],
            "images_per_second": row["images_per_second"],
            "accuracy": row.get("validation_accuracy", row.get("train_accuracy")),
            "share": row["share"],
            "measured": "whole epoch" if row["share"] == 1 else f"{percent(row['share'])} of an epoch, extrapolated",
        }
        for row in result["rows"]
    ]
    columns = ["batch_size", "steps", "epoch_seconds", "images_per_second", "accuracy", "share", "measured"]
    return pd.DataFrame(rows, columns=columns).sort_values("batch_size", ignore_index=True)


def batch_words(rows: pd.DataFrame) -> str | None:
    """How much faster an epoch got from batches of 1 to PUBLISHED, beside the write-up; None until both are there."""
    seconds = rows.set_index("batch_size")["epoch_seconds"]
    if 1 not in seconds or PUBLISHED not in seconds:
        return None
    saved = 1 - seconds[PUBLISHED] / seconds[1]
    return (
        f"With batches of {PUBLISHED} instead of 1, an epoch took {duration(seconds[PUBLISHED])} instead of "
        f"{duration(seconds[1])}: **{percent(saved)} less** (published: more than 50 % less)."
    )


def _draw(result: dict[str, Any]) -> None:
    """Charts and table of the rows so far."""
    rows = batch_rows(result)
    if result["current"] is not None:
        st.caption(f"Batches of {result['current']:,} …")
    if not len(rows):
        return
    words = batch_words(rows)
    if words:
        st.markdown(words)
    time, accuracy = st.columns(2, gap="large")
    with time:
        st.caption("Seconds per epoch (hollow: extrapolated)")
        st.altair_chart(_chart(rows, "epoch_seconds", "Seconds", is_log=True), key="batches_time")
    with accuracy:
        st.caption("Validation accuracy after one epoch")
        whole = rows.dropna(subset="accuracy")
        if len(whole):
            st.altair_chart(_chart(whole, "accuracy", "Accuracy"), key="batches_accuracy")
        else:
            st.caption("No epoch was completed.")
    shown = rows.assign(accuracy=[percent(value, 2) for value in rows["accuracy"].astype(float)])
    st.dataframe(shown.drop(columns="share"), hide_index=True, column_config=_titles(), height="content")
    st.caption("Small batches update the weights more often: an epoch takes longer and gets further, up to a point.")


def _titles() -> dict[str, Any]:
    return {
        "batch_size": st.column_config.NumberColumn("Batch size", format="localized"),
        "steps": st.column_config.NumberColumn("Steps per epoch", format="localized"),
        "epoch_seconds": st.column_config.NumberColumn("Seconds per epoch", format="%.2f"),
        "images_per_second": st.column_config.NumberColumn("Images per second", format="%.0f"),
        "accuracy": st.column_config.TextColumn("Accuracy after one epoch"),
        "measured": st.column_config.TextColumn("Measured"),
    }


def _chart(rows: pd.DataFrame, measure: str, title: str, is_log: bool = False) -> alt.LayerChart | alt.FacetChart:
    """A measure against the batch size, which is on a log scale; points filled where the epoch was whole."""
    scale, marks = alt.Scale(zero=False), alt.Axis(format=PERCENT_AXIS, tickCount=5)
    if is_log:
        low, high = math.floor(math.log10(rows[measure].min())), math.ceil(math.log10(rows[measure].max()))
        high = max(high, low + 1)
        scale = alt.Scale(type="log", domain=[10.0**low, 10.0**high])
        marks = alt.Axis(format="~g", values=[10.0**power for power in range(low, high + 1)])
    sizes = alt.Axis(values=sorted(SIZES), format=",", grid=False)
    base = alt.Chart(rows, height=260).encode(
        x=alt.X("batch_size:Q", title="Batch size", scale=alt.Scale(type="log", domain=[0.8, 6500]), axis=sizes),
        y=alt.Y(f"{measure}:Q", title=None, scale=scale, axis=marks),
        tooltip=[
            alt.Tooltip("batch_size:Q", title="Batch size", format=","),
            alt.Tooltip(f"{measure}:Q", title=title, format=".2f" if is_log else ".2%"),
            alt.Tooltip("measured:N", title="Measured"),
        ],
    )
    points = base.mark_point(size=70, stroke=COLOR, strokeWidth=2).encode(
        fill=alt.condition("datum.share >= 1", alt.value(COLOR), alt.value("transparent"))
    )
    return alt.layer(base.mark_line(color=COLOR, strokeWidth=2), points)
