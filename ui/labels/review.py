"""The images whose labels are probably wrong, a page at a time, each with the choice of what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from mnistcore.data import Dataset
from ui.frame.number_choice import number_in, put_number, step_number, type_number
from ui.frame.number_field import say
from ui.frame.page import is_dark
from ui.frame.words import counted, percent, plain, probability_text
from ui.labels.marks import Marks, choose_mark, marks_of, take_proposed
from ui.labels.save import show_save
from ui.pictures.figures import data_address, digit_grid_png

PER_PAGE = 24
FIRST = 20  # that are taken with one click, unless another number is typed
WIDTH = 156  # of a picture's column, in CSS pixels: six of them fit on a screen, two on a phone


@dataclass(frozen=True)
class Listed:
    """One part of an analysis' result: how many images it is of, the estimate, and the list, the worst first."""

    count: int
    errors: int
    indices: list[int]
    digits: list[int]
    certainty: list[float]
    label_probability: list[float]

    def proposed(self, start: int, end: int) -> dict[int, int]:
        """The digits that some of the images are read as, by the images' indices."""
        return dict(zip(self.indices[start:end], self.digits[start:end], strict=True))


def review(dataset: Dataset, title: str, part: str, result: dict[str, Any]) -> None:
    """The estimate, the list with its choices, and the way to keep what was decided."""
    found = Listed(**result[part])
    st.markdown(estimate_words(found, part))
    if not found.indices:
        return
    marks, key = marks_of(dataset, part), f"{part}-{dataset.fingerprint[:12]}"
    _take_many(marks, found, key)
    show_save(dataset, title)
    pages = -(-len(found.indices) // PER_PAGE)
    page = 1 if pages == 1 else step_number("Page", "page", 1, pages, f"labels_page-{key}-{pages}")
    _show_images(dataset, part, marks, found, (page - 1) * PER_PAGE, key)


def estimate_words(found: Listed, part: str) -> str:
    """How many are read otherwise than labelled, and how many of these labels are wrong by the estimate."""
    what = "training" if part == "train" else "test"
    if not found.indices:
        return f"The networks read all {found.count:,} {what} images as they are labelled."
    differ = len(found.indices)
    images = f"{differ:,} of {found.count:,} {what} images ({percent(differ / found.count, 2)})"
    return (
        f"The networks read **{images}** otherwise than labelled. Confident learning takes "
        f"{counted(found.errors, 'label')} for wrong. The first in the list are the surest; further down, more and "
        "more are only hard to read."
    )


def _take_many(marks: Marks, found: Listed, key: str) -> None:
    """Corrects the first ones of the list as proposed, or forgets all decisions about this part."""
    number = f"labels_first-{key}"
    if number_in(number) is None:
        put_number(number, min(FIRST, len(found.indices)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first, problem = type_number("How many", 1, len(found.indices), number, width=170)
        st.button(
            f"Correct the first {first:,} as proposed",
            key=f"labels_take-{key}",
            disabled=problem is not None,
            on_click=take_proposed,
            args=(marks, found.proposed(0, first)),
        )
        st.button("Start over", key=f"labels_clear-{key}", type="tertiary", disabled=not marks, on_click=marks.clear)
    say(problem)


def _show_images(dataset: Dataset, part: str, marks: Marks, found: Listed, start: int, key: str) -> None:
    images, labels = dataset.part(part)
    dark = is_dark()
    with st.container(horizontal=True, gap="small"):
        for place in range(start, min(start + PER_PAGE, len(found.indices))):
            index, digit = found.indices[place], found.digits[place]
            label, sure = int(labels[index]), plain(probability_text(found.certainty[place]))  # `>` would begin a quote
            picture = digit_grid_png(images[index][None], columns=1, scale=4, gap=0, dark=dark)
            with st.container(width=WIDTH, gap="xsmall"):
                st.image(data_address(picture), width=112, alt=f"Image {index:,}, labelled {label}, read as {digit}")
                st.caption(f"Labelled **{label}**, read as **{digit}**  \n{sure} sure · #{index:,}")
                choose_mark(marks, index, label, digit, f"labels_mark-{key}-{index}")
