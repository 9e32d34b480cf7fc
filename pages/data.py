"""Data: look at the digits that networks learn from, import your own, export them as pictures."""

import streamlit as st

from mnistcore.data import Dataset
from ui.data.browse import choose_images, show_one, show_page
from ui.data.imports import delete_button, import_digits
from ui.frame.dataset_choice import choose_dataset
from ui.frame.mnist_state import show_mnist_state
from ui.frame.page import is_dark, link_to, page_header
from ui.frame.picture_export import export_digits
from ui.frame.router import through_router
from ui.frame.session import get_dataset, get_store, guard
from ui.pictures.overview import overview_of, show_overview


def show() -> None:
    """Choose a data set; browse it, see it as a whole, import another, export it."""
    page_header(
        "Data",
        "The handwritten digits that networks learn from: 28 × 28 pixels, each with its label.",
        "choose the digit 4 and look for one that you would have read as a 9.",
    )
    store = get_store()
    show_mnist_state()
    with guard():
        left, right = st.columns(2, vertical_alignment="bottom")
        with left:
            name = choose_dataset()
        dataset = None
        if name is not None:
            with right:
                if name.startswith("import:"):
                    delete_button(store, name)
            with st.spinner("Opening the data set …"):
                dataset = get_dataset(name)
    if dataset is not None and name is not None:
        show_images(dataset)
        link_to("labels", "Are all the labels right?", dataset=name)
    bring, take = st.columns(2, gap="large")
    with bring:
        st.subheader("Bring your own", anchor=False)
        import_digits(store)
    if dataset is not None:
        with take:
            st.subheader("Export", anchor=False)
            export_digits(dataset)


def show_images(dataset: Dataset) -> None:
    """The images of the chosen part: a page of them, one of them, all of them."""
    dark = is_dark()
    part, digit = choose_images(dataset)
    images, labels = dataset.part(part)
    show_page(images, labels, digit, dark)
    st.subheader("One image", anchor=False)
    show_one(images, labels, dark)
    show_overview(overview_of(dataset, part), dark)


if through_router():
    show()
