"""The published systems on the Home page: each with what was claimed for it and the way to train it again."""

from __future__ import annotations

import json

import streamlit as st

from mnistcore.training import RECIPES, Recipe
from ui.page import link_to


def show_recipes() -> None:
    """The recipes that have a published figure, three in a row."""
    st.subheader("Five networks that people wrote about", anchor=False)
    st.markdown("Each is set up as its author described it. Open one, train it, and see whether you get the same.")
    published = [recipe for recipe in RECIPES.values() if recipe.published]
    for start in range(0, len(published), 3):
        for column, recipe in zip(st.columns(3, gap="large"), published[start : start + 3], strict=False):
            with column:
                _card(recipe)


def _card(recipe: Recipe) -> None:
    with st.container(gap="xsmall"):
        st.markdown(f"**{recipe.title}**  \n{recipe.summary}")
        st.caption(f"Published: {recipe.published}.")
        link_to("train", "Open in Train", config=json.dumps({"recipe": recipe.name}, separators=(",", ":")))
