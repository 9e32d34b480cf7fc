"""Several networks side by side by how much they overfit: table, verdict in words, both losses as curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import altair as alt
import pandas as pd
import streamlit as st

from mnistcore.insight.histories import lowest_validation
from ui.frame.words import STATUS_WORDS, percent
from ui.pictures.run_curves import curves_legend, run_colors, value_range

if TYPE_CHECKING:
    from mnistcore.runs import Run

COLUMNS = {
    "name": "Network",
    "state": "Epochs",
    "train_accuracy": "Training accuracy",
    "validation_accuracy": "Validation accuracy",
    "train_loss": "Training loss",
    "validation_loss": "Validation loss",
    "gap": "Gap between the losses",
    "lowest": "Lowest validation loss",
    "lowest_epoch": "at epoch",
    "seconds": "Seconds",
}
PARTS = {"train": "Training loss", "validation": "Validation loss"}


def comparison(runs: Mapping[str, Run], histories: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a run, columns COLUMNS: its figures, the gap of its losses and where its validation loss was lowest."""
    rows = []
    for name, run in runs.items():
        epoch, loss = lowest_validation(histories[name]) or (None, None)
        gap = None
        if run.status == "finished" and run.train_loss is not None and run.validation_loss is not None:
            gap = run.validation_loss - run.train_loss
        figures = [run.train_accuracy, run.validation_accuracy, run.train_loss, run.validation_loss]
        rows.append([name, state_words(run), *figures, gap, loss, epoch, run.seconds])
    return pd.DataFrame(rows, columns=list(COLUMNS))


def verdict(table: pd.DataFrame) -> str | None:
    """Which network overfits least, and which does best on new images; None with fewer than two that have ended."""
    ended = table[table["gap"].notna()]
    if len(ended) < 2:
        return None
    least = ended.loc[ended["gap"].astype(float).idxmin()]
    best = ended.loc[ended["validation_loss"].astype(float).idxmin()]
    words = f"**{least['name']}** overfits least: its validation loss is {least['gap']:.4f} above its training loss."
    if best["name"] == least["name"]:
        return f"{words} It also has the lowest validation loss, {best['validation_loss']:.4f}."
    return f"{words} **{best['name']}** has the lowest validation loss, {best['validation_loss']:.4f}."


def state_words(run: Run) -> str:
    """`4.1 of 30`, `30`, `13 of 30`, or what it waits for."""
    planned = f"{run.config.epochs}"
    if run.status == "finished":
        return planned if run.epoch >= run.config.epochs else f"{run.epoch:.0f} of {planned}"
    return f"{run.epoch:.1f} of {planned}" if run.status == "running" else STATUS_WORDS[run.status]


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """A comparison as it is shown: headed, rounded, a dash for what is not known yet."""
    formats = dict.fromkeys(("train_loss", "validation_loss", "gap", "lowest"), ".4f")
    formats |= dict.fromkeys(("lowest_epoch", "seconds"), ".1f")
    shown = table.astype(object)
    for name, form in formats.items():
        shown[name] = ["–" if pd.isna(value) else format(value, form) for value in table[name]]
    for name in ("train_accuracy", "validation_accuracy"):
        shown[name] = [percent(value, 2) for value in table[name]]
    return shown.rename(columns=COLUMNS)


def show_losses(histories: Mapping[str, pd.DataFrame], epochs: int) -> None:
    """Training and validation loss of all networks, the two charts on one scale."""
    names = list(histories)
    st.html(curves_legend(names))
    pieces = [_losses(history).assign(name=name) for name, history in histories.items()]
    points = pd.concat(pieces, ignore_index=True)
    domain = value_range(points.rename(columns={"name": "run"}))
    for column, (part, title) in zip(st.columns(2, gap="large"), PARTS.items(), strict=True):
        with column:
            st.caption(title)
            chart = _chart(points[points["part"] == part], names, title, [0, epochs], domain)
            st.altair_chart(chart, key=f"deep_variations_{part}")


def _losses(history: pd.DataFrame) -> pd.DataFrame:
    """Long form (x, value, part) of both losses; the last training figure is over all images and no part of a curve."""
    pieces = []
    for part in PARTS:
        rows = history.iloc[:-1] if part == "train" and history["test_loss"].notna().any() else history
        points = rows[rows["step"] > 0][["epoch", f"{part}_loss"]].dropna()
        points.columns = pd.Index(["x", "value"])
        pieces.append(points.assign(part=part))
    return pd.concat(pieces, ignore_index=True)


def _chart(points: pd.DataFrame, names: list[str], title: str, epochs: list[int], domain: list[float]) -> alt.Chart:
    return (
        alt.Chart(points, height=260)
        .mark_line(strokeWidth=2, clip=True)
        .encode(
            x=alt.X("x:Q", title="Epoch", axis=alt.Axis(grid=False), scale=alt.Scale(domain=epochs)),
            y=alt.Y("value:Q", title=None, scale=alt.Scale(domain=domain), axis=alt.Axis(format="~g", tickCount=5)),
            color=alt.Color("name:N", legend=None, scale=alt.Scale(domain=names, range=run_colors(names))),
            tooltip=[
                alt.Tooltip("name:N", title="Network"),
                alt.Tooltip("x:Q", title="Epoch", format=".1f"),
                alt.Tooltip("value:Q", title=title, format=".4f"),
            ],
        )
    )
