"""What the visitor decides about images: a corrected label, or to leave one out; kept while the session lasts."""

from __future__ import annotations

import streamlit as st

from mnistcore.data import Dataset

MARKS = "label_marks"  # kept under no widget's key: widgets go when the page changes
KEEP, OUT = "keep", "out"
Marks = dict[int, int | None]  # index of an image: its label from now on; None leaves the image out


def marks_of(dataset: Dataset, part: str) -> Marks:
    """Those of a part of a data set; to be changed in place."""
    kept: dict[tuple[str, str], Marks] = st.session_state.setdefault(MARKS, {})
    return kept.setdefault((dataset.fingerprint, part), {})


def choose_mark(marks: Marks, index: int, label: int, proposed: int, key: str) -> None:
    """A select box for one image: keep its label, take the proposed digit or another one, leave the image out."""
    others = [str(digit) for digit in range(10) if digit not in (label, proposed)]
    words = {KEEP: f"Keep {label}", OUT: "Leave out"} | {str(digit): f"Make it {digit}" for digit in range(10)}
    digit = marks.get(index)
    st.session_state[key] = KEEP if index not in marks else OUT if digit is None else str(digit)
    st.selectbox(
        f"What becomes of image {index:,}",
        [KEEP, str(proposed), OUT, *others],
        key=key,
        format_func=words.__getitem__,
        label_visibility="collapsed",
        on_change=_take,
        args=(marks, index, key),
    )


def _take(marks: Marks, index: int, key: str) -> None:
    chosen = st.session_state.get(key, KEEP)
    marks.pop(index, None)
    if chosen != KEEP:
        marks[index] = None if chosen == OUT else int(chosen)


def take_proposed(marks: Marks, proposed: dict[int, int]) -> None:
    """Correct these images (index: digit) as proposed; what was decided about some of them before stays."""
    for index, digit in proposed.items():
        marks.setdefault(index, digit)
