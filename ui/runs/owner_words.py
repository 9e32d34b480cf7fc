"""What its owner says of runs, changed on their page: tags, notes, the archive."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mnistcore.errors import ExplorerError, RunError
from mnistcore.runs import RunStore
from mnistcore.runs.labels import MAX_NOTES, all_tags, change_tags, set_archived, set_notes
from mnistcore.runs.listing import Row
from ui.frame.words import plain
from ui.runs.actions import PROBLEM


def edit_tags_and_notes(store: RunStore, chosen: Sequence[Row]) -> None:
    """A popover: tags to add to all these runs and to take from them, and the notes of a single one."""
    ids = [row["run"] for row in chosen]
    present = sorted({tag for row in chosen for tag in row["tags"]})
    # The form begins anew, and empty, as soon as what it has changed is stored.
    key = str(hash((*ids, *present, *(row["notes"] for row in chosen))))
    with st.popover("Tags and notes", icon=":material/sell:"), st.form(f"tags_{key}", border=False):
        added = st.multiselect(
            "Add tags",
            [tag for tag in all_tags(store.database) if tag not in present or len(chosen) > 1],
            key=f"tags_add_{key}",
            accept_new_options=True,
            placeholder="Choose or type tags",
        )
        removed = []
        if present:
            removed = st.multiselect("Remove tags", present, key=f"tags_remove_{key}", placeholder="Choose tags")
        notes = None
        if len(chosen) == 1:
            before = chosen[0]["notes"] or ""
            notes = st.text_area("Notes", before, key=f"notes_{key}", max_chars=MAX_NOTES)
        if st.form_submit_button("Save", type="primary"):
            try:
                change_tags(store.database, ids, added, removed)
                if notes is not None:
                    set_notes(store.database, ids[0], notes)
            except RunError as error:
                st.error(plain(str(error)))
            else:
                st.rerun()


def archive_or_bring_back(store: RunStore, chosen: Sequence[Row]) -> None:
    """The button that hides the runs from the usual lists; the one that brings them back, if all are archived."""
    back = all(row["archived"] for row in chosen)
    st.button(
        "Bring back" if back else "Archive",
        on_click=_set_archived,
        args=(store, [row["run"] for row in chosen], not back),
        help="Into the usual lists again." if back else "Hides them from the usual lists; nothing is lost.",
    )


def _set_archived(store: RunStore, run_ids: list[str], archived: bool) -> None:
    try:
        set_archived(store.database, run_ids, archived)
    except ExplorerError as error:
        st.session_state[PROBLEM] = str(error)
