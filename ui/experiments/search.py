"""The search among an experiment's combinations: one for all views."""

from __future__ import annotations

import streamlit as st

from mnistcore.errors import ConfigError
from mnistcore.experiments import ExperimentConfig
from mnistcore.experiments.views import search_combinations
from mnistcore.runs.finding import MAX_LENGTH
from ui.frame.number_field import say
from ui.frame.words import plain

USED = "experiment-searched"  # (experiment, the last search that could be understood)


def searched(experiment_id: str) -> str:
    """What the views are of: the last search that could be understood."""
    of, text = st.session_state.get(USED, ("", ""))
    return str(text) if of == experiment_id else ""


def choose_search(experiment_id: str, config: ExperimentConfig) -> str:
    """The field, and what is wrong with it below; returns what the views are to be of."""
    example = next(iter(config.vary)).removesuffix(".kind")
    text = st.text_input(
        "Find",
        key=f"experiment_find_{experiment_id}",
        placeholder=f"accuracy > 0.97 {example} = …",
        max_chars=MAX_LENGTH,
        autocomplete="off",
        help="Words, and comparisons with =, !=, <, <=, > and >=; all of them must hold.",
    )
    try:
        search_combinations(config, text)
    except ConfigError as error:
        say(plain(str(error)))
        return searched(experiment_id)
    if text != searched(experiment_id):
        st.session_state[USED] = (experiment_id, text)
        st.rerun()  # the curves above are of the search before
    return text
