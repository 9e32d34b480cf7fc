"""Choosing a data set: one that is gone is named, and no other takes its place before somebody has chosen it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from ui.frame.selection import DATASET_TITLES, dataset_titles

TITLES_SEEN = "dataset_titles_seen"  # a deleted data set has no title any more, but whoever saw it knows it by that
CHOSEN = "chosen_dataset"


def choose_dataset(key: str = "dataset") -> str | None:
    """A select box over the data sets at hand (MNIST if found, generated, imported), bound to the query parameter.

    The data set in the address wins, then the one chosen last, then the default one. None while it is not here.
    """
    from mnistcore.data import default_dataset_name

    asked = st.query_params.get(key) or st.session_state.get(CHOSEN) or default_dataset_name()
    widget = f"choose_{key}"
    chosen = select_dataset("Data set", dataset_titles(), asked, widget, _remember, (key, widget))
    if chosen is not None:
        st.query_params[key] = st.session_state[CHOSEN] = chosen
    return chosen


def select_dataset(
    label: str,
    titles: Mapping[str, str],
    asked: str,
    key: str,
    on_change: Callable[..., None],
    args: tuple[Any, ...] = (),
    own: str | None = None,
) -> str | None:
    """A select box over data sets (name → title) that stands at `asked`; empty, below a sentence, if that is not one.

    `on_change` keeps what `chosen_in(key)` tells; the caller then asks for that. `own` is a run's own data set: the
    first, and called so.
    """
    st.session_state.setdefault(TITLES_SEEN, {}).update(titles)
    is_here = asked in titles
    if not is_here:
        st.warning(f"{missing_words(asked)} Choose a data set.", icon=":material/info:")
    st.session_state[key] = asked if is_here else None
    st.selectbox(
        label,
        sorted(titles, key=lambda name: name != own),
        key=key,
        format_func=lambda name: f"{titles[name]} (its own data)" if name == own else titles[name],
        placeholder="Choose a data set",
        on_change=on_change,
        args=args,
    )
    return asked if is_here else None


def chosen_in(key: str) -> str | None:
    """The name that was just chosen in the select box `key`.

    A choice travels as its title: one that has changed on the way is known by what it was when it was shown.
    """
    value = st.session_state.get(key)
    seen: dict[str, str] = st.session_state.get(TITLES_SEEN, {})
    return value if value in seen else next((name for name, title in seen.items() if title == value), None)


def missing_words(name: str) -> str:
    """Why the data set `name` cannot be shown, as far as it is known."""
    title = st.session_state.get(TITLES_SEEN, {}).get(name) or DATASET_TITLES.get(name)
    if name in DATASET_TITLES:
        return f"{title} is not on this machine."
    if title is not None:
        return f"The data set “{title}” has been deleted."
    if name.startswith("import:"):
        return "The data set asked for is not here: it was deleted, or it is on another machine."
    return f"There is no data set {name[:40]!r}."


def _remember(key: str, widget: str) -> None:
    """Put the choice just made into the address, before the page runs again."""
    chosen = chosen_in(widget)
    if chosen is not None:
        st.query_params[key] = chosen
