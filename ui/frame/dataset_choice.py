"""Choosing a data set: one that is gone is named, and nothing replaces it until the visitor chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from ui.frame.selection import DATASET_TITLES, dataset_titles
from ui.frame.session import get_dataset

TITLES_SEEN = "dataset_titles_seen"  # kept because a deleted data set has no title any more
CHOSEN = "chosen_dataset"


def choose_dataset(key: str = "dataset") -> str | None:
    """A select box over the available data sets (MNIST if found, generated, imported), bound to the query parameter.

    The data set in the address wins, then the one chosen last, then the default. None while it is not available.
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
    """A select box over data sets (name → title), set to `asked`; if that is missing, a warning and an empty box.

    `on_change` keeps the choice, which `chosen_in(key)` returns. `own` is a run's own data set, listed first and
    labelled as such.
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

    Streamlit sends a choice as its title; a title that has changed meanwhile is looked up among those shown before.
    """
    value = st.session_state.get(key)
    seen: dict[str, str] = st.session_state.get(TITLES_SEEN, {})
    return value if value in seen else next((name for name, title in seen.items() if title == value), None)


def training_images(dataset: str) -> int:
    """How many images there are to train and validate on; MNIST and the generated digits need not be open for that."""
    from mnistcore.data.generated import DRAWN_SIZE, TRAIN_SIZE

    count = {"mnist": 60_000, "mnist-drawn": 60_000 + DRAWN_SIZE, "generated": TRAIN_SIZE}.get(dataset)
    return len(get_dataset(dataset).train_labels) if count is None else count


def missing_words(name: str) -> str:
    """Why the data set `name` cannot be shown, as far as it is known."""
    title = st.session_state.get(TITLES_SEEN, {}).get(name) or DATASET_TITLES.get(name)
    if name in DATASET_TITLES:
        return f"{title} is not on this machine."
    if title is not None:
        return f"The data set “{title}” has been deleted."
    if name.startswith("import:"):
        return "The requested data set is not on this machine."
    return f"There is no data set {name[:40]!r}."


def _remember(key: str, widget: str) -> None:
    """Put the choice just made into the address, before the page runs again."""
    chosen = chosen_in(widget)
    if chosen is not None:
        st.query_params[key] = chosen
