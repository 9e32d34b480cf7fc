"""Choosing a run or a data set: select boxes whose choice is part of the address and follows the visitor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import streamlit as st

from ui.page import go_to
from ui.session import get_engine, get_store
from ui.words import STATUS_WORDS, ago, percent

if TYPE_CHECKING:
    from mnistcore.runs import Run, RunStore

DATASET_TITLES = {"mnist": "MNIST", "mnist-drawn": "MNIST and drawn digits", "generated": "Generated digits"}


def choose_run(
    store: RunStore, key: str = "run", statuses: Collection[str] | None = None, label: str = "Run"
) -> Run | None:
    """A select box over the stored runs, newest first, bound to the query parameter `key`.

    The run in the address wins, then the one chosen last on another page, then the newest. With `statuses` only runs
    in one of these states are offered. Returns None when there is nothing to choose: show `no_runs_yet()` then.
    """
    runs = {run.id: run for run in store.runs() if statuses is None or run.status in statuses}
    if not runs:
        return None
    asked = st.query_params.get(key)
    if asked is not None and asked not in runs:
        st.warning(f"There is no run {asked[:40]!r} to show here; this is another one.", icon=":material/info:")
    chosen = next((i for i in (asked, st.session_state.get("chosen_run")) if i in runs), next(iter(runs)))
    widget = f"choose_{key}"
    st.session_state[widget] = chosen
    st.selectbox(
        label, list(runs), key=widget, format_func=lambda i: run_title(runs[i]), on_change=_remember, args=(key,)
    )
    st.query_params[key] = st.session_state["chosen_run"] = chosen
    return runs[chosen]


def choose_view(titles: Mapping[str, str], key: str, label: str) -> str:
    """One of a few names in a row of buttons, the first by default, bound to the query parameter `key`.

    titles: name → what its button says. The address has the name; `bind="query-params"` would put the title there.
    """
    first = next(iter(titles))
    widget = f"choose_{key}"
    asked = st.query_params.get(key, first)
    st.session_state[widget] = asked if asked in titles else first
    chosen = st.segmented_control(
        label,
        list(titles),
        key=widget,
        required=True,
        format_func=titles.__getitem__,
        label_visibility="collapsed",
        on_change=_remember,
        args=(key,),
    )
    chosen = chosen or first
    if chosen != first or key in st.query_params:
        st.query_params[key] = chosen  # a callback alone does not change the browser's address from within a fragment
    return chosen


def dataset_titles() -> dict[str, str]:
    """The data sets that can be chosen now: name → title, no two of them alike."""
    from mnistcore.data import find_mnist

    titles = dict(DATASET_TITLES)
    if find_mnist() is None:
        del titles["mnist"], titles["mnist-drawn"]
    imported = get_store().datasets()
    taken = Counter((*DATASET_TITLES.values(), *(stored.title for stored in imported)))
    for stored in imported:  # titles tell data sets apart: of those that share one, each has the start of its id too
        start = stored.name.partition(":")[2][:6]
        titles[stored.name] = stored.title if taken[stored.title] == 1 else f"{stored.title} ({start})"
    return titles


def no_runs_yet(what: str = "A trained network is needed to look at.") -> None:
    """The empty state of a page that needs a run: one sentence and the button that trains the first network."""
    st.markdown(what)
    train_first_button()


def train_first_button(key: str = "train_first") -> None:
    """The primary button that trains the first network and lands on its live view."""
    if st.button("Train a first network", type="primary", key=key):
        start_recipe("first-network")


def start_recipe(name: str) -> None:
    """Submit a recipe on the best data set at hand and leave for its live view; does not return."""
    from mnistcore.data import default_dataset_name
    from mnistcore.training import recipe

    run_id = get_engine().submit(recipe(name).config, dataset=default_dataset_name(), recipe=name)
    st.session_state["chosen_run"] = run_id
    go_to("train", run=run_id)


def run_title(run: Run) -> str:
    """`first-network · 97.5 % · 3 min ago`: a run in one line."""
    accuracy = run.test_accuracy if run.test_accuracy is not None else run.validation_accuracy
    result = percent(accuracy) if run.status == "finished" and accuracy is not None else STATUS_WORDS[run.status]
    return f"{run.name} · {result} · {ago(run.created_at)}"


def _remember(key: str) -> None:
    """Put the choice just made into the address, before the page runs again."""
    st.query_params[key] = st.session_state[f"choose_{key}"]
