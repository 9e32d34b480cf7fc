"""Which two digits are looked at, never twice the same, both in the address."""

from __future__ import annotations

import streamlit as st

from ui.frame.words import plain, shortened

DIGITS = range(10)
USUAL = {"first": 3, "second": 8}


def choose_pair() -> tuple[int, int]:
    """Two select boxes, bound to the query parameters `first` and `second`; neither offers the other's digit."""
    first = _asked("first", USUAL["first"])
    second = _asked("second", USUAL["second"])
    if first == second:
        free = USUAL["second"] if first != USUAL["second"] else USUAL["first"]
        if "second" not in st.query_params:
            second = free
        elif "first" not in st.query_params:
            first = free
        else:
            st.warning(
                f"`first` and `second` in the address must be two different digits, got {first} twice. Shown: {first} "
                f"and {free}.",
                icon=":material/info:",
            )
            second = free
    left, right = st.columns(2)
    with left:
        first = _choose("One digit", "first", first, second)
    with right:
        second = _choose("The other", "second", second, first)
    for name, digit in (("first", first), ("second", second)):
        if digit != USUAL[name] or name in st.query_params:
            st.query_params[name] = str(digit)
    return first, second


def _choose(label: str, name: str, digit: int, other: int) -> int:
    widget = f"pair-{name}"
    st.session_state[widget] = digit
    offered = [found for found in DIGITS if found != other]
    return int(st.selectbox(label, offered, key=widget, on_change=_remember, args=(name,)))


def _asked(name: str, usual: int) -> int:
    """The digit in the address, or the usual one, with a word about what cannot be one."""
    text = st.query_params.get(name, str(usual))
    if text in map(str, DIGITS):
        return int(text)
    st.warning(
        f"`{name}` in the address must be a digit from 0 to 9, got “{plain(shortened(text, 20))}”. Shown: {usual}.",
        icon=":material/info:",
    )
    return usual


def _remember(name: str) -> None:
    """Put the choice just made into the address, before the page runs again."""
    chosen = st.session_state.get(f"pair-{name}")
    if chosen is not None:
        st.query_params[name] = str(chosen)
