"""The ticks in the table of runs: they belong to runs, not to rows, and stay when a run comes or goes."""

from collections.abc import Sequence

import streamlit as st

from mnistcore.runs import Run

TABLE = "runs-table"
TICKED = "runs-ticked"  # ids of runs; a deleted one stays ticked, for when the deletion is undone
SHOWN = "runs-shown"  # the ids of the table's rows, from above


def tick_rows(runs: Sequence[Run]) -> list[Run]:
    """Set the ticks of the table that follows, which has these runs as its rows; returns the runs ticked.

    The table keeps its key: a new key would make it a new table, and lose the order the visitor sorted it into.
    """
    ticked = st.session_state.get(TICKED, ())
    rows = [row for row, run in enumerate(runs) if run.id in ticked]
    st.session_state[SHOWN] = [run.id for run in runs]
    st.session_state[TABLE] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    return [runs[row] for row in rows]


def keep_ticks() -> None:
    """The table's callback: which runs the ticked rows are."""
    shown: list[str] = st.session_state.get(SHOWN, [])
    rows = st.session_state[TABLE]["selection"]["rows"] if TABLE in st.session_state else []
    st.session_state[TICKED] = {shown[row] for row in rows if row < len(shown)}


def untick() -> None:
    """No run is ticked any more."""
    st.session_state[TICKED] = set()
