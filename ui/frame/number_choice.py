"""One whole number from a range, such as a page or an image: typed, or the one before or after.

The field shows the number in use; where what is typed cannot be used, a sentence says why, and what is used instead.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from mnistcore.errors import ConfigError
from ui.frame.number_field import Number, say


def type_number(label: str, low: int, high: int, key: str, **options: Any) -> tuple[int, str | None]:
    """The field "`label`, `low` to `high`", initially `low`: the number to use, and what is wrong with its text, if
    anything; the number is then the last one that could be used.
    """
    number = Number(label, is_whole=True, low=low, high=high)
    used = number_in(key)
    if used is None or not low <= used <= high:  # the range may have become another one
        used = low if used is None else min(max(used, low), high)
        put_number(key, used)
    elif key not in st.session_state:  # it comes back on the page
        put_number(key, used)
    text = st.text_input(
        f"{label}, {low:,} to {high:,}", key=key, autocomplete="off", on_change=_take, args=(number, key), **options
    )
    try:
        used = st.session_state[_used(key)] = _parsed(number, text)
    except ConfigError as error:
        return used, f"{error} Still shown: {used:,}."
    return used, None


def step_number(label: str, what: str, low: int, high: int, key: str, width: int = 180) -> int:
    """The same with the buttons "Previous `what`" and "Next `what`", and the sentence below."""
    number = Number(label, is_whole=True, low=low, high=high)
    with st.container(gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            used, problem = type_number(label, low, high, key, width=width)
            with st.container(horizontal=True, width="content"):  # on a phone they go to the next line together
                for words, step, end in (("Previous", -1, low), ("Next", 1, high)):
                    st.button(
                        f"{words} {what}",
                        key=f"{key}-{words.lower()}",
                        on_click=_move,
                        args=(number, key, step),
                        disabled=used == end,
                    )
        say(problem)
    return used


def number_in(key: str) -> int | None:
    """The number that the field `key` stands for; None before it was first drawn or given one."""
    used: int | None = st.session_state.get(_used(key))
    return used


def put_number(key: str, value: int) -> None:
    """Put this number into the field `key`; in a callback, or before the field is drawn."""
    st.session_state[key], st.session_state[_used(key)] = str(value), value


def _move(number: Number, key: str, step: int) -> None:
    """On from what the field holds now: what was typed just before the click may not have been taken yet."""
    _take(number, key)
    used, low, high = number_in(key), number.low, number.high
    if used is not None and low is not None and high is not None:
        put_number(key, int(min(max(used + step, low), high)))


def _take(number: Number, key: str) -> None:
    """Use what was typed from now on, if possible; otherwise the field shows why not."""
    try:
        st.session_state[_used(key)] = _parsed(number, st.session_state.get(key, ""))
    except ConfigError:
        return


def _parsed(number: Number, text: str) -> int:
    value = number.parse(text)
    assert value is not None, "the field is not optional"
    return int(value)


def _used(key: str) -> str:
    return f"{key}-used"
