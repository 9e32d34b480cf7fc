"""Parts of a page that change over time: read again and again while they change, and drawn in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from mnistcore.errors import ExplorerError
from ui.frame.outage import outage_since, show_outage

T = TypeVar("T")


def follow(
    look: Callable[[], T],
    draw: Callable[[T], None],
    *,
    every: Callable[[T], float | None],
    state: Callable[[T], Any] = lambda _: None,
    found: T | None = None,
) -> None:
    """Draw what `look` finds, and again what it finds some seconds later, while it changes.

    every: seconds from one look to the next; None while nothing changes. state: what the rest of the page depends on,
    as a value that can be compared. Once either differs from its first value, or what was read is gone
    (ExplorerError), the whole page runs again, as when an outage of the store begins or ends. found: what the rest of
    the page was drawn from, if it was: a change between that and a first look of its own would never be seen.

    This is a fragment, so widgets belong around it, and it must not stand in another fragment.
    """
    if found is None:
        found = look()
    before = every(found), state(found), outage_since()

    def look_again(first: list[T]) -> None:
        is_read = False
        try:
            now = first.pop() if first else look()
            is_read = True
            if (every(now), state(now), outage_since()) != before:
                st.rerun()
            draw(now)
        except ExplorerError as error:
            if show_outage(error):
                return
            if not is_read:
                st.rerun()
            st.error(str(error), icon=":material/error:")  # to draw it again would end like this again

    st.fragment(look_again, run_every=before[0])([found])
