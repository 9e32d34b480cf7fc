"""Which runs the table shows: found by what is typed, of one group, archived ones only when asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from mnistcore.errors import ConfigError
from mnistcore.runs.finding import parse_search
from mnistcore.runs.listing import FIELDS, WORDS_IN, Row
from ui.frame.words import DISPLAY_NAMES, STATUS_WORDS, counted, plain
from ui.runs.groups import GROUPINGS, choose_group

FIND = "runs-find"
GROUP_BY = "runs-group-by"
HELP = (
    "Words are looked for in names, tags, notes, networks, recipes, data sets, experiments and states. Figures and "
    "settings are compared: `accuracy > 97%`, `optimizer = adam`, `units = 128`, `tag = best`. All of it must hold."
)


def choose_rows(rows: Sequence[Row], titles: Mapping[str, str]) -> list[Row]:
    """The search field and what else narrows the table; the rows left, in their order. titles: of the data sets."""
    archived = sum(row["archived"] for row in rows)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Find",
            key=FIND,
            type="search",
            placeholder="accuracy > 97% optimizer = adam",
            help=HELP,
            persist_state="session",
        )
        grouping = st.selectbox(
            "Group by",
            list(GROUPINGS),
            key=GROUP_BY,
            format_func=GROUPINGS.__getitem__,
            persist_state="session",
            width=170,
        )
        if archived and not st.toggle("Show archived", key="runs-archived", persist_state="session"):
            rows = [row for row in rows if not row["archived"]]
    found = find(rows, text or "", titles)
    if found and grouping != "none":
        found = choose_group(found, grouping, titles)
    # A line in any case: the table's own toolbar opens here, and would lie over what is chosen above.
    with st.container(horizontal=True, vertical_alignment="center"):
        if not rows:
            st.caption("All runs are archived.")
        elif len(found) < len(rows):
            st.caption(f"{len(found):,} of {len(rows):,} runs", width="content")
        else:
            st.caption(counted(len(rows), "run"))
        if not found and text:
            st.button("Clear the search", on_click=_clear)
    return found


def find(rows: Sequence[Row], text: str, titles: Mapping[str, str]) -> list[Row]:
    """The rows that fit what was typed; all of them, with a sentence why, where it cannot be understood."""
    try:
        fits = parse_search(text, FIELDS, WORDS_IN)
    except ConfigError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return list(rows)
    return [row for row in rows if fits(_as_shown(row, titles))] if text.strip() else list(rows)


def _as_shown(row: Row, titles: Mapping[str, str]) -> Row:
    """The row with the names that the table has for a data set, a state or a setting beside those that are stored."""
    shown = {
        "dataset": (row["dataset"], titles.get(row["dataset"], "")),
        "status": (row["status"], STATUS_WORDS[row["status"]]),
        "optimizer": (row["optimizer"], DISPLAY_NAMES[row["optimizer"]]),
        "activation": (*row["activation"], *(DISPLAY_NAMES[name] for name in row["activation"])),
        "loss_function": (row["loss_function"], DISPLAY_NAMES[row["loss_function"]]),
    }
    return row | shown


def _clear() -> None:
    st.session_state[FIND] = ""
