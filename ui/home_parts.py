"""The parts of the Home page: the state of the data sets, the newest runs, and the recipes."""

from __future__ import annotations

import json

import streamlit as st

from mnistcore.data import find_mnist
from mnistcore.training import RECIPES, Recipe
from ui.mnist_state import show_mnist_state
from ui.page import link_to
from ui.selection import run_title
from ui.session import get_store

RECENT = 5


def show_data_state() -> None:
    """One line on what there is to learn from; looks for the files but never opens them."""
    if find_mnist() is not None:
        st.caption(
            "It trains on MNIST, which is on this machine: 60,000 handwritten digits, and 10,000 to be tested on."
        )
        return
    st.caption("It trains on 10,000 digits that the program draws itself: no network is needed for that.")
    show_mnist_state()


def show_recent_runs() -> None:
    """The newest runs, each a link to its live view."""
    runs = get_store().runs(limit=RECENT)
    if not runs:
        return
    st.subheader("Recent runs", anchor=False)
    with st.container(gap=None):
        for run in runs:
            link_to("train", run_title(run), run=run.id)
    if len(runs) == RECENT:
        link_to("runs", "All runs")


def show_recipes() -> None:
    """The systems that were published, each with what was claimed for it and the way to train it again."""
    st.subheader("Five networks that people wrote about", anchor=False)
    st.markdown("Each is set up as its author described it. Open one, train it, and see whether you get the same.")
    published = [recipe for recipe in RECIPES.values() if recipe.published]
    for start in range(0, len(published), 3):
        for column, recipe in zip(st.columns(3, gap="large"), published[start : start + 3], strict=False):
            with column:
                _card(recipe)


def _card(recipe: Recipe) -> None:
    st.markdown(f"**{recipe.title}**  \n{recipe.summary}")
    st.caption(f"Published: {recipe.published}.")
    link_to("train", "Open in Train", config=json.dumps({"recipe": recipe.name}, separators=(",", ":")))
