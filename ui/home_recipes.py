"""The published systems on the Home page: each with what was claimed for it and the way to train it again."""

from __future__ import annotations

import json

import streamlit as st

from mnistcore.training import RECIPES, Recipe
from ui.page import link_to

WIDTH = 318  # of a card: three in a row of the page, one on a phone


def show_recipes() -> None:
    """The recipes that have a published figure, as many in a row as fit."""
    st.subheader("Five networks that people wrote about", anchor=False)
    st.markdown("Each is set up as its author described it. Open one, train it, and see whether you get the same.")
    # A row that wraps, not columns: stacked on a phone, cards of one row and of the next keep the same distance.
    with st.container(horizontal=True, gap="medium"):
        for recipe in RECIPES.values():
            if recipe.published:
                _card(recipe)


def _card(recipe: Recipe) -> None:
    with st.container(gap="xsmall", width=WIDTH):
        st.markdown(f"**{recipe.title}**  \n{recipe.summary}")
        st.caption(f"Published: {recipe.published}.")
        link_to("train", "Open in Train", config=json.dumps({"recipe": recipe.name}, separators=(",", ":")))
