"""A popover that gives a run's network in a form that works without this program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mnistcore.errors import ExplorerError
from ui.frame.words import plain

if TYPE_CHECKING:
    from mnistcore.runs import Run, RunStore
    from mnistcore.take_home import TakenHome

PACKED = "take_home_packed"  # session key: what was made last, and the file


@st.fragment
def offer_to_take_home(store: RunStore, run: Run) -> None:
    """Choose a form, then download the file; it is made while the popover is open, and only then."""
    popover = st.popover("Take it home", icon=":material/home:", key=f"take_home_{run.id}", on_change="rerun")
    if popover.open:
        with popover:
            _choose(store, run)
    else:
        st.session_state.pop(PACKED, None)  # up to 40 MB


def _choose(store: RunStore, run: Run) -> None:
    from mnistcore.take_home import FORMS

    form = st.selectbox("As", list(FORMS), key=f"take_home_form_{run.id}", format_func=lambda name: FORMS[name].title)
    st.markdown(FORMS[form].words)
    try:
        with st.spinner("Packing …"):
            taken = _packed(store, run, form)
    except ExplorerError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    st.download_button(
        f"Download ({size_words(len(taken.content))})",
        taken.content,
        file_name=taken.file_name,
        mime=taken.mime,
        type="primary",
        on_click="ignore",
        key=f"take_home_file_{run.id}",
    )
    st.caption(f"The weights after step {taken.step:,}. `mnist-explorer export {run.id} --as {form}` writes the same.")


def _packed(store: RunStore, run: Run, form: str) -> TakenHome:
    """The file; the last one is kept, so that nothing is made twice while the popover is open."""
    from mnistcore.take_home import take_home

    what = (run.id, run.name, form, store.newest_step(run.id))
    kept = st.session_state.get(PACKED)
    if kept is None or kept[0] != what:
        kept = st.session_state[PACKED] = what, take_home(store, run.id, form)
    return kept[1]


def size_words(count: int) -> str:
    """Bytes as `812 bytes`, `489 KB` or `1.2 MB`."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1e3:.0f} KB" if count < 999_500 else f"{count / 1e6:.1f} MB"
