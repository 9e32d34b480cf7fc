"""Weights: what a network looks for in every pixel, and how that formed while it trained."""

import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.errors import ExplorerError
from mnistcore.runs import Run, RunStore
from ui import weights_replay as replay
from ui.page import is_dark, page_header
from ui.run_notes import no_weights, progress_note
from ui.selection import choose_run, no_runs_yet
from ui.session import get_dataset, get_store, guard
from ui.weights_gallery import color_bar, digit_gallery, units_gallery, weight_histogram


def show() -> None:
    """Choose a run; replay its snapshots as weight images."""
    page_header(
        "Weights",
        "What a network looks for: ink on a red pixel speaks for the digit, ink on a blue one against it.",
        "drag the slider to the left and watch the digits grow out of noise.",
    )
    store = get_store()
    with guard():
        run = choose_run(store)
    if run is None:
        no_runs_yet("A trained network is needed to look at its weights.")
        return
    steps = store.snapshot_steps(run.id)
    if not steps:
        no_weights(run)
        return
    progress_note(run, steps[-1])
    clock = replay.SECONDS_A_STEP if st.session_state.get(replay.PLAYING) else None
    st.fragment(galleries, run_every=clock)(store, run, steps, store.history(run.id), templates_dataset(run))


def templates_dataset(run: Run) -> Dataset | None:
    """The images that templates are averaged over; None when none are needed or the run's data set is gone."""
    if replay.is_single_layer(run):
        return None
    try:
        return get_dataset(run.dataset)
    except ExplorerError as error:
        st.info(f"No templates per digit, only the first layer: {error}")
        return None


def galleries(store: RunStore, run: Run, steps: list[int], history: pd.DataFrame, dataset: Dataset | None) -> None:
    """The slider and everything that it moves; a fragment, so that a step redraws nothing else."""
    step = replay.choose_step(run, steps)
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(steps) > 1:
            replay.play_button(run, steps)
        st.caption(replay.step_caption(history, step), width="content")
    fixed = st.toggle("Same colours for all snapshots", value=True, help="Off: each snapshot uses its own full scale.")
    with guard():
        units = replay.units_on_view(run)
        now = replay.moment(store, run, step, units, dataset)
        scale = replay.moment(store, run, steps[-1], units, dataset) if fixed else now
    if now.templates is not None:
        show_templates(now.templates, scale.templates_limit)
    show_first_layer(run, now, scale)
    counts, edges = replay.weight_counts(store, run.id, step, scale.units_limit)
    st.altair_chart(weight_histogram(counts, edges), key="weight-histogram")
    replay.stop_at_the_end(step, steps)


def show_templates(templates: np.ndarray, limit: float) -> None:
    """Per digit, what the network as a whole answers to."""
    st.subheader("What speaks for each digit", anchor=False)
    st.caption(
        "The effective template: how much one more bit of ink at a pixel would raise the digit's score, "
        f"averaged over {replay.PER_DIGIT} training images of that digit."
    )
    digit_gallery(templates, limit, is_dark())
    color_bar(limit, is_dark(), "change of the digit's score by a fully inked pixel")


def show_first_layer(run: Run, now: replay.Moment, scale: replay.Moment) -> None:
    """The weight images of the first layer: one per digit when it is the only one, else one per unit."""
    if replay.is_single_layer(run):
        st.subheader("One weight image per digit", anchor=False)
        digit_gallery(now.units, scale.units_limit, is_dark())
    else:
        st.subheader("First-layer units", anchor=False)
        st.caption(f"What each of the {replay.first_layer_units(run):,} units looks for, in reading order.")
        replay.choose_units(run)
        units_gallery(now.units, scale.units_limit, is_dark())
    color_bar(scale.units_limit, is_dark(), "weight from a pixel")


show()
