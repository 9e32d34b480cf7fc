"""The table of combinations: rows are ticked by combination, and stay ticked when others come or change places."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from mnistcore.experiments import ExperimentConfig
from mnistcore.experiments.results import Combination, setting_words

TABLE = "experiment-table"
TICKED = "experiment-ticked"  # (experiment, numbers of the combinations in the order in which they were ticked)
SHOWN = "experiment-shown"  # the experiment and the combinations of the table's rows, from above


def ticked(experiment_id: str) -> list[int]:
    """The combinations that are ticked, in the order in which they were."""
    of, numbers = st.session_state.get(TICKED, ("", []))
    return list(numbers) if of == experiment_id else []


def show_table(experiment_id: str, config: ExperimentConfig, rows: Sequence[Combination], table: pd.DataFrame) -> None:
    """The table, a row a combination in the order of ``rows``.

    Other columns make another table: the grid in the browser fails when the column under the mouse goes away.
    """
    numbers = [each.number for each in rows]
    chosen = ticked(experiment_id)
    st.session_state[SHOWN] = (experiment_id, numbers)
    places = [place for place, number in enumerate(numbers) if number in chosen]
    columns = [name for name in table if name not in _superfluous(config, table)]
    key = "-".join((TABLE, experiment_id, *columns))
    st.session_state[key] = {"selection": {"rows": places, "columns": [], "cells": []}}
    st.dataframe(
        table,
        key=key,
        hide_index=True,
        column_config=_columns(config, table),
        column_order=columns,
        selection_mode="multi-row",
        on_select=partial(_keep, key),
        placeholder="–",
        height=min(420, 38 * (len(rows) + 1)),
    )


def _keep(key: str) -> None:
    """The table's callback: which combinations the ticked rows are; the order of ticking is kept."""
    experiment_id, numbers = st.session_state.get(SHOWN, ("", []))
    rows = st.session_state[key]["selection"]["rows"] if key in st.session_state else []
    now = [numbers[row] for row in rows if row < len(numbers)]
    before = [number for number in ticked(experiment_id) if number in now]
    st.session_state[TICKED] = (experiment_id, before + [number for number in now if number not in before])


def _superfluous(config: ExperimentConfig, table: pd.DataFrame) -> set[str]:
    """Columns that say nothing: the range over one seed, and the state when all have ended."""
    return ({"low", "high"} if config.seeds == 1 else set()) | (set() if table["state"].any() else {"state"})


def _columns(config: ExperimentConfig, table: pd.DataFrame) -> dict[str, Any]:
    column = st.column_config
    mean = "Validation" if config.seeds == 1 else "Validation, mean"
    settings = {}
    for name in config.vary:
        title = setting_words(name)
        title = f"{title[0].upper()}{title[1:]}"
        is_number = pd.api.types.is_float_dtype(table[name])
        settings[name] = column.NumberColumn(title, format="%g") if is_number else column.Column(title)
    return settings | {
        "mean": column.NumberColumn(mean, format="%.2f %%", help="The best accuracy on validation images."),
        "low": column.NumberColumn("Lowest", format="%.2f %%", help="Of its seeds."),
        "high": column.NumberColumn("Highest", format="%.2f %%", help="Of its seeds."),
        "curve": column.LineChartColumn("Curve", help="Validation accuracy of its best run."),
        "step": column.NumberColumn("At step", format="%d", help="Where the best run was best."),
        "state": column.TextColumn("State"),
    }
