"""Weights: what a network looks for, how that formed while it trained, and how its layers answer one digit."""

import streamlit as st

from mnistcore.data import Dataset
from mnistcore.errors import ExplorerError
from mnistcore.runs import Run, RunStore
from ui.frame.page import is_dark, page_header
from ui.frame.router import through_router
from ui.frame.selection import choose_view
from ui.frame.session import get_dataset, get_store, guard
from ui.pictures.weight_images import (
    color_bar,
    digit_gallery,
    matrix_picture,
    numbered_gallery,
    units_gallery,
    weight_histogram,
)
from ui.runs.film import choose_filmed_run, film, film_clock
from ui.weights import replay
from ui.weights.layer_maps import layer_by_layer

VIEWS = {"weights": "Weights", "digit": "One digit, layer by layer"}


def show() -> None:
    """Choose a run; replay its snapshots as weight images, or follow a digit through its layers."""
    page_header(
        "Weights",
        "What a network looks for: ink on a red pixel counts for the digit, ink on a blue one against it.",
        "drag the slider to the left and watch the digits grow out of noise, or follow one digit through the layers.",
    )
    store = get_store()
    filmed = choose_filmed_run(store, "Train a network first; then you can look at its weights.")
    if filmed is None:
        return
    run, steps = filmed
    view = choose_view(VIEWS, "view", "View")
    if view == "digit":
        st.fragment(layer_by_layer, run_every=film_clock())(store, run, steps)
    else:
        st.fragment(galleries, run_every=film_clock())(store, run, steps, templates_dataset(run))


def templates_dataset(run: Run) -> Dataset | None:
    """The images that templates are averaged over; None when none are needed or the run's data set is gone."""
    if replay.is_single_layer(run):
        return None
    try:
        # The images that are averaged over are MNIST's also in MNIST with drawn digits: no need to draw those first.
        return get_dataset("mnist" if run.dataset == "mnist-drawn" else run.dataset)
    except ExplorerError as error:
        st.info(f"Only the weights can be shown, not the digits' templates: {error}")
        return None


def galleries(store: RunStore, run: Run, steps: list[int], dataset: Dataset | None) -> None:
    """The film and everything that it moves; a fragment, so that a frame redraws nothing else."""
    with film(store, run, steps) as step:
        fixed = st.toggle(
            "Same colour scale for all snapshots", value=True, help="Off: each snapshot has its own scale."
        )
        measure = steps[-1] if fixed else step
        with guard():
            if dataset is not None:
                show_templates(store, run, step, measure, dataset)
            show_layer(store, run, step, measure)


def show_templates(store: RunStore, run: Run, step: int, measure: int, dataset: Dataset) -> None:
    """Per digit, what the network as a whole answers to; on the colour scale of the step ``measure``."""
    limit = replay.templates(store, run, measure, dataset).limit
    st.subheader("Evidence for each digit", anchor=False)
    st.caption(
        "The effective template: how much a little more ink at a pixel would raise the digit's score, "
        f"averaged over {replay.PER_DIGIT} training images of that digit."
    )
    digit_gallery(replay.templates(store, run, step, dataset).images, limit, is_dark())
    color_bar(limit, is_dark(), "change in the digit's score from a fully inked pixel")


def show_layer(store: RunStore, run: Run, step: int, measure: int) -> None:
    """The weights of one layer as images, and how many of them have which size."""
    is_single = replay.is_single_layer(run)
    st.subheader("One weight image per digit" if is_single else "Layer by layer", anchor=False)
    with st.container(horizontal=True):
        layer = replay.choose_layer(run)
        units = replay.choose_units(run, layer)
    limit = replay.unit_images(store, run, measure, layer, units).limit
    images = replay.unit_images(store, run, step, layer, units).images
    if not is_single:
        st.caption(replay.layer_caption(layer, units))
    if len(layer.shape) == 1:
        matrix_picture(images[0], limit, is_dark())
    elif layer.shape[0] > 1:
        numbered_gallery(images, limit, is_dark(), "Map")
    elif layer.kind == "conv2d":
        numbered_gallery(images, limit, is_dark(), "Filter", units.start)
    elif layer.name == "output":
        digit_gallery(images, limit, is_dark(), key="digit-gallery-output")
    else:
        units_gallery(images, limit, is_dark())
    color_bar(limit, is_dark(), "weight from a pixel" if layer.index == 0 else "weight")
    counts, edges = replay.weight_counts(store, run, step, layer, limit)
    st.altair_chart(weight_histogram(counts, edges), key="weight-histogram")


if through_router():
    show()
