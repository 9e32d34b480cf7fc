"""The recipes on the Home page: each with its published result, if any, and links to it."""

from __future__ import annotations

import streamlit as st

from mnistcore.training import RECIPES, Recipe
from ui.frame.page import PAGES, link_to
from ui.frame.selection import FIRST_RECIPE, recipe_address

WIDTH = 318  # of a card: three in a row of the page, one on a phone


def show_recipes() -> None:
    """The recipes that have a published figure, as many in a row as fit, and below them our own."""
    st.subheader("Networks that people wrote about", anchor=False)
    st.markdown("Each is set up as its author described it. See whether you get the same result.")
    _cards([recipe for recipe in RECIPES.values() if recipe.published])
    own = [recipe for recipe in RECIPES.values() if not recipe.published and recipe.name != FIRST_RECIPE]
    if own:
        st.subheader("Networks of our own", anchor=False)
        st.markdown("Not from an article: see how far they get on your machine.")
        _cards(own)


def _cards(recipes: list[Recipe]) -> None:
    # A row that wraps, not columns: stacked on a phone, cards of one row and of the next keep the same distance.
    with st.container(horizontal=True, gap="medium"):
        for recipe in recipes:
            _card(recipe)


def _card(recipe: Recipe) -> None:
    with st.container(gap="xsmall", width=WIDTH):
        st.markdown(f"**{recipe.title}**  \n{recipe.summary}")
        if recipe.published:
            st.caption(f"Published: {recipe.published}.")
        with st.container(horizontal=True, gap="medium"):
            if recipe.name in PAGES:
                link_to(recipe.name, "Reproduce it")
            link_to("train", "Open in Train", config=recipe_address(recipe.name))
