"""While the run store does not answer: the page says so, and since when, and goes on by itself once it does."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from mnistcore.errors import ExplorerError
from ui.frame.session import get_store
from ui.frame.words import plain

LOOK_SECONDS = 2.0


def is_outage(error: Exception) -> bool:
    """Whether it is the store that does not answer: the page is not at fault, and may be shown later."""
    if not isinstance(error, ExplorerError):
        return False
    from mnistcore.runs import StoreUnavailableError  # not at the top: the first page comes first

    return isinstance(error, StoreUnavailableError)


def show_outage(error: Exception) -> bool:
    """Show an outage in place of what could not be read, and go on once the store answers; False for other errors.

    The server gives it what pages raise, callbacks and fragments included.
    """
    if not is_outage(error):
        return False
    st.error(plain(str(error)), icon=":material/error:")
    context = get_script_run_ctx()
    if context is None or not context.fragment_ids_this_run:  # a fragment is run again by itself, or by a click
        st.fragment(_go_on, run_every=LOOK_SECONDS)()
    return True


def note_outage() -> None:
    """A line at the top of a page that can be read, while nothing can be stored."""
    if (outage := get_store().outage) is not None:
        st.warning(plain(outage.message), icon=":material/warning:")
        st.fragment(_go_on, run_every=LOOK_SECONDS)()


def outage_since() -> float | None:
    """Since when the store has not answered (Unix seconds), as a value to compare."""
    outage = get_store().outage
    return None if outage is None else outage.since


def _go_on() -> None:
    """Run the page again once the store answers; the engine tries every two seconds."""
    try:
        if outage_since() is None:
            st.rerun()
    except ExplorerError as error:  # it could not be opened so far
        if not is_outage(error):
            raise
