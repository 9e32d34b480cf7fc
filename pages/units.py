"""Units: what each unit or filter of a layer responds to, what it feeds, and what the network would be without it."""

import streamlit as st

from mnistcore.data import Dataset
from mnistcore.runs import Run, RunStore
from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.selection import choose_view, dataset_titles
from ui.frame.session import get_store, guard
from ui.runs import evaluation
from ui.runs.film import film, film_clock, filmed_steps
from ui.runs.judged import choose_judged
from ui.runs.readers import weights_at
from ui.units.choice import choose_layer, choose_unit
from ui.units.detail import show_detail
from ui.units.found import Scene
from ui.units.gone import show_gone
from ui.units.overview import show_overview

VIEWS = {"all": "All units", "unit": "One unit", "without": "What if it were gone?"}


def show() -> None:
    """Choose a run and the images to look at; see all units of a layer, one of them, or the network without some."""
    page_header(
        "Units",
        "What each unit of a layer responds to, what it passes on, and what the network would be without it.",
        "look for a unit that knows only one digit, switch it off, and see which digits are confused then.",
    )
    store = get_store()
    columns = st.columns([5, 4, 2], vertical_alignment="bottom")
    judged = choose_judged(store, columns, "Train a network first; then you can look at its units.", "Images of")
    steps = None if judged is None else filmed_steps(store, judged.run)
    if judged is None or steps is None:
        return
    st.fragment(at_moment, run_every=film_clock())(store, judged.run, judged.dataset, judged.part, steps)


def at_moment(store: RunStore, run: Run, dataset: Dataset, part: str, steps: list[int]) -> None:
    """The film, and the layer at that moment; a fragment, so that a choice or a frame redraws nothing else."""
    with film(store, run, steps, is_brief=True) as step, guard():
        with st.container(horizontal=True, vertical_alignment="bottom"):
            layer = choose_layer(run)
            view = choose_view(VIEWS, "view", "View")
        scene = Scene(run, weights_at(store, run, step).network, step, dataset, part, layer)
        if view == "all":
            show_overview(scene)
        elif view == "unit":
            show_detail(scene, choose_unit(run, layer))
        else:
            show_gone(scene)
        st.caption(f"After step {step:,}. {note(run, dataset, part, scene)}")


def note(run: Run, dataset: Dataset, part: str, scene: Scene) -> str:
    """Which images these are, and why they are not all of them, if so."""
    count, available = len(scene.images.labels), len(evaluation.images_of_part(run, dataset, part)[1])
    title = dataset_titles().get(dataset.name, dataset.name)
    if count == available:
        return f"All {count:,} {part} images of {title}."
    return f"{count:,} of the {available:,} {part} images of {title}, at random and always the same, to be quick."


if through_router():
    show()
