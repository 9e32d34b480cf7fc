"""The ticks in the table of runs: they belong to runs, not to rows, and stay when runs come, go or are filtered."""

from collections.abc import Sequence

import streamlit as st

from mnistcore.runs.listing import Row

TABLE = "runs-table"
TICKED = "runs-ticked"  # ids of runs; a deleted one stays ticked, for when the deletion is undone
SHOWN = "runs-shown"  # the ids of the table's rows, from above


def tick_rows(rows: Sequence[Row]) -> None:
    """Set the ticks of the table that follows, which has these runs as its rows.

    The table keeps its key: a new key would make it a new table, and lose the order the visitor sorted it into.
    """
    ticked = st.session_state.get(TICKED, ())
    selected = [place for place, row in enumerate(rows) if row["run"] in ticked]
    st.session_state[SHOWN] = [row["run"] for row in rows]
    st.session_state[TABLE] = {"selection": {"rows": selected, "columns": [], "cells": []}}


def ticked_among(rows: Sequence[Row]) -> list[Row]:
    """The rows of the runs that are ticked, in their order."""
    ticked = st.session_state.get(TICKED, ())
    return [row for row in rows if row["run"] in ticked] if ticked else []


def keep_ticks() -> None:
    """The table's callback: which runs the ticked rows are; those that the table does not show stay ticked."""
    shown: list[str] = st.session_state.get(SHOWN, [])
    rows = st.session_state[TABLE]["selection"]["rows"] if TABLE in st.session_state else []
    hidden = set(st.session_state.get(TICKED, ())) - set(shown)
    st.session_state[TICKED] = hidden | {shown[row] for row in rows if row < len(shown)}


def untick() -> None:
    """No run is ticked any more."""
    st.session_state[TICKED] = set()
