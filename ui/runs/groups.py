"""Runs by experiment, tag or a setting: how many there are of each sort, and how well they did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import pandas as pd
import streamlit as st

from mnistcore.runs.listing import Row
from ui.frame.words import DISPLAY_NAMES, STATUS_WORDS, shortened

GROUPINGS = {
    "none": "Nothing",
    "experiment": "Experiment",
    "tags": "Tag",
    "network": "Network",
    "activation": "Activation",
    "loss_function": "Loss",
    "optimizer": "Optimizer",
    "learning_rate": "Learning rate",
    "batch_size": "Batch size",
    "epochs": "Epochs to train",
    "dataset": "Data set",
    "recipe": "Recipe",
    "status": "Status",
}
GROUPS = "runs-groups"
GROUPS_SHOWN = "runs-groups-shown"  # the names of the table's rows, from above
CHOSEN = "runs-group"  # what is grouped by, and the name of the group that is chosen


def choose_group(rows: Sequence[Row], grouping: str, titles: Mapping[str, str]) -> list[Row]:
    """The table of groups; the rows of the one ticked in it, all of them while none is."""
    members = grouped(rows, grouping, titles)
    table = groups_table(members)
    names = list(table["group"])
    chosen = st.session_state.get(CHOSEN)
    name = chosen[1] if chosen is not None and chosen[0] == grouping and chosen[1] in members else None
    # As in ticks.py: the table keeps its key, and so the order that the visitor sorted it into.
    st.session_state[GROUPS_SHOWN] = (grouping, names)
    selected = [] if name is None else [names.index(name)]
    st.session_state[GROUPS] = {"selection": {"rows": selected, "columns": [], "cells": []}}
    column = st.column_config
    st.dataframe(
        table,
        key=GROUPS,
        hide_index=True,
        column_config={
            "group": column.TextColumn(GROUPINGS[grouping], pinned=True),
            "runs": column.NumberColumn("Runs", format="localized"),
            "mean": column.NumberColumn("Mean validation", format="%.2f %%", help="Mean validation accuracy."),
            "best": column.NumberColumn("Best", format="%.2f %%", help="The highest validation accuracy."),
            "lowest": column.NumberColumn("Lowest", format="%.2f %%", help="The lowest validation accuracy."),
        },
        selection_mode="single-row",
        on_select=_keep_choice,
        placeholder="–",
    )
    if name is None:
        st.caption("Tick a group to see its runs alone.")
    return list(rows) if name is None else members[name]


def grouped(rows: Sequence[Row], grouping: str, titles: Mapping[str, str]) -> dict[str, list[Row]]:
    """The rows of each group, by its name; a run is in the group of each tag that it has."""
    members: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        value = row[grouping]
        if grouping == "activation":
            value = ", ".join(DISPLAY_NAMES[name] for name in value)
        for each in (value or ("",)) if isinstance(value, tuple) else (value,):
            members[_name(each, titles)].append(row)
    return dict(members)


def groups_table(members: Mapping[str, Sequence[Row]]) -> pd.DataFrame:
    """One row a group, the best first: how many runs, and their validation accuracies in per cent."""
    table = []
    for name, rows in members.items():
        measured = [100 * row["validation_accuracy"] for row in rows if row["validation_accuracy"] is not None]
        figures = (fmean(measured), max(measured), min(measured)) if measured else (None, None, None)
        table.append((name, len(rows), *figures))
    frame = pd.DataFrame(table, columns=["group", "runs", "mean", "best", "lowest"])
    figures_of = dict.fromkeys(("mean", "best", "lowest"), "float64")
    return frame.astype(figures_of).sort_values("best", ascending=False, kind="stable", ignore_index=True)


def _name(value: Any, titles: Mapping[str, str]) -> str:
    """A group's name, as the table of runs has it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, float):
        return f"{value:g}"
    text = "all images" if value == "full" else str(value)
    return titles.get(text) or DISPLAY_NAMES.get(text) or STATUS_WORDS.get(text) or shortened(text)


def _keep_choice() -> None:
    """The table's callback: which group the ticked row is."""
    grouping, names = st.session_state[GROUPS_SHOWN]
    rows = st.session_state[GROUPS]["selection"]["rows"] if GROUPS in st.session_state else []
    st.session_state[CHOSEN] = (grouping, names[rows[0]]) if rows and rows[0] < len(names) else None
