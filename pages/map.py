"""Map: thousands of images as points of a plane, as their pixels or a layer of a network tell them apart."""

import streamlit as st

from ui.frame.dataset_choice import choose_dataset
from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.selection import choose_run, choose_view, no_runs_yet
from ui.frame.session import get_dataset, get_store, guard
from ui.map.choice import choose_images
from ui.map.view import Scene, show_map
from ui.runs.evaluation import choose_evaluated
from ui.runs.notes import no_weights, progress_note


def show() -> None:
    """Choose a run and images; see where they lie, and which a line around them holds."""
    page_header(
        "Map",
        "Every point is an image. Images lie close together where a network, or their pixels, hardly tell them apart.",
        "play the film and watch the digits come apart; draw a line around a cross among the others.",
    )
    store = get_store()
    which, judged_by, part = st.columns([4, 3, 4], vertical_alignment="bottom")
    with which, guard():
        run = choose_run(store)
        if run is None:
            no_runs_yet("So far there are only the pixels. Train a network, and see what it makes of them.")
    steps = [] if run is None else store.snapshot_steps(run.id)
    if run is not None and not steps:
        no_weights(run)
        return
    with judged_by, guard():
        name = choose_dataset() if run is None else choose_evaluated(run, "Images of")
        if name is None:
            return
        dataset = get_dataset(name)
    with part:
        chosen, count = choose_images(dataset)
    if run is not None:
        progress_note(run, steps[-1])
    plane = choose_view({"pca": "Principal components", "tsne": "t-SNE"}, "plane", "Plane")
    show_map(Scene(store, run, steps, name, dataset, chosen, count), is_tsne=plane == "tsne")


if through_router():
    show()
