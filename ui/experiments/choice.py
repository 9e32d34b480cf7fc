"""Which experiment is shown: a select box over all of them, bound to the query parameter `experiment`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from mnistcore.errors import ConfigError, RunError
from mnistcore.experiments import Experiment, ExperimentConfig, create_experiment, experiment, experiments
from mnistcore.runs import RunStore
from ui.frame.clicks import once
from ui.frame.selection import chosen_in, labels
from ui.frame.session import get_engine
from ui.frame.words import day_and_time, plain, shortened

NEW = "new"
BOX = "choose_experiment"


def choose_experiment(store: RunStore) -> Experiment | None:
    """The experiment in the address; None for a new one, or for one that is unknown, which is said."""
    found = experiments(store)
    asked = st.query_params.get("experiment")
    chosen = next((each for each in found if each.id == asked), None)
    if asked is not None and chosen is None:
        try:
            experiment(store, asked)
        except (ConfigError, RunError) as error:
            st.warning(plain(str(error)), icon=":material/info:")
    if not found:
        return None
    st.session_state[BOX] = chosen.id if chosen else NEW
    titles = {NEW: "New experiment"} | _titles(found)
    st.selectbox("Experiment", list(titles), key=BOX, format_func=labels(BOX, titles), on_change=_remember)
    return chosen


def start(store: RunStore, config: ExperimentConfig, name: str | None = None) -> None:
    """Begin an experiment, and show it; does not return."""
    what = ("experiment", config.model_dump_json(), name)
    experiment_id = once(what, lambda: create_experiment(store, config, name))
    get_engine().look_now()
    show(experiment_id)


def show(experiment_id: str) -> None:
    """Put an experiment into the address, and run the page again."""
    for name in ("run", "config", "dataset"):
        st.query_params.pop(name, None)
    st.query_params["experiment"] = experiment_id
    st.rerun()


def _titles(found: Sequence[Experiment]) -> dict[str, str]:
    """Name and when it began, by id; no two alike."""
    zone = st.context.timezone
    titles = {each.id: f"{shortened(each.name)} · {day_and_time(each.created_at, zone)}" for each in found}
    counts = Counter(titles.values())
    return {i: title if counts[title] == 1 else f"{title} · {i[:6]}" for i, title in titles.items()}


def _remember() -> None:
    """Put the choice just made into the address, before the page runs again."""
    for chosen in chosen_in(BOX):
        if chosen == NEW:
            st.query_params.pop("experiment", None)
        else:
            st.query_params["experiment"] = chosen
