"""The box of the builder that chooses whose weights a network starts from: those of any run of the same shape."""

from __future__ import annotations

from typing import Any

import streamlit as st

from mnistcore.errors import ConfigError, RunError
from mnistcore.nn.shapes import weight_shapes
from mnistcore.runs import Run
from mnistcore.training import TrainingConfig, parse_config
from ui.frame.selection import chosen_in, labels, offered_runs, run_titles
from ui.frame.session import get_store
from ui.runs.start import start_words
from ui.train import draft

RANDOM = "random"
KEY = "draft_start_from"
RANDOM_WORDS = "No run: initial weights as they are set"
WITHOUT_WEIGHTS = ("queued", "failed", "diverged")


def choose_start(config: TrainingConfig | None) -> None:
    """The box; `config` is the draft, None while it cannot be used: then only what is chosen can be taken back."""
    asked = st.session_state["draft_settings"].get("start_from")
    runs = {} if config is None else _fitting(config)
    titles = {RANDOM: RANDOM_WORDS} | run_titles(runs.values())
    chosen = RANDOM
    if asked is not None:
        chosen = asked["run"]
        start = parse_config({"start_from": asked}).start_from
        assert start is not None
        titles[chosen] = start_words(start)
    st.session_state[KEY] = chosen
    st.selectbox(
        "Start from the weights of",
        list(titles),
        key=KEY,
        format_func=labels(KEY, titles),
        on_change=_take,
        help="Any run of the same shape: this network begins where that one was, its optimizer anew. What has been "
        "started keeps these weights, also when that run is deleted.",
    )


def start_problem(config: TrainingConfig) -> str:
    """Why the draft cannot start from the weights that it names; "" if it can."""
    try:
        get_store().start_weights(config)
    except (RunError, ConfigError) as error:
        return str(error)
    return ""


def _fitting(config: TrainingConfig) -> dict[str, Run]:
    """The runs of the same shape that have weights, newest first, by id."""
    runs, _ = offered_runs(get_store())
    shape = weight_shapes(config)
    return {
        run.id: run for run in runs.values() if run.status not in WITHOUT_WEIGHTS and weight_shapes(run.config) == shape
    }


def _take() -> None:
    for chosen in chosen_in(KEY):
        start: dict[str, Any] | None = None
        if chosen != RANDOM:
            start = {"run": chosen, "step": get_store().newest_step(chosen), "content": None}
        draft.put_setting("start_from", start)
