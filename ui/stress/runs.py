"""The runs under stress: chosen side by side and kept in the address."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import streamlit as st

from mnistcore.errors import RunError
from mnistcore.nn import Network
from mnistcore.runs import Run, RunStore
from ui.frame.selection import chosen_in, labels, offered_runs, run_titles, why_missing
from ui.frame.words import plain
from ui.runs.notes import BROKEN_OFF, broken_off_words
from ui.runs.readers import network_of

MOST = 6
KEY = "runs"


@dataclass(frozen=True, eq=False)
class Reader:
    """A run with its network, the step of its weights and a title that no other one on the page has."""

    run: Run
    network: Network
    step: int
    title: str


def trained_runs(store: RunStore) -> dict[str, Run]:
    """The newest runs that have weights, newest first, and those that the address asks for, by id."""
    asked = (st.query_params.get("run"), *st.query_params.get(KEY, "").split(",")[:MOST])
    runs, _ = offered_runs(store, *asked, st.session_state.get("chosen_run"))
    return {run_id: run for run_id, run in runs.items() if run.step > 0 or run.status == "finished"}


def choose_readers(store: RunStore, offered: dict[str, Run]) -> list[Reader]:
    """Up to six of these runs, bound to the query parameter `runs` (ids with commas); `run` names one to begin with."""
    asked = st.query_params.get(KEY)
    first = (st.query_params.get("run"), st.session_state.get("chosen_run"), next(iter(offered)))
    usual = next(run_id for run_id in first if run_id in offered)
    chosen = [usual] if asked is None else [run_id for run_id in dict.fromkeys(asked.split(",")) if run_id in offered]
    for run_id in dict.fromkeys((asked or "").split(",")):
        if run_id and run_id not in offered:
            st.warning(why_missing(store, run_id), icon=":material/info:")
    if asked and not chosen:
        chosen = [usual]
    st.session_state["choose_runs"] = chosen[:MOST]
    st.multiselect(
        "Runs",
        list(offered),
        key="choose_runs",
        format_func=labels("choose_runs", run_titles(offered.values())),
        max_selections=MOST,
        placeholder="Choose up to six runs",
        on_change=_remember,
    )
    if chosen:
        st.session_state["chosen_run"] = chosen[0]
    return _readers(store, [offered[run_id] for run_id in chosen[:MOST]])


def _remember() -> None:
    """Put the choice just made into the address, before the page runs again."""
    st.query_params[KEY] = ",".join(chosen_in("choose_runs"))


def _readers(store: RunStore, runs: list[Run]) -> list[Reader]:
    names = Counter(run.name for run in runs)
    readers = []
    for run in runs:
        try:
            network, step = network_of(store, run, lasting=True)
        except RunError:
            st.caption(f"“{plain(run.name)}” has no weights yet.")
            continue
        if run.status in BROKEN_OFF:
            st.warning(broken_off_words(run, step), icon=":material/info:")
        title = run.name if names[run.name] == 1 else f"{run.name} ({run.id[:6]})"
        readers.append(Reader(run, network, step, title))
    return readers
