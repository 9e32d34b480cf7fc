"""The networks that read a drawing: chosen side by side, loaded once, with a note on what each was trained on."""

from __future__ import annotations

import streamlit as st

from mnistcore.runs import Run, RunStore, Weights
from ui.frame.cached import KEYS
from ui.frame.selection import chosen_in, dataset_titles, labels, offered_runs, run_titles

MOST = 4


def choose_others(store: RunStore, run: Run, key: str = "with") -> list[Run]:
    """Up to three more runs to read the same drawing, bound to the query parameter `key` (run ids with commas)."""
    wanted = st.query_params.get(key, "").split(",")[:MOST]
    offered = {i: other for i, other in offered_runs(store, *wanted)[0].items() if i != run.id}
    if not offered:
        return []
    asked = [i for i in wanted if i in offered][: MOST - 1]
    widget = "read_with"
    st.session_state[widget] = asked
    st.multiselect(
        "Compare with",
        list(offered),
        key=widget,
        format_func=labels(widget, run_titles(offered.values())),
        max_selections=MOST - 1,
        placeholder="More networks",
        on_change=_remember,
        args=(key, widget),
    )
    return [offered[i] for i in asked]


def network_of(store: RunStore, run: Run, lasting: bool = False) -> Weights:
    """The run's newest or kept weights and their step, loaded once and shared by all sessions; RunError if none.

    With `lasting`, the newest snapshot of a run in progress, which stays the same while a page or a worker uses it.
    """
    if lasting and run.is_active:
        return weights_at(store, run, max(store.snapshot_steps(run.id), default=0))
    # Once a run is over its weights stay as they are: nothing has to be asked of the store.
    newest = store.newest_step(run.id) if run.is_active or run.can_resume else run.step
    return _loaded(store, run, run.status, newest, None)


def weights_at(store: RunStore, run: Run, step: int) -> Weights:
    """The run's weights after one of its snapshot steps, loaded once and shared by all sessions; RunError if none."""
    return _loaded(store, run, run.status, step, step)


def training_note(run: Run) -> str | None:
    """What to know about a network that was not trained on MNIST's handwriting; else None."""
    if run.dataset in ("mnist", "mnist-drawn"):
        return None
    if run.dataset.startswith("generated"):
        return "Trained on generated digits, drawn by a program: real handwriting differs, so expect more mistakes."
    title = dataset_titles().get(run.dataset, run.dataset)
    return f"Trained on {title}, not on MNIST: if its digits were prepared differently, the answers mean little."


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=KEYS)
def _loaded(store: RunStore, run: Run, status: str, newest: int | None, wanted: int | None) -> Weights:
    """The weights carry their own step: they may be newer than the step in the cache's key."""
    return store.load_weights(run.id, wanted)


def _remember(key: str, widget: str) -> None:
    """Put the choice just made into the address, before the page runs again."""
    chosen = chosen_in(widget)
    if chosen:
        st.query_params[key] = ",".join(chosen)
    else:
        st.query_params.pop(key, None)
