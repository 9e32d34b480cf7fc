"""The table of drawings: each with its digit and how a network reads it; ticked ones are relabelled or deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.errors import RunError
from mnistcore.runs import Run, RunStore
from mnistcore.runs.drawings import Drawing, bring_back, relabel, remove_drawings, stacked
from ui.frame.words import counted, plain
from ui.pictures.digits import data_uri
from ui.runs.readers import network_of

REMOVED = "drawings_removed"  # the last deletion, for Undo
ROUND = "drawings_round"  # counts the changes: each gives the table a new key, and with it no ticks


def show_collection(store: RunStore, reader: Run, kept: Sequence[Drawing]) -> None:
    """The newest drawings first, and what can be done with those that are ticked."""
    if removed := st.session_state.get(REMOVED):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"Deleted {counted(len(removed), 'drawing')}.", width="content")
            st.button("Undo", key="drawings_undo", on_click=_undo, args=(store,))
    if not kept:
        return
    st.subheader(counted(len(kept), "drawing"), anchor=False)
    newest = list(reversed(kept))
    answers, which = _answers(store, reader, newest)
    table: Any = st.dataframe(
        drawings_table(newest, answers),
        key=f"drawings_table_{st.session_state.get(ROUND, 0)}",
        hide_index=True,
        row_height=56,
        column_config=_columns(),
        selection_mode="multi-row",
        on_select="rerun",
    )
    st.caption(which)
    places = [place for place in table["selection"]["rows"] if place < len(newest)]
    if not places:
        st.caption("Tick drawings to give them another name or to delete them.")
        return
    _act(store, [newest[place].id for place in places])


def drawings_table(kept: Sequence[Drawing], answers: np.ndarray | None) -> pd.DataFrame:
    """A row a drawing: its picture, its digit, how it is read now and how it was read when it was kept."""
    table = {"picture": [data_uri(one.image) for one in kept], "label": [one.label for one in kept]}
    if answers is not None:
        table["read"] = [f"{a} {'✓' if a == one.label else '✗'}" for a, one in zip(answers, kept, strict=True)]
    table["then"] = ["–" if one.answer is None else str(one.answer) for one in kept]
    table["kept"] = [pd.Timestamp(one.created_at, unit="s", tz="UTC") for one in kept]
    return pd.DataFrame(table)


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "picture": column.ImageColumn("Drawing", width="small"),
        "label": column.NumberColumn("It is a", width="small"),
        "read": column.TextColumn("Read as", width="small", help="By the network that is chosen above."),
        "then": column.TextColumn("Read at first as", width="small", help="When it was kept, by the network of then."),
        "kept": column.DatetimeColumn("Kept", format="distance"),
    }


def _answers(store: RunStore, reader: Run, kept: Sequence[Drawing]) -> tuple[np.ndarray | None, str]:
    images, labels = stacked(kept)
    try:
        network, step = network_of(store, reader)
    except RunError:
        return None, f"{plain(reader.name)} has no weights yet."
    answers = network.predict(images).argmax(axis=1)
    right = int((answers == labels).sum())
    return answers, f"{plain(reader.name)}, weights after step {step:,}, reads {right:,} of {len(labels):,} correctly."


def _act(store: RunStore, ids: list[str]) -> None:
    """What becomes of the drawings ticked."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"drawings_label_{st.session_state.get(ROUND, 0)}"
        st.pills(
            f"{counted(len(ids), 'drawing')}: it is a …", range(10), key=key, on_change=_relabel, args=(store, ids)
        )
        st.button("Delete", key="drawings_delete", on_click=_remove, args=(store, ids), help="Can be undone.")


def _relabel(store: RunStore, ids: list[str]) -> None:
    digit = st.session_state.get(f"drawings_label_{st.session_state.get(ROUND, 0)}")
    if digit is not None:
        relabel(store, ids, digit)
        _changed()


def _remove(store: RunStore, ids: list[str]) -> None:
    st.session_state[REMOVED] = remove_drawings(store, ids)
    _changed()


def _undo(store: RunStore) -> None:
    bring_back(store, st.session_state.pop(REMOVED, []))
    _changed()


def _changed() -> None:
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
